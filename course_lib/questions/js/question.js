/* One question: it takes an answer, says what there is to say, and uncovers what lies below it.
   The markup comes from Python (markup.py), on the site within the page, under Jupyter in the model. */
(() => {
  const course = globalThis.course;
  const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/;

  /** The numbers that a text may mean: "1,5", "1e-3", "10 %", "1/3"; "1,000" means one or a thousand. */
  function readNumber(text, unit = "") {
    let plain = text
      .trim()
      .replaceAll("−", "-")
      .replace(/[\s\u2009\u202f]+/g, " ");
    if (unit && plain.toLowerCase().endsWith(unit.toLowerCase())) plain = plain.slice(0, -unit.length);
    const percent = plain.endsWith("%");
    plain = (percent ? plain.slice(0, -1) : plain).replaceAll(" ", "").toLowerCase();
    const commas = plain.match(/,/g)?.length ?? 0,
      grouped = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain);
    const forms =
      commas === 0
        ? [plain]
        : [...(commas === 1 ? [plain.replace(",", ".")] : []), ...(grouped ? [plain.replaceAll(",", "")] : [])];
    const values = forms.map((form) => {
      const parts = form.split("/");
      if (parts.length > 2 || !parts.every((part) => NUMBER.test(part))) return NaN;
      return (parts.length === 2 ? parts[0] / parts[1] : +parts[0]) / (percent ? 100 : 1);
    });
    return values.filter(Number.isFinite);
  }

  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

  /** What is said to an answer, and whether that is the end of it; null asks to be shown. */
  const judges = {
    predict: (asked, answer) => ({ done: true, html: asked.lines[answer ?? ""] }),
    choose: (asked, answer) => verdict(answer === asked.right, asked.why[answer ?? asked.right], answer),
    number(asked, answer) {
      if (answer === null) return verdict(false, `${escaped(asked.shown)} ${escaped(asked.unit)} · ${asked.why}`, null);
      const values = readNumber(answer, asked.unit),
        near = (value, far) => values.some((v) => Math.abs(v - value) <= far * (1 + 1e-9));
      const right = near(asked.right, asked.tolerance) || answer === asked.shown;
      // a small number would take everything near 0 for itself
      const confused = asked.confusions.find(([value]) =>
        near(value, value ? Math.min(asked.tolerance, Math.abs(value) / 10) : asked.tolerance),
      );
      if (!values.length)
        return {
          done: false,
          unread: true,
          html: `“${escaped(answer)}” is not a number that this page can read. Write it as 0.25, 1/4, 25 % or 2.5e-1.`,
        };
      return verdict(right, right ? asked.why : (confused?.[1] ?? asked.otherwise), answer);
    },
  };
  const verdict = (right, why, answer) =>
    answer === null
      ? { done: true, right, html: why }
      : { done: right, right, html: `<strong>${right ? "Right." : "Not yet."}</strong> ${why}` };

  /** Start a question.
      recalled: where it is asked again, on the contents page: what takes note of whether the answer is right. */
  function question(root, asked, recalled) {
    const find = (selector) => root.querySelector(`form ${selector}`);
    const radios = [...root.querySelectorAll("form input[type=radio]")],
      field = find("input[type=text]");
    const main = find(".cq-do"),
      show = find(".cq-show"),
      line = find(".cq-line"),
      under = root.querySelector(".cq-under");
    const buttons = new Map([main, show].map((button) => [button, button.textContent]));
    const isPrediction = asked.kind === "predict",
      judge = judges[asked.kind];
    let answered = false,
      wrong = false;

    /** Take note of an answer: for how far the reader is, and for whether it comes back. */
    function keep(answer, right) {
      if (recalled) return recalled(right);
      if (course.exam) return; // it is no practice
      course.progress.set(asked.page, asked.record, asked.name, answer);
      course.again?.answered(asked.page, asked.record, asked.name, right);
    }
    const given = () => (field ? field.value.trim() || null : (radios.find((radio) => radio.checked)?.value ?? null));

    /** Show a verdict. The button that was pressed stays, and asks again: the focus is where it was. */
    function say(said, answer) {
      answered = said.done;
      root.dataset.state = answered ? "answered" : "open";
      line.innerHTML = said.html;
      line.dataset.right = said.right ?? "";
      under.inert = !answered;
      if (field) field.readOnly = answered;
      if (answered && answer === null && field) field.value = asked.shown;
      for (const radio of radios) {
        radio.checked = radio.value === (answer ?? (isPrediction ? null : answered ? asked.right : null));
        const { classList } = radio.closest("label"),
          isRight = radio.value === asked.right;
        classList.toggle("cq-chosen", radio.checked);
        classList.toggle("cq-right", answered && isRight);
        classList.toggle(
          "cq-wrong",
          (said.right === false || answered) && radio.checked && !isRight && asked.right !== null,
        );
      }
      const pressed = document.activeElement === show ? show : main;
      for (const [button, text] of buttons) {
        button.textContent = answered && button === pressed ? "Ask me again" : text;
        button.hidden = answered ? Boolean(recalled) || button !== pressed : button === show && !isPrediction && !wrong;
      }
      root.dispatchEvent(new CustomEvent("course-answered", { bubbles: true, detail: { name: asked.name, answered } }));
    }
    /** The experiment below, at the setting that the question is about. */
    const reset = () => under.querySelector(".cx-reset")?.click();
    function commit(answer) {
      const said = judge(asked, answer);
      const open = answer === null || asked.right === null, // there is nothing to be right about
        right = !isPrediction ? said.right : open ? null : answer === asked.right;
      if (!said.unread) keep(isPrediction ? answer : said.right, right);
      wrong ||= said.right === false;
      if (said.done) reset();
      say(said, answer);
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (answered && !still) under.querySelector(".cx-play")?.click(); // what was covered begins now
    }
    function again() {
      if (field) field.value = "";
      wrong = false;
      course.progress.set(asked.page, asked.record, asked.name, undefined);
      reset();
      say({ done: false, html: "" }, null);
    }
    function check() {
      const answer = given();
      if (answer === null)
        say({ done: false, html: field ? "Write a number first." : "Choose an answer first." }, null);
      else commit(answer);
    }

    under.addEventListener("course-move", () => answered || commit(null)); // who follows a link has asked to see
    root.addEventListener("click", ({ target }) => {
      // what is covered is inert: a tap on it arrives here
      if (!answered && target === root) find("fieldset").scrollIntoView({ block: "center" });
    });
    for (const [button, answer] of [
      [main, check],
      [show, () => commit(null)],
    ])
      button.addEventListener("click", (event) => {
        if (!answered) answer();
        else if (event.detail < 2) again(); // the second tap of two would wipe out what the first one brought
      });
    find("fieldset").addEventListener("click", (event) => {
      const option = event.target.closest("label");
      if (!option) return;
      if (answered) event.preventDefault(); // the first guess counts
    });
    find("fieldset").addEventListener("change", () => {
      for (const radio of radios) radio.closest("label").classList.toggle("cq-chosen", radio.checked);
    });
    root.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    root.querySelector("form").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      if (event.repeat)
        event.preventDefault(); // a key held down would ask again at once
      else if (event.target.matches("input")) {
        event.preventDefault();
        if (!answered) check();
      }
    });

    const before = recalled ? undefined : course.progress.get(asked.page, asked.record, asked.name);
    const known = isPrediction ? before === null || Object.hasOwn(asked.lines, before ?? "-") : before === true;
    if (known) {
      const answer = isPrediction ? before : (asked.shown ?? asked.right);
      if (field) field.value = answer;
      say(judge(asked, answer), answer);
    } else say({ done: false, html: "" }, null);
    root.dataset.ready = "1";
  }

  /** Under Jupyter: the model holds the question and, where there is one, its experiment's model. */
  function ask({ model, el }) {
    const { markup, data } = model.get("question");
    el.innerHTML = markup;
    const root = el.querySelector("[data-course-question]");
    const clean = model.get("spec") ? course.render({ model, el: root.querySelector(".cq-under") }) : undefined;
    question(root, data);
    return clean;
  }

  Object.assign(course, { ask, question, readNumber });
})();
