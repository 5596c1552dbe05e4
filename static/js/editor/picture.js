/* Pictures: uploaded to the site (never linked from elsewhere), described or marked as decorative, with a caption. */
/* global CKEDITOR */
CKEDITOR.plugins.add("picture", {
  requires: "widget,dialog,clipboard,notification",
  init(editor) {
    const words = editor.config.words;
    const encode = CKEDITOR.tools.htmlEncode;
    const WIDGET = "ownpicture";
    let pasted = null; // a file that was dropped or pasted, for the dialog to upload

    editor.widgets.add(WIDGET, {
      template: '<figure><img alt="" src=""><figcaption></figcaption></figure>',
      allowedContent: "figure; figcaption; img[!src,alt,width,height]",
      requiredContent: "img[src]",
      pathName: words.picture,
      parts: { image: "img" },
      editables: { caption: { selector: "figcaption", allowedContent: "strong em sub sup a[!href]" } },
      upcast(element) {
        if (element.name !== "figure" || !element.getFirst("img")) return false;
        if (!element.getFirst("figcaption")) element.add(new CKEDITOR.htmlParser.element("figcaption"));
        return true;
      },
      init() {
        this.on("edit", () => editor.execCommand("picture"));
      },
      show(picture) {
        const image = this.parts.image;
        image.setAttributes({ src: picture.url, "data-cke-saved-src": picture.url, alt: picture.alt });
        for (const name of ["width", "height"]) if (picture[name]) image.setAttribute(name, picture[name]);
        editor.fire("change");
      },
    });

    async function upload(file, alt, isDecorative) {
      const data = new FormData();
      data.append("upload", file, file.name || "picture.png");
      data.append("alt", alt);
      if (isDecorative) data.append("decorative", "on");
      const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
      try {
        const answer = await fetch(editor.config.uploadTo, {
          method: "POST",
          body: data,
          headers: { "X-CSRFToken": token },
        });
        return await answer.json();
      } catch {
        return { uploaded: 0, error: { message: words.failed } };
      }
    }

    async function fillLibrary(list) {
      list.clear();
      list.add(words.none, "");
      try {
        const answer = await fetch(editor.config.ownPictures);
        for (const picture of (await answer.json()).pictures ?? []) list.add(picture.title, JSON.stringify(picture));
      } catch {
        // the list stays empty; uploading says what is wrong
      }
    }

    function put(dialog, picture) {
      const widget = dialog.widget;
      dialog.hide();
      editor.focus();
      if (widget) {
        editor.fire("saveSnapshot");
        widget.show(picture);
        editor.fire("saveSnapshot");
        return;
      }
      editor.insertHtml(
        `<figure><img src="${encode(picture.url)}" alt="${CKEDITOR.tools.htmlEncodeAttr(picture.alt)}" ` +
          `width="${Number(picture.width)}" height="${Number(picture.height)}"></figure>`,
      );
    }

    CKEDITOR.dialog.add("picture", () => {
      const fileId = CKEDITOR.tools.getNextId();
      const saidId = CKEDITOR.tools.getNextId();
      const say = (text) => {
        document.getElementById(saidId).textContent = text;
      };
      const fileInput = () => document.getElementById(fileId);
      return {
        title: words.picture,
        minWidth: 480,
        minHeight: 260,
        resizable: CKEDITOR.DIALOG_RESIZE_NONE,
        contents: [
          {
            id: "picture",
            elements: [
              {
                type: "html",
                id: "file",
                html:
                  `<label class="cke_dialog_ui_labeled_label" for="${fileId}">${encode(words.file)}</label><br>` +
                  `<input id="${fileId}" type="file" accept="image/jpeg,image/png,image/webp,image/gif">`,
                focus() {
                  fileInput().focus();
                },
              },
              {
                type: "select",
                id: "library",
                label: words.library,
                items: [],
                onLoad() {
                  this.getInputElement().setStyle("max-width", "100%");
                },
                onChange() {
                  if (!this.getValue()) return;
                  const picture = JSON.parse(this.getValue());
                  this.getDialog().setValueOf("picture", "alt", picture.alt);
                  this.getDialog().setValueOf("picture", "decorative", picture.decorative);
                },
              },
              { type: "textarea", id: "alt", label: words.alt, rows: 3 },
              { type: "checkbox", id: "decorative", label: words.decorative },
              {
                type: "html",
                html: `<p id="${saidId}" role="alert" style="white-space: normal; max-width: 460px; color: #8d1c1c"></p>`,
              },
            ],
          },
        ],
        onShow() {
          const focused = editor.widgets.focused;
          this.widget = focused?.name === WIDGET ? focused : null;
          this.isUploading = false;
          this.file = pasted;
          pasted = null;
          fileInput().value = "";
          say(this.file ? this.file.name : "");
          fillLibrary(this.getContentElement("picture", "library"));
          const image = this.widget?.parts.image;
          this.setValueOf("picture", "alt", image?.getAttribute("alt") ?? "");
          this.setValueOf("picture", "decorative", image?.getAttribute("alt") === "");
        },
        onOk() {
          const alt = this.getValueOf("picture", "alt").trim();
          const isDecorative = this.getValueOf("picture", "decorative");
          const file = fileInput().files[0] ?? this.file;
          const chosen = this.getValueOf("picture", "library");
          const old = this.widget?.parts.image;
          if (this.isUploading) return false;
          if (!file && !chosen && !old) {
            say(words.noPicture);
            return false;
          }
          if (!alt && !isDecorative) {
            say(words.noAlt);
            return false;
          }
          const described = { alt: isDecorative ? "" : alt };
          if (!file) {
            const known = chosen
              ? JSON.parse(chosen)
              : { url: old.data("cke-saved-src") || old.getAttribute("src") };
            put(this, { ...known, ...described });
            return false; // already closed
          }
          this.isUploading = true;
          say(words.uploading);
          upload(file, alt, isDecorative).then((answer) => {
            this.isUploading = false;
            if (answer.uploaded) put(this, { ...answer, ...described });
            else say(answer.error?.message ?? words.failed);
          });
          return false; // closes when the picture is there
        },
      };
    });
    editor.addCommand("picture", new CKEDITOR.dialogCommand("picture", { requiredContent: "img[src]" }));
    editor.ui.addButton("Picture", {
      label: words.picture,
      command: "picture",
      icon: `${this.path}icons/picture.svg`,
    });

    // Before the words of a paste are looked at: a lone picture is a file to upload, and to describe.
    editor.on(
      "paste",
      (event) => {
        const { dataTransfer } = event.data;
        const html = dataTransfer.getData("text/html") || event.data.dataValue || "";
        if (/\S/.test(html.replace(/<style\b[\s\S]*?<\/style>|<[^>]*>|&nbsp;/g, ""))) return;
        for (let i = 0; i < dataTransfer.getFilesCount(); i++) {
          const file = dataTransfer.getFile(i);
          if (!file?.type.startsWith("image/")) continue;
          pasted = file;
          event.cancel();
          editor.execCommand("picture");
          return;
        }
      },
      null,
      null,
      -1,
    );
  },
});
