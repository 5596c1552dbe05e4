/* Two ways to make words stand out: a box around blocks (div.callout) and a sentence set off (p.set-off). */
/* global CKEDITOR */
CKEDITOR.plugins.add("callout", {
  init(editor) {
    const words = editor.config.words;
    const isBox = (element) => element.is("div") && element.hasClass("callout");

    function unwrap(box) {
      while (box.getFirst()) box.getFirst().insertBefore(box);
      box.remove();
    }

    /** The blocks that the selection touches, each as a direct child of the text. */
    function selectedBlocks(range) {
      const text = editor.editable();
      const blocks = [];
      const paragraphs = range.createIterator();
      for (let block = paragraphs.getNextParagraph("p"); block; block = paragraphs.getNextParagraph("p")) {
        while (block.getParent() && !block.getParent().equals(text)) block = block.getParent();
        if (!blocks.some((known) => known.equals(block))) blocks.push(block);
      }
      return blocks;
    }

    editor.addCommand("callout", {
      allowedContent: "div(!callout)",
      requiredContent: "div(callout)",
      contextSensitive: true,
      exec() {
        const selection = editor.getSelection();
        const range = selection.getRanges()[0];
        const box = editor.elementPath().contains(isBox);
        if (!range) return;
        const bookmarks = selection.createBookmarks();
        if (box) {
          unwrap(box);
        } else {
          const blocks = selectedBlocks(range);
          if (blocks.length) {
            const made = editor.document.createElement("div", { attributes: { class: "callout" } });
            made.insertBefore(blocks[0]);
            for (const block of blocks) {
              if (isBox(block)) while (block.getFirst()) made.append(block.getFirst().remove());
              else made.append(block);
              if (isBox(block)) block.remove();
            }
          }
        }
        selection.selectBookmarks(bookmarks);
        editor.focus();
      },
      refresh(_editor, path) {
        this.setState(path.contains(isBox) ? CKEDITOR.TRISTATE_ON : CKEDITOR.TRISTATE_OFF);
      },
    });
    editor.ui.addButton("Callout", {
      label: words.callout,
      command: "callout",
      isToggle: true,
      icon: `${this.path}icons/callout.svg`,
    });

    const setOff = new CKEDITOR.style({ element: "p", attributes: { class: "set-off" } });
    editor.addCommand("setoff", new CKEDITOR.styleCommand(setOff, { requiredContent: "p(set-off)" }));
    editor.attachStyleStateChange(setOff, (state) => editor.getCommand("setoff").setState(state));
    editor.ui.addButton("SetOff", {
      label: words.setOff,
      command: "setoff",
      isToggle: true,
      icon: `${this.path}icons/setoff.svg`,
    });
  },
});
