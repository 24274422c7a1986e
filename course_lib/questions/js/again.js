/* course.again: what comes back on the contents page after 1, 3 and 10 days, in this browser alone. In the store,
   {"03_momentum/checks/gain": {at: milliseconds, times: how often it came back right, right: as last answered,
                                mistakes: [the names of the bugs in an answer to an exercise]}}
   A prediction that was wrong comes back, a self-check that was answered, an exercise whose check named a mistake.
   course.kept: all that the browser remembers, to be exported, imported and erased. */
(() => {
  const course = (globalThis.course ??= {});
  const KEY = "descent-again",
    PROGRESS = "descent-progress",
    OURS = "descent-",
    DRAFT = "descent-draft/",
    DAYS = [1, 3, 10], // after which it is done
    MOST = 6, // bugs of one exercise
    EXAM = "-exam",
    FORMAT = "descent-remembers-1";
  let memory = null; // what the browser refuses to keep lives as long as the page

  const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const isEntry = (value) => isRecord(value) && Number.isFinite(value.at) && Number.isInteger(value.times);

  function load() {
    try {
      const found = JSON.parse(memory ?? localStorage.getItem(KEY) ?? "{}");
      return Object.fromEntries(
        Object.entries(isRecord(found) ? found : {}).filter(
          ([key, entry]) => key.split("/").length === 3 && isEntry(entry),
        ),
      );
    } catch {
      return {};
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
    document.dispatchEvent(new Event("course-progress"));
  }

  /** When an entry comes back: at the beginning of a day where the reader is; Infinity if never. */
  function due({ at, times }) {
    if (times >= DAYS.length) return Infinity;
    const day = new Date(at);
    day.setHours(0, 0, 0, 0);
    day.setDate(day.getDate() + DAYS[times]);
    return day.getTime();
  }

  /** The names of bugs, the latest first, with those that are still to come back. */
  const joined = (mistakes, known) => [...new Set([...mistakes, ...(known?.mistakes ?? [])])].slice(0, MOST);

  course.again = {
    /** Take note of an answer in a chapter: wrong, it comes back from the beginning; `right` is null if it was shown. */
    answered(page, kind, name, right, mistakes) {
      const all = load(),
        key = `${page}/${kind}/${name}`,
        known = all[key];
      if (!known && kind === "predictions" && right !== false) return;
      if (known && right) all[key] = { ...known, right };
      else all[key] = { at: Date.now(), times: 0, right, ...(mistakes ? { mistakes: joined(mistakes, known) } : {}) };
      save(all);
    },
    /** Take note of an answer on the contents page; only what is due is recalled. */
    recalled(key, right) {
      const all = load(),
        known = all[key];
      if (!known || due(known) > Date.now()) return;
      all[key] = { ...known, at: Date.now(), times: right ? known.times + 1 : 0, right };
      save(all);
    },
    /** What is due by now, the oldest first: [{key, page, kind, name, times, mistakes}]. */
    due() {
      return Object.entries(load())
        .filter(([, entry]) => due(entry) <= Date.now())
        .sort(([, a], [, b]) => due(a) - due(b) || a.at - b.at)
        .map(([key, { times, mistakes = [] }]) => {
          const [page, kind, name] = key.split("/");
          return { key, page, kind, name, times, mistakes };
        });
    },
    /** How many things are to come back, and when the next one does. */
    waiting() {
      const days = Object.values(load()).map(due).filter(Number.isFinite);
      return { count: days.length, next: days.length ? Math.min(...days) : null };
    },
    /** Forget what the book has no longer. */
    forget(key) {
      const { [key]: _, ...rest } = load();
      save(rest);
    },
  };

  /** The keys of all that the browser keeps; none where it keeps nothing. */
  function keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(OURS));
    } catch {
      return [];
    }
  }
  /** What a file holds: key → text.
      Raises an error whose message says what is wrong with it. */
  function read(file) {
    let found;
    try {
      found = JSON.parse(file);
    } catch {
      throw new Error("This file is not one that this page has exported: it is no JSON.");
    }
    if (!isRecord(found) || found.format !== FORMAT || !isRecord(found.kept) || !isRecord(found.exam ?? {}))
      throw new Error("This file is not one that this page has exported.");
    const all = { ...found.exam, ...found.kept };
    if (isRecord(found.exam?.[PROGRESS])) all[PROGRESS] = { ...found.exam[PROGRESS], ...all[PROGRESS] };
    return Object.entries(all).map(([key, value]) => {
      const isText = typeof value === "string";
      if (!key.startsWith(OURS) || (key.startsWith(DRAFT) ? !isText : !isText && !isRecord(value)))
        throw new Error(`This file is damaged: “${key.slice(0, 60)}” in it is nothing that this page keeps.`);
      return [key, isText ? value : JSON.stringify(value)];
    });
  }
  function write(entries) {
    for (const key of keys()) localStorage.removeItem(key);
    for (const [key, text] of entries) localStorage.setItem(key, text);
  }

  course.kept = {
    /** Check the content of a file; an error says what is wrong with it. */
    check: (file) => void read(file),
    /** Whether there is anything. */
    any: () => keys().length > 0,
    /** All of it as the text of a file, what was written in an exam apart. */
    export() {
      const kept = {};
      for (const key of keys().sort()) {
        const text = localStorage.getItem(key);
        try {
          const value = key.startsWith(DRAFT) ? text : JSON.parse(text);
          kept[key] = isRecord(value) ? value : text;
        } catch {
          kept[key] = text;
        }
      }
      if (!keys().length) Object.assign(kept, { [PROGRESS]: course.progress.get(), [KEY]: load() });
      const exam = {};
      for (const page of Object.keys(kept[PROGRESS] ?? {}).filter((one) => one.endsWith(EXAM))) {
        exam[PROGRESS] = { ...exam[PROGRESS], [page]: kept[PROGRESS][page] };
        delete kept[PROGRESS][page];
      }
      for (const key of Object.keys(kept).filter((one) => one.startsWith(DRAFT) && one.split("/")[1].endsWith(EXAM))) {
        exam[key] = kept[key];
        delete kept[key];
      }
      const parts = Object.keys(exam).length ? { kept, exam } : { kept };
      return JSON.stringify({ format: FORMAT, exported: new Date().toISOString(), ...parts }, null, 2);
    },
    /** Put a file's content in the place of all that is kept; an error says what is wrong, and nothing has changed. */
    import(file) {
      const entries = read(file);
      let before = [];
      try {
        before = keys().map((key) => [key, localStorage.getItem(key)]);
        write(entries);
      } catch {
        try {
          write(before);
        } catch {
          /* it is forbidden altogether */
        }
        throw new Error("This browser refuses to keep it: nothing has been changed.");
      }
      memory = null;
      document.dispatchEvent(new Event("course-progress"));
    },
    /** Forget all of it. */
    erase() {
      memory = null;
      for (const key of keys()) localStorage.removeItem(key);
      course.progress.clear(); // and tell of it
    },
  };
})();
