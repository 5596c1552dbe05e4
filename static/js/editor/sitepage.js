/* Links to the site's own pages, chosen by title, so that nobody types an address. */
/* global CKEDITOR */
CKEDITOR.plugins.add("sitepage", {
  requires: "link,dialog",
  init(editor) {
    const words = editor.config.words;
    let latest = 0;

    async function fill(list, query) {
      const mine = ++latest;
      let message = words.noPages;
      let pages = [];
      try {
        const answer = await fetch(`${editor.config.ownPages}?${new URLSearchParams({ q: query })}`);
        const found = await answer.json();
        if (found.error) message = found.error.message;
        else pages = found.pages;
      } catch {
        message = words.failed;
      }
      if (mine !== latest) return; // an answer to letters typed since then is under way
      const chosen = list.getValue();
      list.clear();
      for (const page of pages) {
        const state = page.state === "published" ? "" : `, ${page.stateLabel}`;
        list.add(`${page.title} (${page.kind}${state})`, page.path);
      }
      if (!pages.length) list.add(message, "");
      if (pages.some((page) => page.path === chosen)) list.setValue(chosen);
    }

    function insert(path, text) {
      const existing = CKEDITOR.plugins.link.getSelectedLink(editor);
      const attributes = { href: path, "data-cke-saved-href": path };
      if (existing) {
        existing.setAttributes(attributes);
        return;
      }
      if (editor.getSelection().getRanges()[0]?.collapsed !== false) {
        const link = editor.document.createElement("a", { attributes });
        link.setText(text);
        editor.insertElement(link);
        return;
      }
      editor.applyStyle(new CKEDITOR.style({ element: "a", attributes, type: CKEDITOR.STYLE_INLINE }));
    }

    CKEDITOR.dialog.add("sitepage", () => ({
      title: words.sitePage,
      minWidth: 480,
      minHeight: 320,
      resizable: CKEDITOR.DIALOG_RESIZE_NONE,
      contents: [
        {
          id: "page",
          elements: [
            {
              type: "text",
              id: "query",
              label: words.pageSearch,
              onKeyup() {
                fill(this.getDialog().getContentElement("page", "path"), this.getValue());
              },
            },
            {
              type: "select",
              id: "path",
              label: words.pageList,
              items: [],
              size: 10,
              onLoad() {
                this.getInputElement().setStyles({ width: "100%", height: "auto" });
              },
              validate() {
                if (!this.getValue()) return words.noPage;
                return true;
              },
              onChange() {
                const text = this.getDialog().getContentElement("page", "text");
                const chosen = this.getInputElement().$.selectedOptions[0];
                if (chosen && !text.isTyped) text.setValue(chosen.text.replace(/ \([^()]*\)$/, ""));
              },
            },
            {
              type: "text",
              id: "text",
              label: words.linkText,
              onKeyup() {
                this.isTyped = true;
              },
            },
          ],
        },
      ],
      onShow() {
        const text = this.getContentElement("page", "text");
        const isCollapsed = editor.getSelection().getRanges()[0]?.collapsed !== false;
        const hasWords = !isCollapsed || CKEDITOR.plugins.link.getSelectedLink(editor);
        text.isTyped = false;
        text.getElement().setStyle("display", hasWords ? "none" : "block");
        fill(this.getContentElement("page", "path"), "");
      },
      onOk() {
        const path = this.getValueOf("page", "path");
        insert(path, this.getValueOf("page", "text").trim() || path);
      },
    }));
    editor.addCommand("sitepage", new CKEDITOR.dialogCommand("sitepage", { requiredContent: "a[href]" }));
    editor.ui.addButton("SitePage", {
      label: words.sitePage,
      command: "sitepage",
      icon: `${this.path}icons/sitepage.svg`,
    });
  },
});
