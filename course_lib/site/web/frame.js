/* The frame around every page: colours, search, side bars, menus, the place in the page, code to copy.
   In place of the theme's scripts and Bootstrap's, on the theme's own elements. Nothing here is needed to read. */
(() => {
  const root = document.documentElement;
  globalThis.course ??= {};
  const one = (selector) => document.querySelector(selector),
    all = (selector) => [...document.querySelectorAll(selector)];
  const on = (elements, event, f, how) => elements.forEach((element) => element?.addEventListener(event, f, how));
  const store = (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      /* it holds for this page */
    }
  };

  // -- colours: as the system has them, or the other, or this one always
  const dark = matchMedia("(prefers-color-scheme: dark)");
  function paint(mode) {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
  }
  on([dark], "change", () => paint(root.dataset.mode));
  on(all(".theme-switch-button"), "click", () => {
    const modes = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    paint(modes[(modes.indexOf(root.dataset.mode) + 1) % 3]);
    store("mode", root.dataset.mode);
  });

  // -- dialogs close by a click beside them; Escape and the focus are the browser's work
  const leave = (event) => {
    const { left, right, top, bottom } = event.currentTarget.getBoundingClientRect();
    const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
    if (event.target === event.currentTarget && !inside) event.currentTarget.close();
  };

  // -- search: a dialog, or the field of the search page itself
  const mac = /^(Mac|iPhone|iPad)/.test(navigator.platform);
  const dialog = one("#pst-search-dialog"),
    field = one("main form.bd-search input");
  const search = () => {
    if (field) {
      field.focus();
      field.select();
    } else if (dialog?.open) dialog.close();
    else dialog?.showModal();
  };
  if (mac)
    all(".search-button__kbd-shortcut > kbd:first-child").forEach((key) => {
      key.textContent = "⌘";
    });
  on(all(".search-button__button"), "click", search);
  on([dialog], "click", leave);
  on([window], "keydown", (event) => {
    const asked =
      (mac ? event.metaKey : event.ctrlKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
    if (asked) {
      event.preventDefault();
      search();
    }
  });

  // -- side bars: dialogs where there is no room; the left one can be put away where there is
  function carry(from, to) {
    to.append(...from.childNodes);
    to.classList.add(...from.classList);
    from.removeAttribute("class");
  }
  for (const [side, room] of [
    ["primary", "(min-width: 960px)"],
    ["secondary", "(min-width: 1200px)"],
  ]) {
    const bar = one(`#pst-${side}-sidebar`),
      modal = one(`#pst-${side}-sidebar-modal`),
      wide = matchMedia(room);
    if (!bar || !modal) continue;
    on(all(`.${side}-toggle`), "click", () => {
      if (wide.matches) return bar.classList.toggle("pst-sidebar-hidden");
      carry(bar, modal);
      modal.showModal();
    });
    on([modal], "click", (event) => (event.target.closest("a[href*='#']") ? modal.close() : leave(event)));
    on([modal], "close", () => carry(modal, bar));
    on([wide], "change", () => modal.close());
  }
  const here = all(".bd-links .active").pop();
  if (here && matchMedia("(min-width: 960px)").matches)
    new IntersectionObserver(([{ boundingClientRect: at }], once) => {
      once.disconnect(); // this page's place in the left bar, seen without a layout of its own
      if (at.top > innerHeight / 2) one("#pst-primary-sidebar").scrollTop += at.top - innerHeight / 3;
    }).observe(here);

  // -- menus
  const fold = (but) =>
    all(".dropdown-toggle[aria-expanded=true]")
      .filter((b) => b !== but)
      .forEach((button) => {
        button.setAttribute("aria-expanded", "false");
        button.nextElementSibling.classList.remove("show");
      });
  on(all(".dropdown-toggle"), "click", ({ currentTarget: button }) => {
    fold(button);
    button.setAttribute("aria-expanded", String(button.nextElementSibling.classList.toggle("show")));
  });
  on([document], "click", (event) => fold(event.target.closest(".dropdown-toggle")));
  on([document], "keydown", (event) => {
    const button = event.key === "Escape" && one(".dropdown-toggle[aria-expanded=true]");
    if (button) {
      fold();
      button.focus();
    }
  });
  on(all(".btn-download-pdf-button"), "click", () => {
    fold();
    print();
  });

  // -- the place in the page
  const entries = new Map();
  for (const link of all("#pst-page-toc-nav a[href^='#']")) {
    const section = document.getElementById(link.hash.slice(1));
    if (section) entries.set(section.querySelector("h1, h2, h3, h4") ?? section, link);
  }
  const seen = new IntersectionObserver(
    (list) => {
      const shown = list.filter((entry) => entry.isIntersecting).pop();
      if (!shown) return;
      for (const link of entries.values()) {
        const active = link === entries.get(shown.target);
        link.classList.toggle("active", active);
        active ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of entries.keys()) seen.observe(heading);

  // -- code to copy: without prompts and outputs
  const drawing = (path) => `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
  const copy = drawing("M9 9h11v12H9zM5 15H4V3h11v1"),
    done = drawing("M4 12l6 6L20 6");
  async function put(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy"); // without https there is only this
    area.remove();
  }
  function offerToCopy(pre) {
    const button = Object.assign(document.createElement("button"), {
      className: "copybtn",
      title: "Copy",
      innerHTML: copy,
    });
    button.setAttribute("aria-label", "Copy the code");
    on([button], "click", async () => {
      const code = pre.cloneNode(true);
      code.querySelectorAll(".linenos, .gp, .go").forEach((part) => part.remove());
      await put(code.textContent.trimEnd() + "\n");
      button.innerHTML = done;
      setTimeout(() => {
        button.innerHTML = copy;
      }, 2000);
    });
    pre.after(button);
  }

  // -- what scrolls within itself is reached from the keyboard, and fades where it goes on (descent.css)
  function mark(boxes) {
    const now = boxes.map((box) => [box, box.scrollLeft, box.scrollWidth - box.clientWidth - box.scrollLeft]);
    for (const [box, left, right] of now) {
      // all is read before anything is written, or each box would have the page laid out anew
      const more = [left > 4 && "left", right > 4 && "right"].filter(Boolean).join(" ");
      if (more === box.dataset.more) continue;
      box.dataset.more = more;
      if (more) box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
    }
  }
  const resized = new ResizeObserver((list) => mark(list.map(({ target }) => target)));
  // Only what the reader comes near, or unfolds: a long page would not answer while all of it is prepared.
  const prepared = new Set();
  const near = new IntersectionObserver(
    (list) => {
      const boxes = list.filter((entry) => entry.isIntersecting).map(({ target }) => target);
      mark(boxes);
      for (const box of boxes) {
        near.unobserve(box);
        prepared.add(box);
        resized.observe(box);
        on([box], "scroll", () => mark([box]), { passive: true });
        if (box.matches("div.highlight > pre")) offerToCopy(box);
      }
    },
    { rootMargin: "1000px" },
  );
  for (const box of all("article :is(pre, .formula, .pst-scrollable-table-container, table.dataframe)"))
    near.observe(box);
  // not `fonts.ready`, which would have the page laid out at once
  document.fonts.addEventListener("loadingdone", () => mark([...prepared]));

  // -- an address that names a box opens it
  function openNamed() {
    const box = document.getElementById(location.hash.slice(1));
    if (box?.matches("details")) box.open = true;
  }
  openNamed();
  on([window], "hashchange", openNamed);

  // -- paper shows all
  on([window], "beforeprint", () =>
    all("article details:not([open])").forEach((box) => {
      box.open = true;
      box.dataset.printed = "";
    }),
  );
  on([window], "afterprint", () =>
    all("details[data-printed]").forEach((box) => {
      box.open = false;
      delete box.dataset.printed;
    }),
  );
})();
