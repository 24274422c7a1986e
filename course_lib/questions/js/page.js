/* Questions on the static site, and what they cover elsewhere on the page: blocks {answer} and cells tagged answer:NAME.
   On the contents page, how far the reader is, the way back to where the reader was, what is to be recalled, and all that
   the browser remembers. */
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
    document.addEventListener("course-progress", show);
    place.dataset.ready = "1";
    show();
  }

  /** What is due to be recalled; what asks it is loaded only then. */
  function recall(box) {
    box.hidden = true;
    if (!course.again.due().length) return;
    const script = box.dataset.scripts.split(" ").find((one) => one.includes("/recall.js?"));
    course.load(script).then(
      () => course.recall(box),
      () => {}, // offline: another time
    );
  }

  const several = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

  /** What the browser remembers: how much that is; and to export, import and erase it. */
  function remembered(place) {
    const find = (name) => place.querySelector(`.ck-${name}`),
      file = find("file"),
      said = find("said");
    function show() {
      const kept = Object.entries(course.progress.get()),
        pages = kept.filter(([name]) => !name.endsWith("-exam")).map(([, page]) => page),
        { count, next } = course.again.waiting();
      const sum = (of) => pages.reduce((total, page) => total + of(page), 0);
      const answered = sum(
          (page) =>
            Object.keys({ ...page.predictions }).length + Object.values({ ...page.checks }).filter(Boolean).length,
        ),
        all = (kind) => sum((page) => Object.values({ ...page[kind] }).filter((one) => one === true).length),
        solved = all("exercises"),
        won = all("caught");
      const day = next && new Date(next).toLocaleDateString("en", { weekday: "long", day: "numeric", month: "long" }),
        when = next <= Date.now() ? "at the head of the chapters now" : `the next on ${day}`;
      const back = count ? ` ${several(count, "thing")} will be asked again, ${when}.` : "";
      find("what").textContent = course.kept.any()
        ? `${several(answered, "question")} answered, ${several(solved, "exercise")} solved, ` +
          `${won ? `${several(won, "game")} won, ` : ""}what you have written, and where you were: in this browser alone.${back}`
        : "Nothing yet. Your answers and what you write will stay in this browser alone.";
    }
    const changed = (words) => {
      said.textContent = words;
      document.querySelectorAll(".course-again").forEach(recall);
    };
    find("export").addEventListener("click", () => {
      const address = URL.createObjectURL(new Blob([course.kept.export()], { type: "application/json" }));
      Object.assign(document.createElement("a"), { href: address, download: "descent-remembers.json" }).click();
      URL.revokeObjectURL(address);
      said.textContent = "descent-remembers.json is saved: it holds all that this browser remembers of the book.";
    });
    find("import").addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      if (!chosen) return;
      const text = await chosen.text();
      file.value = ""; // the same one may be chosen again
      try {
        course.kept.check(text);
        if (course.kept.any() && !confirm("Put this file in the place of all that this browser remembers?")) return;
        course.kept.import(text);
        changed("It is all here.");
      } catch (error) {
        said.textContent = error.message;
      }
    });
    find("erase").addEventListener("click", () => {
      if (
        !confirm("Erase all your answers and exercises, solved or begun, and all else that is kept, from this browser?")
      )
        return;
      course.kept.erase();
      changed("This browser remembers nothing of the book.");
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
  document.querySelectorAll(".course-kept").forEach(remembered);
  const boxes = document.querySelectorAll(".course-again");
  queueMicrotask(() => boxes.forEach(recall)); // once the rest of the page's script has run
  remember();
})();
