/* Exercises before the reader touches one: the code to begin with, or the reader's own, and whether it is solved.
   At the first touch a plain text area takes the code's place at once, and all else is loaded. */
(() => {
  const course = globalThis.course;
  const addresses = document.currentScript?.dataset.inpage?.split(" ") ?? [];
  const loading = {};

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

  for (const place of document.querySelectorAll("[data-exercise]")) {
    const { page, exercise: name, label } = place.dataset;
    const code = place.querySelector(".ce-code"),
      pre = code.querySelector("pre"),
      start = pre.textContent.trimEnd(),
      draft = course.drafts.get(page, name);
    let exercise;
    const wake = (act) =>
      course.load("exercise.js").then(
        () => act((exercise ??= course.exercise(place, start))),
        ({ message }) => (place.querySelector(".ce-said").textContent = `${message}: try again.`),
      );

    function open(passing) {
      const area = document.createElement("textarea");
      area.value = draft ?? start;
      area.ariaLabel = label;
      code.replaceWith(area);
      area.focus(); // within the touch, or a phone shows no keyboard
      wake(({ edit }) => edit(passing));
    }
    if (draft) pre.textContent = draft;
    Object.assign(code, { tabIndex: 0, role: "textbox", ariaMultiLine: "true", ariaLabel: label });
    code.addEventListener("focus", () => code.matches(":focus-visible") && open(true));
    code.addEventListener("click", ({ target }) => {
      if (getSelection().isCollapsed && !target.closest("button")) open();
    });
    place.addEventListener("click", ({ target }) => {
      if (exercise || !target.closest(".ce-actions button")) return;
      wake(({ edit }) => {
        edit();
        target.click();
      });
    });

    const mark = () => place.toggleAttribute("data-passed", course.progress.get(page, "exercises", name) === true);
    document.addEventListener("course-progress", mark);
    mark();
  }
})();
