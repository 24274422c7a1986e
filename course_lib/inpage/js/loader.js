/* Exercises before the reader touches one: the code to begin with, or the reader's own, and whether it is solved.
   At the first touch a plain text area takes the code's place at once, and all else is loaded. */
(() => {
  const course = globalThis.course;
  const addresses = document.currentScript?.dataset.inpage?.split(" ") ?? [];
  const loading = {};
  const EXAM =
    "Exam: on this page each check gives the verdict alone, without names of mistakes, hints or solutions. Of code that " +
    "cannot be run it says why. The chapter stays open to be read. What you write here is kept apart from your practice.";

  /** Load a script of exercises by its name, or any by its address: once, or anew if that failed. */
  course.load = (name) => {
    const src = addresses.find((one) => one.includes(`/${name}?`)) ?? name;
    loading[src] ??= new Promise((onload, failed) => {
      const onerror = () => {
        delete loading[src];
        failed(Error(`${/[^/?]+(?=\?|$)/.exec(src)} cannot be loaded`));
      };
      document.head.append(Object.assign(document.createElement("script"), { src, onload, onerror }));
    });
    return loading[src];
  };

  course.exam = new URLSearchParams(location.search).has("exam"); // the verdict alone, on this page
  if (course.exam) {
    const say = (textContent) =>
      Object.assign(document.createElement("p"), { className: "ce-exam", role: "note", textContent });
    document.documentElement.dataset.exam = "";
    const exercises = [...document.querySelectorAll("[data-exercise]")];
    for (const place of exercises) place.before(say("Exam: the verdict alone."));
    if (exercises.length) {
      const notice = say(`${EXAM} `);
      notice.append(exporting(exercises), " · ", leaving());
      (document.querySelector(".bd-article h1") ?? exercises[0].previousSibling).before(notice);
    }
    for (const p of document.querySelectorAll(".bd-article p"))
      if (p.textContent.includes("Stuck? There are hints")) p.hidden = true; // here there are none
  }

  /** The way out of the exam: this page as it is to practise. */
  function leaving() {
    const address = new URL(location);
    address.searchParams.delete("exam");
    address.hash = "";
    return Object.assign(document.createElement("a"), { href: address.href, textContent: "Leave the exam" });
  }
  /** A button that saves what is written in the exam as a notebook, to be handed in, and words that tell so. */
  function exporting(exercises) {
    const { page } = exercises[0].dataset,
      file = `${page}-exam.ipynb`,
      place = document.createElement("span"),
      said = Object.assign(document.createElement("span"), { role: "status" }),
      button = Object.assign(document.createElement("button"), { type: "button", textContent: "Save my answers" });
    const cell = (id, source, tags = []) => {
      return { cell_type: "code", id, metadata: { tags }, source, execution_count: null, outputs: [] };
    };
    button.addEventListener("click", () => {
      const names = exercises.map(({ dataset }) => dataset.exercise),
        written = names.map((name) => [name, course.drafts.get(`${page}-exam`, name)]).filter(([, text]) => text),
        answers = written.map(([name, text]) => cell(name.replaceAll("_", "-"), text, [`exercise:${name}`])),
        cells = [cell("numpy", "import numpy as np"), ...answers]; // in the page NumPy is there
      const text = JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1);
      const href = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
      Object.assign(document.createElement("a"), { href, download: file }).click();
      URL.revokeObjectURL(href);
      said.textContent = ` ${file} is saved, to be handed in: it holds ${written.length} of ${names.length} answers.`;
    });
    place.append("To hand in: ", button, said);
    return place;
  }

  for (const place of document.querySelectorAll("[data-exercise]")) {
    if (course.exam) place.dataset.page += "-exam"; // what is written and solved here is kept apart
    const { page, exercise: name, label } = place.dataset;
    const code = place.querySelector(".ce-code"),
      pre = code.querySelector("pre"),
      start = pre.textContent.trimEnd();
    let exercise;
    const wake = (act) =>
      course.load("exercise.js").then(
        () => act((exercise ??= course.exercise(place, start))),
        ({ message }) => (place.querySelector(".ce-said").textContent = `${message}: try again.`),
      );

    function open(passing) {
      const area = document.createElement("textarea");
      area.defaultValue = course.drafts.get(page, name) ?? start;
      area.ariaLabel = label;
      code.replaceWith(area);
      area.focus(); // within the touch, or a phone shows no keyboard
      wake(({ edit }) => edit(passing));
    }
    /** Show the reader's text as it is by now: another tab may have written it, or this page before it was left. */
    function follow() {
      const draft = course.drafts.get(page, name);
      if (draft && draft !== pre.textContent) pre.textContent = draft;
      if (draft) exercise?.follow(draft);
    }
    follow();
    addEventListener("storage", follow);
    addEventListener("pageshow", follow);
    Object.assign(code, { tabIndex: 0, role: "textbox", ariaMultiLine: "true", ariaLabel: label });
    code.addEventListener("focus", () => code.matches(":focus-visible") && open(true));
    code.addEventListener("click", ({ target }) => {
      const selection = getSelection(); // code that is selected to be copied stays what it is
      if ((selection.isCollapsed || !selection.containsNode(code, true)) && !target.closest("button")) open();
    });
    place.addEventListener("click", ({ target }) => {
      if (exercise || !target.closest(".ce-actions button:not(.ce-game button, .ce-catch)")) return;
      wake(({ edit }) => {
        edit();
        target.click();
      });
    });

    const button = place.querySelector(".ce-catch"),
      form = place.querySelector(".ce-game");
    let game;
    /** Show the form of the bug to catch, or hide it; it is made when it is first shown. */
    async function toggle(shown) {
      const made = (game ??= course.load("catch.js").then(() => course.catch(place)));
      try {
        await made;
        form.hidden = !shown;
        button.ariaExpanded = String(shown);
        const keys = !matchMedia("(pointer: coarse)").matches; // else it would open a keyboard
        if (shown && keys) form.querySelector("input, select")?.focus({ preventScroll: true });
        if (shown) form.scrollIntoView({ block: "nearest" });
      } catch ({ message }) {
        game = undefined;
        place.querySelector(".ce-said").textContent = `${message}: try again.`;
      }
    }
    /** Follow a link of the text to the form. */
    async function called() {
      if (location.hash !== `#${form.id}`) return;
      await toggle(true);
      form.querySelector("input, select")?.focus({ preventScroll: true });
      form.scrollIntoView({ block: "start" });
    }
    if (button && !course.exam) {
      button.addEventListener("click", () => toggle(form.hidden));
      addEventListener("hashchange", called);
      for (const link of document.querySelectorAll(`a[href="#${form.id}"]`))
        link.addEventListener("click", () => location.hash === `#${form.id}` && called()); // a second time
      called();
    }

    const mark = () => {
      place.toggleAttribute("data-passed", course.progress.get(page, "exercises", name) === true);
      button?.toggleAttribute("data-caught", course.progress.get(page, "caught", name) === true);
    };
    document.addEventListener("course-progress", mark);
    mark();
  }
})();
