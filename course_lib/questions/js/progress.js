/* course.progress: what the reader has predicted, checked, solved and caught, in this browser alone.
   {"03_momentum": {"predictions": {name: option}, "checks": {name: true | false}, "exercises": {name: true},
                    "caught": {name: ["a wrong version", …] | true for all}}}
   Whoever cares listens to "course-progress" on the document.
   Beside it, where the reader was last: {page: "03_momentum", section: "noise", title: "What momentum does to noise"}.
   course.drafts: the reader's own code in exercises, each under a key of its own, as it is kept while it is written. */
(() => {
  const course = (globalThis.course ??= {});
  if (course.progress) return; // under Jupyter every widget loads this file anew
  const KEY = "descent-progress",
    DRAFT = "descent-draft",
    PLACE = "descent-place",
    KINDS = ["predictions", "checks", "exercises", "caught"];
  let memory = null; // what the browser refuses to keep lives as long as the page
  const unkept = new Map(); // and so do drafts

  const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const kept = (record, keep) => Object.fromEntries(Object.entries(isRecord(record) ? record : {}).filter(keep));

  const isNames = (answer, kind) =>
    kind === "caught" && Array.isArray(answer) && answer.every((name) => typeof name === "string");

  /** What a text records; whatever else it holds is dropped. */
  function parse(text) {
    let found;
    try {
      found = JSON.parse(text);
    } catch {
      return {};
    }
    const pages = Object.entries(kept(found, ([, page]) => isRecord(page)));
    return Object.fromEntries(
      pages.map(([name, page]) => [
        name,
        Object.fromEntries(
          KINDS.map((kind) => [
            kind,
            kept(
              page[kind],
              ([, answer]) =>
                answer === null || typeof answer === "string" || typeof answer === "boolean" || isNames(answer, kind),
            ),
          ]),
        ),
      ]),
    );
  }
  function load() {
    try {
      return parse(memory ?? localStorage.getItem(KEY));
    } catch {
      return parse(memory);
    }
  }
  function save(all) {
    memory = JSON.stringify(all);
    try {
      localStorage.setItem(KEY, memory);
      memory = null;
    } catch {
      /* full or forbidden */
    }
    tell();
  }
  const tell = () => document.dispatchEvent(new Event("course-progress"));

  course.progress = {
    /** An answer, or undefined; without a name, all of a kind; without a kind, everything. */
    get(page, kind, name) {
      const all = load();
      if (page === undefined) return all;
      const answers = all[page]?.[kind] ?? {};
      return name === undefined ? answers : Object.hasOwn(answers, name) ? answers[name] : undefined;
    },
    /** Keep an answer; undefined forgets it. */
    set(page, kind, name, answer) {
      const all = load();
      const of = (all[page] ??= Object.fromEntries(KINDS.map((k) => [k, {}])));
      if (answer === undefined) delete of[kind][name];
      else of[kind][name] = answer;
      save(all);
    },
    export: () => JSON.stringify(load(), null, 2),
    /** Keep where the reader is. */
    visit(place) {
      try {
        localStorage.setItem(PLACE, JSON.stringify(place));
      } catch {
        /* full or forbidden: the next visit begins anew */
      }
    },
    /** Where the reader was last, {page, section, title}; {} if that is not known. */
    last() {
      try {
        const place = JSON.parse(localStorage.getItem(PLACE));
        return isRecord(place)
          ? Object.fromEntries(Object.entries(place).filter(([, v]) => typeof v === "string"))
          : {};
      } catch {
        return {};
      }
    },
    /** Forget everything, drafts and the place too. */
    clear() {
      memory = null;
      unkept.clear();
      try {
        const own = Object.keys(localStorage).filter(
          (key) => key === KEY || key === PLACE || key.startsWith(`${DRAFT}/`),
        );
        for (const key of own) localStorage.removeItem(key);
      } catch {
        /* nothing was kept */
      }
      tell();
    },
  };

  course.drafts = {
    LOST: "This browser keeps nothing: copy your code before you leave.",
    /** A draft, or undefined; a blank one is none. */
    get(page, name) {
      const key = `${DRAFT}/${page}/${name}`;
      let text = unkept.get(key);
      try {
        text ??= localStorage.getItem(key);
      } catch {
        /* nothing was kept */
      }
      return text?.trim() ? text : undefined;
    },
    /** Keep a draft; undefined, or a blank one, forgets it. Return whether the browser has kept it. */
    set(page, name, text) {
      const key = `${DRAFT}/${page}/${name}`,
        blank = !text?.trim();
      unkept.delete(key);
      try {
        if (blank) localStorage.removeItem(key);
        else localStorage.setItem(key, text);
        return true;
      } catch {
        if (blank) return true; // there is nothing to lose
        unkept.set(key, text);
      }
      try {
        localStorage.removeItem(key); // or an older draft would come back in its place
      } catch {
        /* forbidden */
      }
      return false;
    },
  };
  globalThis.addEventListener?.("storage", (event) => {
    if (event.key === KEY || event.key === null) tell();
  }); // another tab
})();
