/* The controls under an experiment: slider, choice, toggle. Each takes its declaration and set(change),
   and returns { node, show(value) }, and a slider the digits of its longest value; a `point` has no node, a drag
   handle on a panel moves it. */
(() => {
  const course = (globalThis.course ??= {});

  const html = (tag, properties = {}, ...children) => {
    const { class: name, data, aria, ...rest } = properties;
    const node = Object.assign(document.createElement(tag), rest);
    if (name) node.className = name;
    for (const [k, v] of Object.entries(data ?? {})) node.dataset[k] = v;
    for (const [k, v] of Object.entries(aria ?? {})) node.setAttribute(`aria-${k}`, v);
    node.append(...children);
    return node;
  };

  // Under Jupyter every widget loads this file anew, so a count alone would repeat on the page.
  const page = Math.random().toString(36).slice(2, 8);
  let serial = 0;
  const unique = (stem) => `cx-${stem}-${page}-${++serial}`;
  const clamp = (v, low, high) => Math.max(low, Math.min(high, v));
  const format = (spec, v) => (spec ? d3.format(spec)(v) : String(v)).replaceAll("-", "−");

  /** A slider's value ↔ the position of its range input. */
  function scaleOf(c) {
    if (c.values)
      return {
        max: c.values.length - 1,
        step: 1,
        at: (v) => nearest(c.values, v),
        value: (p) => c.values[Math.round(p)],
      };
    if (c.log) {
      const span = Math.log(c.high / c.low),
        digits = (v) => Number(v.toPrecision(3));
      return {
        max: 1000,
        step: 1,
        at: (v) => (1000 * Math.log(v / c.low)) / span,
        value: (p) => clamp(digits(c.low * Math.exp((p / 1000) * span)), c.low, c.high),
      };
    }
    const step = c.step ?? (c.high - c.low) / 500;
    return {
      max: Math.round((c.high - c.low) / step),
      step: 1,
      at: (v) => (v - c.low) / step,
      value: (p) => clamp(Number((c.low + p * step).toPrecision(12)), c.low, c.high),
    };
  }
  /** The next value in a direction: the next of its grid, or on a log scale the next round number. */
  function next(c, v, direction) {
    const scale = scaleOf(c),
      at = clamp(Math.round(scale.at(v)) + direction, 0, scale.max);
    if (!c.log) return scale.value(at);
    return clamp(Number((v * 10 ** (0.05 * direction)).toPrecision(2)), c.low, c.high);
  }
  /** The value that a control can hold, nearest to a wish. */
  const held = (c, v) =>
    c.type !== "slider" ? v : c.log ? clamp(v, c.low, c.high) : scaleOf(c).value(Math.round(scaleOf(c).at(v)));
  const nearest = (values, v) =>
    values.reduce((best, w, i) => (Math.abs(w - v) < Math.abs(values[best] - v) ? i : best), 0);

  /** Hear where a range input is moved to, but not by a finger that only scrolls the page across it: what a touch
      does waits until the finger has moved along the slider or is lifted. */
  function hearRange(input, go) {
    const ALONG = 6; // pixels
    let touch = null;
    function decide() {
      const { to } = touch;
      touch = null;
      if (to !== undefined) go(+(input.value = to));
    }
    input.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch") touch = { x: event.clientX, y: event.clientY, from: input.value };
    });
    input.addEventListener("input", () => {
      if (!touch) return go(+input.value);
      touch.to = input.value;
      input.value = touch.from;
    });
    input.addEventListener("pointermove", (event) => {
      if (!touch) return;
      const along = Math.abs(event.clientX - touch.x);
      if (along > ALONG && along > 2 * Math.abs(event.clientY - touch.y)) decide();
    });
    input.addEventListener("pointerup", () => touch && decide());
    input.addEventListener("pointercancel", () => (touch = null)); // it scrolls
  }

  const controlKinds = {
    slider(c, set) {
      const scale = scaleOf(c),
        id = unique(c.name),
        shown = html("output", { htmlFor: id });
      const input = html("input", {
        type: "range",
        id,
        min: 0,
        max: scale.max,
        step: scale.step,
        data: { control: c.name },
      });
      let now = c.value;
      const go = (direction) => set({ [c.name]: next(c, now, direction) });
      hearRange(input, (position) => set({ [c.name]: scale.value(position) }));
      const keys = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
      input.addEventListener("keydown", (event) => {
        if (!c.log || !keys[event.key]) return; // a browser's steps on a log scale are no round numbers
        event.preventDefault();
        go(keys[event.key]);
      });
      const nudge = (direction, sign) => {
        // for fingers; the keyboard has its arrows on the slider itself
        const button = html("button", {
          type: "button",
          class: "cx-nudge",
          tabIndex: -1,
          textContent: sign,
          aria: { hidden: "true" },
        });
        button.addEventListener("click", () => go(direction));
        return button;
      };
      const texts = Array.from({ length: 101 }, (_, i) => format(c.format, scale.value((i / 100) * scale.max)));
      return {
        digits: Math.max(...texts.map((text) => text.length)),
        node: html(
          "div",
          { class: "cx-control cx-slider" },
          html("label", { htmlFor: id, textContent: c.label }),
          nudge(-1, "−"),
          input,
          nudge(1, "+"),
          shown,
        ),
        show(v) {
          now = v;
          input.value = scale.at(v);
          shown.value = format(c.format, v);
          input.setAttribute("aria-valuetext", shown.value);
          input.style.setProperty("--filled", `${(100 * scale.at(v)) / scale.max}%`);
        },
      };
    },
    choice(c, set) {
      const group = unique(c.name),
        inputs = {};
      const options = Object.entries(c.options).map(([value, label]) => {
        const id = unique(value);
        inputs[value] = html("input", { type: "radio", name: group, id, value, data: { control: c.name } });
        inputs[value].addEventListener("change", () => set({ [c.name]: value, ...c.presets[value] }));
        return html("span", { class: "cx-option" }, inputs[value], html("label", { htmlFor: id, textContent: label }));
      });
      return {
        node: html(
          "fieldset",
          { class: "cx-control cx-choice" },
          html("legend", { textContent: c.label }),
          html("div", {}, ...options),
        ),
        show(v) {
          inputs[v].checked = true;
        },
      };
    },
    toggle(c, set) {
      const id = unique(c.name),
        input = html("input", { type: "checkbox", id, data: { control: c.name } });
      input.setAttribute("role", "switch");
      input.addEventListener("change", () => set({ [c.name]: input.checked }));
      return {
        node: html(
          "div",
          { class: "cx-control cx-toggle" },
          input,
          html("label", { htmlFor: id, textContent: c.label }),
        ),
        show(v) {
          input.checked = v;
        },
      };
    },
    point() {
      return null;
    }, // moved by a drag handle on a panel
  };

  Object.assign(course, { html, unique, clamp, format, scaleOf, held, hearRange, controlKinds });
})();
