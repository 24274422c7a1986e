/* One exercise in the page: its editor, its buttons, and what is said to the reader.
   The markup comes from Python (course_lib/site/exercises.py), and so does the check, in a worker (client.js). */
(() => {
  const course = globalThis.course;
  const PATIENCE = 300; // milliseconds that a reader waits without a word
  const KEYS = "Tab indents; Escape, then Tab, leaves the editor. Shift-Enter checks.";
  const PLACE = "ex.todo()";
  const STUCK = "Stuck? Press “Hint”."; // as the engine says it: page/engine/host.py
  const TELL = "descent-tell"; // whether a mistake is named at once: the reader's setting for the whole book
  let atOnce = false; // it lives as long as the page where the browser keeps nothing
  try {
    atOnce = localStorage.getItem(TELL) !== null;
  } catch {
    /* forbidden */
  }
  function setAtOnce(on) {
    atOnce = on;
    try {
      if (on) localStorage.setItem(TELL, "1");
      else localStorage.removeItem(TELL);
    } catch {
      /* full or forbidden */
    }
    document.dispatchEvent(new Event("course-tell"));
  }

  /** A text area as the editor that it is until course.editor is there, or where that cannot be loaded. */
  function plain(area, { label, description, changed, entered }) {
    const attributes = { autocapitalize: "off", autocorrect: "off", autocomplete: "off", spellcheck: "false" };
    for (const [name, value] of Object.entries(attributes)) area.setAttribute(name, value);
    Object.assign(area, { ariaLabel: label, ariaDescription: description });
    const fit = () => (area.rows = area.value.split("\n").length + 1);
    area.addEventListener("input", () => fit() && changed());
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      entered();
    });
    fit();
    return {
      get text() {
        return area.value;
      },
      set text(text) {
        area.value = text;
        fit();
        changed();
      },
      select: (from, to) => area.setSelectionRange(from, to),
      focus: () => area.focus(),
    };
  }

  /** Start an exercise.
      place: its element; start: the code to begin with. */
  course.exercise = (place, start) => {
    const { page, exercise: name, label, script, colab } = place.dataset;
    const find = (selector) => place.querySelector(selector);
    const [check, hint, solution, why, again, undo] = ["check", "hint", "solution", "why", "again", "undo"].map((one) =>
      find(`.ce-${one}`),
    );
    const wait = find(".ce-wait"),
      said = find(".ce-said"),
      below = find(".ce-below"),
      answer = find(".ce-answer"),
      reason = find(".ce-reason"),
      tell = find(".ce-tell input"),
      keys = find(".ce-keys"),
      lost = Object.assign(document.createElement("p"), { className: "ce-keys", role: "status" });
    const passed = () => place.hasAttribute("data-passed");
    let editor = null,
      before = "", // the text that *Start again* has replaced
      judged = "", // the text that the verdict is of
      verdict = {}, // as the engine gave it
      row = 0, // how many verdicts in a row have found the same mistake
      given = 0, // hints
      tried = false,
      asked = false, // for the solution, before a try
      round = 0, // of starting again
      busy = false;

    const text = () => editor?.text ?? course.drafts.get(page, name) ?? start;
    const data = async () => {
      await course.load(script);
      return course.exercises[name];
    };
    const python = async () => {
      await course.load("client.js");
      await course.inpage.begin();
    };

    // -- what is said
    const paragraph = (html) => Object.assign(document.createElement("p"), { innerHTML: html });
    const escaped = (words) => words.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
    function say(html) {
      said.removeAttribute("data-fades");
      said.replaceChildren(paragraph(html));
    }
    /** Scroll no more than it takes to see an element. */
    const look = (element) => element.scrollIntoView({ block: "nearest" });
    /** Show paragraphs below what is there. */
    function add(...paragraphs) {
      below.append(...paragraphs.map(paragraph));
      look(below.lastElementChild);
    }

    /** Wait for what may take long, and say so if it does. */
    async function patiently(words, promise) {
      const timer = setTimeout(() => (wait.textContent = words), PATIENCE);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        wait.textContent = "";
      }
    }
    const refuse = () =>
      say(
        "Your site's policy forbids Python in the page; " +
          `in JupyterLab or ${colab ? `<a href="${escaped(colab)}">Colab</a>` : "Colab"} it works.`,
      );

    // -- the editor
    function changed() {
      const now = editor.text;
      const kept = course.drafts.set(page, name, now === start ? undefined : now);
      if (kept !== !lost.textContent) lost.textContent = kept ? "" : course.drafts.LOST;
      compare();
    }
    /** Show what hangs on the text being that at first, or that of the verdict. */
    function compare() {
      again.hidden = editor.text === start;
      undo.hidden = true;
      said.toggleAttribute("data-earlier", editor.text !== judged);
    }
    /** Take over the text that another tab has kept. */
    function follow(draft) {
      if (editor && editor.text !== draft) editor.text = draft;
    }
    function selectTodo() {
      const at = editor.text.indexOf(PLACE),
        end = editor.text.length;
      editor.select(...(at < 0 ? [end, end] : [at, at + PLACE.length]));
    }

    /** Make an editor of the text area that has taken the code's place; Python starts meanwhile.
        passing: the reader has come to it with the Tab key, which is to lead on. */
    async function edit(passing) {
      const area = find("textarea");
      if (!area || editor) return;
      const options = { label, description: KEYS, changed, entered: judge, passing };
      editor = plain(area, options);
      keys.after(lost);
      if (area.value === area.defaultValue) {
        compare(); // and nothing is kept: there is nothing new
        selectTodo();
      } else changed();
      if (!matchMedia("(pointer: coarse)").matches) keys.textContent = KEYS; // a phone has no such keys
      Promise.all([data(), python()])
        .then(([exercise]) => course.inpage.prepare(exercise))
        .catch((error) => error.policy && refuse()); // anything else is said when it is needed
      let composing = false;
      area.addEventListener("compositionstart", () => (composing = true));
      try {
        await course.load("editor.js");
        if (composing) await new Promise((done) => area.addEventListener("compositionend", done, { once: true }));
        editor = course.editor(area, options);
      } catch (error) {
        console.info(`${error.message}: a plain text area does`);
      }
      place.dataset.ready = "1";
    }

    function startAgain() {
      round++;
      before = editor.text;
      editor.text = start;
      undo.hidden = false;
      said.replaceChildren();
      selectTodo();
      editor.focus();
    }
    function takeBack() {
      editor.text = before;
      editor.focus();
    }

    // -- the verdict
    async function judge() {
      if (busy) return;
      busy = true;
      place.dataset.busy = "1";
      const mine = round;
      try {
        await patiently("Python is starting …", python());
        const judging = text();
        const result = await patiently(
          "Checking …",
          data().then((exercise) => course.inpage.check(exercise, judging)),
        );
        if (mine === round) {
          const fresh = judging !== judged; // the same text is judged alike, and a question wants a try
          judged = judging;
          said.toggleAttribute("data-earlier", text() !== judged); // the reader may have typed on
          tried ||= result.status !== "NOT ATTEMPTED";
          row = String(result.diagnoses) === String(verdict.diagnoses) ? row + Number(fresh) : 1;
          verdict = result;
          showVerdict();
          wait.textContent = fresh ? "" : "The same code as before.";
          if (result.status === "PASS") course.progress.set(page, "exercises", name, true);
          else if (isNamed()) remember((await data()).mutants, result.diagnoses);
        }
      } catch (error) {
        if (error.policy) refuse();
        else say(`${escaped(error.message.replace(/\.?$/, "."))} <em>Check</em> starts Python anew.`);
      }
      busy = false;
      delete place.dataset.busy;
      look(said);
    }

    /** Have the named mistakes asked again some day: those of a line, for a slip such as a wrong name is no question. */
    function remember(mutants, diagnoses) {
      const mistakes = diagnoses.filter((one) => mutants.some(([known]) => known === one));
      if (mistakes.length) course.again?.answered(page, "exercises", name, false, mistakes);
    }
    /** Whether the verdict that is shown names a mistake. */
    function isNamed() {
      const { diagnoses = [], stages = [] } = verdict;
      return diagnoses.length > 0 && !course.exam && (atOnce || row > 1 || new Set(stages).size < 2);
    }
    /** Show the verdict: of a mistake no more than the reader wants to be told by now, in an exam nothing but that code
        cannot be run. */
    function showVerdict() {
      const { status, html, exam, stages = [html] } = verdict;
      said.innerHTML = course.exam ? exam : (stages[atOnce ? 2 : Math.min(row, 3) - 1] ?? html);
      said.toggleAttribute("data-fades", !course.exam && new Set(stages).size > 1);
      place.toggleAttribute("data-fails", status !== "PASS" && status !== "NOT ATTEMPTED");
      leadOn();
    }

    // -- help
    /** Lead to the solution where a verdict leads to hints, once all are given. */
    function leadOn() {
      const stuck = hint.hidden && [...said.querySelectorAll("p")].find((p) => p.textContent === STUCK);
      if (stuck) stuck.textContent = STUCK.replace("Hint", "Solution");
    }
    async function giveHint() {
      const { hints, solution: text } = await data();
      const number = ++given,
        last = number === hints.length;
      if (number > hints.length) return;
      add(`<strong>Hint ${number} of ${hints.length}</strong> · ${hints[number - 1]}`);
      if (last) {
        const offered = offerLines(text);
        const next = offered
          ? "<em>Put the solution’s lines in order</em>, or see it whole: <em>Solution</em>"
          : "The answer: <em>Solution</em>";
        add(`That was the last one. ${next}.`);
        if (document.activeElement === hint) (find(".ce-order") ?? solution).focus();
      } else hint.textContent = `Hint ${number + 1} of ${hints.length}`;
      hint.hidden = last;
      leadOn();
    }

    /** Between the last hint and the solution: its lines, to be put in order; three at least. Return whether they are offered. */
    function offerLines(text) {
      if (text.trim().split("\n").length < 4) return false;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "ce-order" });
      button.textContent = "Put the solution’s lines in order";
      button.ariaExpanded = "false";
      let lines = null;
      solution.before(button);
      on(button, async () => {
        const exercise = await data();
        await course.load("parsons.js");
        lines ??= course.parsons(below, exercise, (order) =>
          patiently(
            "Checking …",
            python().then(() => course.inpage.check(exercise, order)),
          ),
        );
        reveal(lines, button, button.ariaExpanded === "false");
        if (lines.hidden) return;
        look(lines);
        lines.querySelector("button").focus({ preventScroll: true });
      });
      return true;
    }

    function reveal(part, button, shown) {
      part.hidden = !shown;
      if (button) button.ariaExpanded = String(shown);
    }
    async function showWhy(shown) {
      reason.innerHTML = (await data()).explanation;
      reveal(reason, why, shown);
    }
    async function showSolution() {
      if (!tried && !asked && !passed()) {
        asked = true;
        const nudge = hint.hidden ? "" : ` A nudge: <em>${hint.textContent}</em>.`;
        add(
          `Try it first: a wrong answer is told what is wrong in it.${nudge}`,
          "To see the solution all the same, press <em>Solution</em> once more.",
        );
        return;
      }
      const pre = answer.firstElementChild,
        shown = answer.hidden;
      pre.textContent = (await data()).solution.trim();
      pre.tabIndex = 0; // long lines are scrolled to, with the keyboard too
      await course.load("editor.js").then(
        () => course.editor.paint(pre, pre.textContent),
        () => {}, // without colours
      );
      reveal(answer, solution, shown);
      await showWhy(shown);
      if (shown) look(answer);
    }

    const on = (button, act) =>
      button?.addEventListener("click", async () => {
        try {
          await act();
        } catch (error) {
          say(`${escaped(error.message)}: try again.`);
        }
      });
    on(check, judge);
    on(hint, giveHint);
    on(solution, showSolution);
    on(why, async () => {
      await showWhy(reason.hidden);
      if (!reason.hidden) look(reason);
    });
    const follows = () => {
      tell.checked = atOnce;
      find(".ce-tell").toggleAttribute("data-on", atOnce); // who wants it may always take it back
    };
    tell.addEventListener("change", () => {
      setAtOnce(tell.checked);
      showVerdict(); // only below a verdict can it be reached
      look(said);
    });
    document.addEventListener("course-tell", follows);
    follows();
    on(again, startAgain);
    on(undo, takeBack);
    return { edit, follow };
  };
})();
