/* Catch the bug, in the page: a field for each argument of one call, and what the right version and the wrong ones make
   of it. What is typed is read in Python (course_lib/exercises/catching.py), in the worker (client.js).
   course.progress keeps the names of what is caught, or true for all. */
(() => {
  const course = globalThis.course;
  const PATIENCE = 300; // milliseconds that a reader waits without a word

  /** An element with properties and children. */
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  /** Make the form of an exercise; return {show, hide}. */
  course.catch = async (place) => {
    const { page, exercise: name, script, colab } = place.dataset;
    const form = place.querySelector(".ce-game");
    await course.load(script);
    const exercise = course.exercises[name],
      { fields, stays, unknown } = exercise.catch,
      every = exercise.mutants.map(([mutant]) => mutant).filter((mutant) => !unknown.includes(mutant));
    let busy = false;

    let anew = null; // what is caught since the reader has begun anew, after all were
    const caught = () => {
      const kept = anew ?? course.progress.get(page, "caught", name) ?? [];
      return kept === true ? every : every.filter((mutant) => kept.includes(mutant));
    };
    const inputs = fields.map(([argument, kind, text]) => {
      const own = { id: `catch-${name}-${argument}`, name: argument };
      if (kind === "truth value") {
        const options = ["True", "False"].map((value) => new Option(value, value, value === text, value === text));
        return make("select", own, ...options);
      }
      const input = make("input", { ...own, type: "text", defaultValue: text, autocomplete: "off", spellcheck: false });
      input.inputMode = kind === "whole number" ? "numeric" : "text"; // no other keypad has − and e
      input.autocapitalize = "off";
      return input;
    });
    const rows = inputs.map((input, i) => {
      const long = fields[i][2].length > 14 ? "cg-long" : "";
      return make("p", { className: long }, make("label", { htmlFor: input.id }, input.name), input);
    });
    const run = make("button", { type: "submit", className: "ce-check" }, "Call"),
      reset = make("button", { type: "button" }, "Begin anew"),
      count = make("span", { className: "cg-count" }),
      wait = make("span", { className: "ce-wait", role: "status" }),
      said = make("div", { className: "ce-said cg-said", ariaLive: "polite" });
    form.append(
      make("p", {}, make("strong", {}, form.getAttribute("aria-label"))),
      make(
        "p",
        {},
        `The book has ${every.length} wrong versions of `,
        make("code", {}, exercise.function),
        ". A wrong version is caught by a call for which it returns something else than the right one. Choose the ",
        "arguments of a call, see which it catches, and go on until you have caught them all. Your own code has no part in it.",
      ),
      make("div", { className: "cg-fields" }, ...rows),
      ...stays.map((one) =>
        make("p", { className: "ce-keys" }, "This argument stays as it is: ", make("code", {}, one)),
      ),
      make("p", { className: "ce-actions" }, run, reset, wait, count),
      said,
    );
    form.noValidate = true;

    const tell = () => (count.textContent = `${caught().length} of ${every.length} caught`);
    document.addEventListener("course-progress", tell);
    tell();

    const say = (...words) => said.replaceChildren(make("p", {}, ...words));
    function refuse() {
      const elsewhere = colab ? make("a", { href: colab }, "Colab") : "Colab";
      say("Your site's policy forbids Python in the page; in JupyterLab or ", elsewhere, " it works.");
    }
    /** Ask Python; once more if it was ended for the sake of another question. */
    async function ask(question) {
      await course.load("client.js");
      try {
        return await course.inpage.send(question);
      } catch (error) {
        if (error.again) return ask(question);
        throw error;
      }
    }
    async function answer() {
      if (busy) return;
      busy = true;
      said.toggleAttribute("data-busy", true);
      const timer = setTimeout(() => (wait.textContent = "Calling …"), PATIENCE);
      try {
        const typed = Object.fromEntries(inputs.map((input) => [input.name, input.value]));
        const told = await ask({ kind: "catch", exercise, typed, before: caught() });
        said.innerHTML = told.html;
        const all = told.caught.length === every.length;
        if (anew) anew = told.caught;
        else if (told.caught.length) course.progress.set(page, "caught", name, all || told.caught);
        tell();
        for (const input of inputs) {
          if (told.wrong.includes(input.name)) input.setAttribute("aria-invalid", "true");
          else input.removeAttribute("aria-invalid");
        }
      } catch (error) {
        if (error.policy) refuse();
        else say(`${error.message.replace(/\.?$/, ".")} `, make("em", {}, "Call"), " starts Python anew.");
      }
      clearTimeout(timer);
      wait.textContent = "";
      busy = false;
      said.removeAttribute("data-busy");
      said.scrollIntoView({ block: "nearest" });
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer();
    });
    reset.addEventListener("click", () => {
      inputs.forEach((input, i) => (input.value = fields[i][2]));
      if (caught().length === every.length) anew = [];
      said.replaceChildren();
      tell();
      inputs[0].focus();
    });
    ask({ kind: "prepare", exercise }).catch((error) => error.policy && refuse()); // Python starts while the reader reads
  };
})();
