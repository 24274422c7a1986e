/* The box for the reader's own optimizer, loaded when it is opened. The reader types the lines of an update; the worker
   reads them (page/method.js), and the optimizer joins the others at every keystroke that is Python. */
(() => {
  const { html, unique } = course;
  const START = "# SGD: each step goes down the slope.\n";
  const HELP =
    "A name of your own, such as v, begins at 0 and is kept from step to step: change it in place, v[...] = …. self.t counts the steps, from 1.";
  const TOUCH = "Your lines run as soon as you touch them.";
  const FORBIDDEN = "Your site’s policy forbids Python in the page; in JupyterLab or Colab, race(mine=…) does it.";

  const KEYS = "Tab indents; Escape, then Tab, leaves the editor.";
  const PATIENCE = 700; // milliseconds that a reader may type on before a mistake is said
  const LABEL = "Each step, with the point x and its gradient dx:";

  /** A text area as the editor that it is until course.editor is there, or where that cannot be loaded. */
  function plain(area, { changed }) {
    area.addEventListener("input", changed);
    return {
      get text() {
        return area.value;
      },
      set text(text) {
        area.value = text;
        changed();
      },
      focus: () => area.focus(),
    };
  }

  const listed = (words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0]);
  const selves = (names) => listed(names.map((name) => `self.${name}`));

  const python = (value) => (typeof value === "boolean" ? (value ? "True" : "False") : value);

  /** What the page has understood: what the method keeps, and where its settings come from. */
  function told({ slots, used, notes }, sliders, { settings, rates }) {
    const moved = used.filter((name) => sliders.includes(name)),
      tried = rates && used.includes("lr"), // by the page, one after the other
      fixed = used.filter((name) => name !== "t" && !sliders.includes(name) && !(tried && name === "lr"));
    return [
      ...notes,
      slots.length ? `Your method keeps ${listed(slots)}, which begin${slots.length > 1 ? "" : "s"} at 0.` : "",
      slots.length || notes.length ? "" : HELP,
      moved.length ? `${selves(moved)} ${moved.length > 1 ? "are the sliders" : "is the slider"}.` : "",
      tried ? `self.lr is each of the ${rates} rates in turn.` : "",
      fixed.length ? `${listed(fixed.map((name) => `self.${name}\u00a0=\u00a0${python(settings[name])}`))}.` : "",
    ]
      .filter(Boolean)
      .join(" ");
  }

  function yours(box, spec, model) {
    const { needs, settings, fills } = spec.yours,
      { yours: run, live_yours: live } = course.experiments[spec.compiled],
      sliders = spec.controls.filter((c) => c.type === "slider").map((c) => c.name);
    let ready = null,
      joined = false,
      asked = 0,
      later; // a mistake that is not said yet

    const first = START + Object.values(fills)[0],
      start = course.drafts.get("yours", spec.compiled) ?? first;
    const area = html("textarea", { id: unique("yours"), value: start, spellcheck: false, autocapitalize: "off" });
    const label = html("label", { htmlFor: area.id, textContent: LABEL });
    const place = html("div", { class: "cx-editor" }, label, area);
    const longest = Math.max(...Object.values(fills).map((lines) => lines.split("\n").length));
    place.style.setProperty("--lines", longest + 1); // and a comment; so high from the start, nothing moves later
    const keys = html("p", { class: "cx-keys", textContent: KEYS });
    const lost = html("p", { class: "cx-lost", role: "status" });
    const said = html("p", { class: "cx-say", textContent: `${HELP} ${TOUCH}`, role: "status" });
    const remove = html("button", { type: "button", class: "cx-remove", textContent: "Remove mine" });
    const options = { label: LABEL, description: KEYS, changed, entered() {}, passing: true };
    let editor = plain(area, options);
    const buttons = Object.entries(fills).map(([name, lines]) => {
      const button = html("button", { type: "button", textContent: name });
      button.addEventListener("click", () => (editor.text = `# ${name}\n${lines}`));
      return button;
    });

    /** Say words; those that are said already are not read aloud once more. */
    function say(words, state = "") {
      clearTimeout(later);
      box.dataset.state = state;
      if (said.textContent !== words) said.textContent = words;
    }

    /** Start Python at the first touch, and fetch the editor with colours. */
    function begin() {
      if (!ready) {
        say("Python is starting …");
        ready = course.load("client.js").then(() => course.inpage.begin());
        ready.catch(() => (ready = null)); // the next touch tries again
        course
          .load("editor.js")
          .then(colour)
          .catch((error) => console.info(`${error.message}: a plain text area does`));
      }
      return ready;
    }
    function colour() {
      if (area.isConnected) editor = course.editor(area, options);
    }

    function changed() {
      const kept = course.drafts.set("yours", spec.compiled, editor.text === first ? undefined : editor.text);
      if (kept !== !lost.textContent) lost.textContent = kept ? "" : course.drafts.LOST;
      read();
    }
    /** Run the lines as they are kept by now: another tab may have changed them. */
    function resume() {
      const draft = course.drafts.get("yours", spec.compiled);
      if (draft && draft !== editor.text) editor.text = draft;
      else read();
    }

    /** Let the optimizer of the reader's lines join; while they are no Python, the last one stays. */
    async function read() {
      const mine = ++asked;
      clearTimeout(later);
      model.set("yours", true); // now, and not when Python is ready: then the reader types, and nothing shall move
      try {
        await begin();
        const method = await course.inpage.send({ kind: "method", text: editor.text, settings: Object.keys(settings) });
        if (mine !== asked) return; // the reader has typed on
        if (method.wrong) {
          const words = joined ? `${method.wrong.replace(/\.?$/, ".")} Yours is still what ran last.` : method.wrong;
          later = setTimeout(() => say(words, "wrong"), PATIENCE);
          return;
        }
        box.dataset.state = "";
        join(method, told(method, sliders, spec.yours));
      } catch (error) {
        model.set("yours", false);
        say(error.policy ? FORBIDDEN : `Python could not start: ${error.message}`, "wrong");
      }
    }

    function join(method, words) {
      const update = course.updateOf(method),
        names = [...needs, ...method.used];
      const tell = () =>
        box.dataset.state || say(update.fault && !spec.yours.rates ? `In this run ${update.fault}.` : words);
      let key, answer; // what no control of its own has moved since
      joined = true;
      model.join((params) => {
        const now = JSON.stringify(names.map((name) => params[name]));
        if (now === key) return answer;
        key = now;
        delete update.fault;
        const optimizer = { slots: method.slots, update, h: { ...settings, ...params } },
          given = { ...model.get("assets"), ...params },
          values = needs.map((name) => given[name]);
        if (live)
          return (answer = new course.site.Run(() => live(optimizer, ...values), spec.live.parts, answer, tell));
        answer = run(optimizer, ...values);
        tell();
        return answer;
      });
    }

    remove.addEventListener("click", () => {
      asked++;
      joined = false;
      model.join(null);
      model.set("yours", false);
      say(`${HELP} ${TOUCH}`);
      box.open = false;
      box.querySelector("summary").focus();
    });
    label.addEventListener("click", (event) => {
      event.preventDefault(); // the text area may have given way to the editor
      editor.focus();
    });
    place.addEventListener("focusin", () => model.get("yours") || resume());
    box.addEventListener("toggle", () => box.open && ready && !model.get("yours") && resume());
    const group = html(
      "div",
      { class: "cx-fills", role: "group", aria: { label: "Fill in the lines of" } },
      ...buttons,
    );
    box.append(remove, group, place, keys, lost, said);
  }

  course.yours = yours;
})();
