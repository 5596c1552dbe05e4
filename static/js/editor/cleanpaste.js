/* What comes from outside is cleaned by the server before this editor, which gets no more fixes, parses any of it.
   Words, headings, lists, links and tables arrive as they will be stored. */
/* global CKEDITOR */
CKEDITOR.plugins.add("cleanpaste", {
  requires: "clipboard,notification",
  init(editor) {
    const { words } = editor.config;
    const pictures = (html) => (html.match(/<img\b/gi) ?? []).length;

    async function cleaned(kind, text) {
      const data = new FormData();
      data.append(kind, text);
      const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
      try {
        const answer = await fetch(editor.config.cleanAt, {
          method: "POST",
          body: data,
          headers: { "X-CSRFToken": token },
        });
        return (await answer.json()).html ?? null;
      } catch {
        return null;
      }
    }

    /** A lone paragraph flows into the line that it is pasted into. */
    function insert(html, range) {
      const alone = /^<p>((?:(?!<\/?p\b)[\s\S])*)<\/p>$/.exec(html);
      editor.focus();
      editor.fire("saveSnapshot");
      editor.insertHtml(alone ? alone[1] : html, "unfiltered_html", range);
      editor.fire("saveSnapshot");
      editor.fire("afterPaste");
    }

    editor.on(
      "paste",
      (event) => {
        const { dataTransfer, range } = event.data;
        if (dataTransfer.getTransferType(editor) === CKEDITOR.DATA_TRANSFER_INTERNAL) return;
        // Pictures that come as data would only make the message long; the server drops them anyway.
        const html = (dataTransfer.getData("text/html") || event.data.dataValue || "").replace(
          /<img\b[^>]*\bsrc\s*=\s*["']?data:[^>]*>/gi,
          "<img>",
        );
        const text = dataTransfer.getData("text/plain") || "";
        if (!html && !text) return;
        event.cancel();
        cleaned(html ? "html" : "text", html || text).then((result) => {
          if (result === null) {
            // Signed out or offline: the words at least.
            const escaped = CKEDITOR.tools.htmlEncode(text || html.replace(/<[^>]*>/g, " "));
            insert(`<p>${escaped.replace(/\r?\n/g, "</p><p>")}</p>`, range);
            editor.showNotification(words.pastePlain, "warning", 12_000);
            return;
          }
          insert(result, range);
          if (pictures(html) > pictures(result)) editor.showNotification(words.foreignPictures, "info", 12_000);
        });
      },
      null,
      null,
      0,
    );
  },
});
