/* Questions on the static site, and what they cover elsewhere on the page: blocks {answer} and cells tagged answer:NAME.
   On the contents page, how far the reader is. */
(() => {
  const course = globalThis.course;

  /** Fold an answer until its question is answered; the reader may open it, and a search in the page finds it. */
  function fold(block) {
    const button = block.querySelector(":scope > .cq-fold"),
      content = block.querySelector(":scope > .cq-folded");
    const show = (open) => {
      button.setAttribute("aria-expanded", open);
      if (open) content.removeAttribute("hidden");
      else content.setAttribute("hidden", "until-found");
    };
    button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
    content.addEventListener("beforematch", () => show(true));
    document.addEventListener("course-answered", ({ detail: { name, answered } }) => {
      if (name !== block.dataset.courseAnswer) return;
      button.hidden = answered;
      show(answered);
    });
    show(false);
    block.dataset.ready = "1";
  }

  const number = (all, page, kind, names) =>
    names.filter((name) => {
      const answer = all[page]?.[kind]?.[name];
      return kind === "predictions" ? answer !== undefined : answer === true;
    }).length;

  /** How many of a chapter's questions are answered, and of its exercises solved, beside its title on the first page. */
  function count(place) {
    const { progress: page, names } = place.dataset,
      { exercises = [], ...questions } = JSON.parse(names);
    const asked = Object.entries(questions);
    function show() {
      const all = course.progress.get();
      const answered = asked.reduce((sum, [kind, of]) => sum + number(all, page, kind, of), 0),
        solved = number(all, page, "exercises", exercises);
      const done = [
        answered && `answered ${answered} of ${asked.reduce((sum, [, of]) => sum + of.length, 0)} questions`,
        solved && `solved ${solved} of ${exercises.length} exercises`,
      ].filter(Boolean);
      place.textContent = done.length ? `You have ${done.join(" and ")}.` : "";
    }
    document.addEventListener("course-progress", show);
    show();
  }

  function progress(place) {
    function show() {
      const all = course.progress.get();
      for (const cell of place.querySelectorAll("[data-names]")) {
        const names = JSON.parse(cell.dataset.names);
        cell.textContent = names.length
          ? `${number(all, cell.dataset.page, cell.dataset.kind, names)} of ${names.length}`
          : "–";
      }
    }
    place.querySelector(".cq-export").addEventListener("click", () => {
      const address = URL.createObjectURL(new Blob([course.progress.export()], { type: "application/json" }));
      Object.assign(document.createElement("a"), { href: address, download: "descent-progress.json" }).click();
      URL.revokeObjectURL(address);
    });
    place.querySelector(".cq-erase").addEventListener("click", () => {
      if (confirm("Erase all your predictions, checks and exercises, solved or begun, from this browser?"))
        course.progress.clear();
    });
    document.addEventListener("course-progress", show);
    place.dataset.ready = "1";
    show();
  }

  document.querySelectorAll("[data-course-answer]").forEach(fold);
  for (const root of document.querySelectorAll("[data-course-question]")) {
    course.question(root, JSON.parse(root.querySelector(":scope > script[type='application/json']").textContent));
  }
  document.querySelectorAll(".course-progress-table").forEach(progress);
  document.querySelectorAll("[data-progress]").forEach(count);
})();
