/* The box for the reader's own optimizer, loaded when it is opened. The reader types the lines of an update; the worker
   reads them (inpage/page/method.js), and the optimizer joins the others at every keystroke that is Python. */
(() => {
  const { html, unique, updateOf } = course;
  const START = "# SGD: each step goes down the slope.\n";
  const HELP =
    "A name of your own, such as v, begins at 0 and is kept from step to step. self.t counts the steps, from 1.";
  const FORBIDDEN = "Your site’s policy forbids Python in the page; in JupyterLab or Colab, race(mine=…) does it.";

  /** What the reader typed on an earlier visit; a browser may keep nothing. */
  function kept(key, ...text) {
    try {
      if (text.length) localStorage.setItem(key, text[0]);
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  /** A plain field for text, with what the pages use of an editor: `course.editor`, where that is loaded. */
  function field(parent, text, { label, onChange }) {
    const id = unique("yours");
    const rows = Math.max(5, text.split("\n").length + 1);
    const area = html("textarea", { id, value: text, rows, spellcheck: false, autocapitalize: "off" });
    area.addEventListener("input", () => onChange(area.value));
    parent.append(html("label", { htmlFor: id, textContent: label }), area);
    return { focus: () => area.focus() };
  }

  const listed = (words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0]);
  const selves = (names) => listed(names.map((name) => `self.${name}`));

  const python = (value) => (typeof value === "boolean" ? (value ? "True" : "False") : value);

  /** What the page has understood: what the method keeps, and where its settings come from. */
  function told({ slots, used }, sliders, settings) {
    const moved = used.filter((name) => sliders.includes(name)),
      fixed = used.filter((name) => name !== "t" && !sliders.includes(name));
    return [
      slots.length ? `Your method keeps ${listed(slots)}, which begin${slots.length > 1 ? "" : "s"} at 0.` : HELP,
      moved.length ? `${selves(moved)} ${moved.length > 1 ? "are the sliders" : "is the slider"}.` : "",
      fixed.length ? `${listed(fixed.map((name) => `self.${name}\u00a0=\u00a0${python(settings[name])}`))}.` : "",
    ]
      .filter(Boolean)
      .join(" ");
  }

  function yours(box, spec, model) {
    const { needs, settings, fills } = spec.yours,
      { yours: run } = course.experiments[spec.compiled],
      key = `descent-yours-${spec.compiled}`,
      sliders = spec.controls.filter((c) => c.type === "slider").map((c) => c.name);
    const first = START + Object.values(fills)[0];
    let text = kept(key) ?? first,
      ready = null,
      asked = 0;

    const place = html("div", { class: "cx-editor" });
    const say = html("p", { class: "cx-say", textContent: HELP, role: "status" });
    const remove = html("button", { type: "button", class: "cx-remove", textContent: "Remove mine" });
    const buttons = Object.entries(fills).map(([name, lines]) => {
      const button = html("button", { type: "button", textContent: name });
      button.addEventListener("click", () => {
        show(`# ${name}\n${lines}`);
        read();
      });
      return button;
    });

    function show(lines) {
      text = lines;
      place.replaceChildren();
      const onChange = (now) => {
        text = now;
        read();
      };
      return (course.editor ?? field)(place, lines, {
        label: "Each step, with the point x and its gradient dx:",
        onChange,
      });
    }

    /** Start Python at the first touch. */
    function begin() {
      if (!ready) {
        say.textContent = "Python is starting …";
        ready = course.inpage.begin();
        ready.catch(() => (ready = null)); // the next touch tries again
      }
      return ready;
    }

    /** Let the optimizer of the reader's lines join; while they are no Python, the last one stays. */
    async function read() {
      const mine = ++asked;
      kept(key, text);
      model.set("yours", true); // now, and not when Python is ready: then the reader types, and nothing shall move
      try {
        await begin();
        const method = await course.inpage.send({ kind: "method", text, settings: Object.keys(settings) });
        if (mine !== asked) return; // the reader has typed on
        box.dataset.state = method.failed ? "wrong" : "";
        say.textContent = method.failed ?? told(method, sliders, settings);
        if (!method.failed) join(method);
      } catch (error) {
        model.set("yours", false);
        box.dataset.state = "wrong";
        say.textContent = error.policy ? FORBIDDEN : `Python could not start: ${error.message}`;
      }
    }

    function join(method) {
      const update = updateOf(method);
      model.join((params) => {
        const optimizer = { slots: method.slots, update, h: { ...settings, ...params } };
        return run(optimizer, ...needs.map((name) => params[name]));
      });
    }

    remove.addEventListener("click", () => {
      asked++;
      model.join(null);
      model.set("yours", false);
      box.dataset.state = "";
      say.textContent = HELP;
      box.open = false;
    });
    place.addEventListener("focusin", () => model.get("yours") || read());
    show(text);
    const group = html(
      "div",
      { class: "cx-fills", role: "group", aria: { label: "Fill in the lines of" } },
      ...buttons,
    );
    box.append(group, place, say, remove);
  }

  course.yours = yours;
})();
