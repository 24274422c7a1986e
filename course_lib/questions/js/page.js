/* Questions on the static site, and what they cover elsewhere on the page: blocks {answer} and cells tagged answer:NAME.
   On the contents page, how far the reader is, and the way back to where the reader was. */
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

  /** How much of a chapter there is to answer and to solve, and how much is. */
  function state({ progress: page, names }) {
    const { exercises = [], caught = [], ...questions } = JSON.parse(names),
      asked = Object.entries(questions),
      all = course.progress.get();
    return {
      answered: asked.reduce((sum, [kind, of]) => sum + number(all, page, kind, of), 0),
      questions: asked.reduce((sum, [, of]) => sum + of.length, 0),
      solved: number(all, page, "exercises", exercises),
      exercises: exercises.length,
      caught: number(all, page, "caught", caught),
      games: caught.length,
    };
  }

  /** How many of a chapter's questions are answered, of its exercises solved, and of its bugs caught, beside its title on
      the first page. */
  function count(place) {
    function show() {
      const { answered, questions, solved, exercises, caught, games } = state(place.dataset);
      const done = [
        answered && `answered ${answered} of ${questions} questions`,
        solved && `solved ${solved} of ${exercises} exercises`,
        caught && `caught every bug in ${caught} of ${games}`,
      ].filter(Boolean);
      const last = done.pop(),
        listed = done.length ? `${done.join(", ")} and ${last}` : last;
      place.textContent = listed ? `You have ${listed}.` : "";
    }
    document.addEventListener("course-progress", show);
    show();
  }

  /** Lead back to the section that was read last or, where its chapter is done, on to the next one that is not. */
  function goOn(place) {
    const begin = [...place.childNodes],
      chapters = [...document.querySelectorAll("[data-progress]")];
    function show() {
      const last = course.progress.last(),
        all = chapters.map(({ dataset }) => ({ page: dataset.progress, ...state(dataset) }));
      const isDone = (c) => c.answered === c.questions && c.solved === c.exercises;
      const read = all.findIndex((c) => c.page === last.page),
        at = read < 0 ? all.findLastIndex((c) => c.answered || c.solved) : read;
      const next = at < 0 ? -1 : [...all.keys()].find((i) => !isDone(all[(at + i) % all.length])); // from there, around
      if (at < 0 || next === undefined) return place.replaceChildren(...begin);
      const entry = chapters[(at + next) % all.length].closest("li"),
        link = entry.querySelector("a").cloneNode(true),
        isThere = next === 0 && read >= 0 && last.section;
      if (isThere) {
        link.href += `#${encodeURIComponent(last.section)}`;
        link.append(`, “${last.title}”`);
      }
      place.replaceChildren(`Go on ${next ? "with" : "where you were:"} chapter ${entry.value}, `, link, ".");
    }
    document.addEventListener("course-progress", show);
    show();
  }

  /** Remember, when a reader leaves a chapter, where in it that was; no more than a section's name. */
  function remember() {
    const page = location.pathname
        .split("/")
        .pop()
        .replace(/\.html$/, ""),
      isChapter = [...document.querySelectorAll("[data-course-page]")].some((e) => e.dataset.coursePage === page);
    if (!isChapter) return;
    const leave = () => {
      const heads = [...document.querySelectorAll("article section[id] > h2")];
      const head = heads.findLast((h) => h.getBoundingClientRect().top < innerHeight / 2);
      const title = [...(head?.childNodes ?? [])].filter((n) => !n.matches?.(".headerlink"));
      const text = title.map((n) => n.textContent).join("");
      course.progress.visit({ page, section: head?.parentNode.id, title: text.trim() });
    };
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
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
      if (
        confirm(
          "Erase all your predictions, checks and exercises, solved or begun, and the bugs you have caught, from this browser?",
        )
      )
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
  document.querySelectorAll(".contents-go").forEach(goOn);
  remember();
})();
