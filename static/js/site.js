// Everything works without this file. With it, “Leave this page” also takes the page out of the browser's history,
// so that the Back button does not lead to it again.
"use strict";

document.addEventListener("click", (event) => {
  const leave = event.target.closest?.(".leave");
  if (!leave || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.replace(leave.href);
});
