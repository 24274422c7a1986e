/* A panel: axes, marks, a colour key, and handles to drag (handles.js). Declarations: parts.py. */
(() => {
  const { svg, colours, marks, html, unique, format, makeHandles } = course;
  const AXES = { top: 8, right: 12, bottom: 40, left: 52 },
    BARE = { top: 0, right: 0, bottom: 0, left: 0 },
    END = { "text-anchor": "end", dx: AXES.right }; // of a long label at the right edge
  const BACKDROPS = new Set(["contour", "heat"]); // what takes long to draw, and can come later
  const LOW = 150, // pixels: on a phone two panels and their controls should share the screen
    LESS_LOW = 190; // a panel that keeps its shape, and so has less width
  const dig = (source, path) => path.split(".").reduce((v, k) => v?.[k], source);

  function tickLabels(axis, scale, room) {
    if (axis.log) {
      const [low, high] = scale.domain().map(Math.log10),
        every = Math.ceil((high - low) / room),
        out = [];
      for (let e = Math.ceil(low - 1e-9); e <= high + 1e-9; e += every) out.push([10 ** e, e]);
      return out.map(([v, e]) => (e >= -2 && e <= 3 ? [v, format("~r", v)] : [v, "10", String(e).replace("-", "−")]));
    }
    if (axis.names) return axis.names.map((name, i) => [i, name]);
    const ticks = axis.ticks ?? scale.ticks(room);
    const text = axis.ticks ? d3.format("~r") : scale.tickFormat(room);
    return ticks.map((v) => [v, text(v).replaceAll("-", "−")]);
  }

  function makePanel(spec, state) {
    const bare = !spec.x,
      MARGIN = bare ? BARE : AXES; // pictures have no axes
    const id = unique("clip"),
      picture = svg("svg", { role: "group", "aria-label": spec.alt });
    const clip = svg("rect", {}, svg("clipPath", { id }, svg("defs", {}, picture)));
    const frame = svg("g", { "aria-hidden": "true" }, picture);
    const plate = svg("rect", { class: "cx-plate" }, frame);
    const axes = svg("g", { class: "cx-axes" }, frame);
    const inside = svg("g", { "clip-path": `url(#${id})` }, frame);
    const under = html("div", { class: "cx-under" }); // canvases, behind the drawing
    const drawn = spec.marks
      .filter((m) => marks[m.type])
      .map((m) => {
        const group = svg("g", { "data-mark": m.type, ...(m.label ? { "data-series": m.label } : {}) }, inside);
        const before = under.children.length,
          draw = marks[m.type](m, group, under);
        return { mark: m, group, draw, canvases: [...under.children].slice(before) };
      });
    const handles = makeHandles(spec, picture, state, (event) => {
      const box = picture.getBoundingClientRect();
      return [event.clientX - box.left - MARGIN.left, event.clientY - box.top - MARGIN.top];
    });
    const figure = html(
      "figure",
      { class: bare ? "cx-panel cx-bare" : "cx-panel" },
      html("figcaption", {}, html("span", { textContent: spec.title }), ...handles.shown),
      html("div", { class: "cx-picture" }, under, picture),
    );
    for (const m of spec.marks) if (m.type === "heat" && !state.sharedKeys.has(keyOf(m))) figure.append(colourKey(m));
    const shaped = spec.equal || spec.marks.some((m) => m.type === "image"); // it keeps its shape where height is short
    let X,
      Y,
      size = "",
      outer = 0,
      low = false;

    function axis(axisSpec, scale, isX, width, height) {
      const g = svg("g", {}, axes),
        room = Math.max(2, Math.floor((isX ? width : height) / (isX ? 64 : 44)));
      for (const [v, text, power] of tickLabels(axisSpec, scale, room)) {
        const p = scale(v);
        svg("line", isX ? { x1: p, x2: p, y1: 0, y2: height } : { x1: 0, x2: width, y1: p, y2: p }, g);
        const label = svg(
          "text",
          isX
            ? { x: p, y: height + 16, "text-anchor": "middle", ...(p > width - 9 && text.length > 4 && END) }
            : { x: -8, y: p, dy: "0.32em", "text-anchor": "end" },
          g,
        );
        label.textContent = text;
        if (power !== undefined) svg("tspan", { class: "cx-power", dy: "-0.5em" }, label).textContent = power;
      }
      const name = svg(
        "text",
        isX
          ? { class: "cx-axis-name", x: width / 2, y: height + 34, "text-anchor": "middle" }
          : {
              class: "cx-axis-name",
              transform: `translate(${-MARGIN.left + 13},${height / 2}) rotate(-90)`,
              "text-anchor": "middle",
            },
        g,
      );
      name.textContent = axisSpec.label;
    }

    function domain(axisSpec) {
      if (bare) return [0, 1];
      return typeof axisSpec.domain === "string"
        ? dig({ ...state.backdrop(), ...state.data() }, axisSpec.domain)
        : axisSpec.domain;
    }

    return {
      figure,
      drawn,
      /** Ask for the room there is; not in every draw, as the browser must lay out the page to answer. */
      measure() {
        outer = figure.clientWidth;
        low = innerWidth <= 600 && !bare;
      },
      draw(backdropIsNew, coarse, withoutBackdrop = false) {
        if (!outer) return;
        const room = outer - MARGIN.left - MARGIN.right;
        const height = Math.min(Math.round(room * spec.ratio), low ? (spec.equal ? LESS_LOW : LOW) : Infinity);
        const width = shaped ? Math.round(height / spec.ratio) : room;
        const dx = domain(spec.x),
          dy = domain(spec.y),
          now = [outer, ...dx, ...dy].join();
        const resized = now !== size;
        if (resized) {
          size = now;
          X = (spec.x?.log ? d3.scaleLog() : d3.scaleLinear()).domain(dx).range([0, width]);
          Y = (spec.y?.log ? d3.scaleLog() : d3.scaleLinear()).domain(dy).range([height, 0]);
          const full = height + MARGIN.top + MARGIN.bottom;
          for (const [k, v] of Object.entries({
            width: outer,
            height: full,
            viewBox: `${-MARGIN.left} ${-MARGIN.top} ${outer} ${full}`,
          }))
            picture.setAttribute(k, v);
          Object.assign(under.style, {
            left: `${MARGIN.left}px`,
            top: `${MARGIN.top}px`,
            width: `${width}px`,
            height: `${height}px`,
          });
          for (const r of [clip, plate]) {
            r.setAttribute("width", width);
            r.setAttribute("height", height);
          }
          axes.replaceChildren();
          if (!bare) axis(spec.x, X, true, width, height);
          if (!bare) axis(spec.y, Y, false, width, height);
        }
        const get = (key, where) =>
          where === "data" ? state.data()[key] : (state.data()[key] ?? state.backdrop()[key] ?? state.assets()[key]);
        const view = { X, Y, get, t: state.t(), fresh: resized || backdropIsNew, coarse };
        for (const d of drawn) {
          const there = d.mark.key === "" || (get(d.mark.key) ?? null) !== null; // a mark without data is not seen
          for (const part of [d.group, ...d.canvases])
            part.style.display = there && !state.hidden.has(d.mark.label) ? "" : "none";
          if (there && !(withoutBackdrop && BACKDROPS.has(d.mark.type))) d.draw(view);
        }
        handles.place(X, Y);
      },
    };
  }

  /** What makes the colour keys of two heat maps the same. */
  const keyOf = (m) => JSON.stringify([m.label, m.domain, m.names, m.log, m.missing]);

  function colourKey(mark) {
    const colour = colours(mark),
      [low, high] = mark.domain,
      n = 12;
    const key = html("div", { class: "cx-key" }, html("span", { textContent: mark.label }));
    if (mark.names) {
      for (const [i, name] of mark.names.entries()) {
        const swatch = html("span", { class: "cx-missing" });
        swatch.style.background = colour(i);
        key.append(html("span", { class: "cx-kind" }, swatch, ` ${name}`)); // a line break comes before both
      }
    } else {
      const at = (i) => (mark.log ? low * (high / low) ** (i / n) : low + ((high - low) * i) / n);
      const stops = Array.from({ length: n + 1 }, (_, i) => colour(at(i))).join(",");
      const bar = html("span", { class: "cx-ramp" });
      bar.style.background = `linear-gradient(to right,${stops})`;
      const text = (v) => html("span", { textContent: v });
      key.append(text(format("~r", low)), bar, text(`${format("~r", high)}+`));
    }
    if (mark.missing) key.append(html("span", { class: "cx-missing" }), html("span", { textContent: mark.missing }));
    return key;
  }

  /** A table in place of a picture. */
  function makeTable(spec, state) {
    const body = html("tbody"),
      head = html("tr", {}, ...spec.columns.map((c) => html("th", { scope: "col", textContent: c })));
    const caption = html("caption", { textContent: spec.title });
    const figure = html(
      "figure",
      { class: "cx-panel cx-table" },
      html("table", {}, caption, html("thead", {}, head), body),
    );
    const cell = (v, i) =>
      typeof v === "string" ? v : v === null || v === undefined ? "–" : format(spec.formats[i], v);
    return {
      figure,
      drawn: [],
      measure() {},
      draw() {
        const rows = state.data()[spec.key] ?? state.backdrop()[spec.key] ?? [];
        body.replaceChildren(
          ...rows.map((row) =>
            html(
              "tr",
              {},
              ...row.map((v, i) =>
                html(i ? "td" : "th", i ? { textContent: cell(v, i) } : { scope: "row", textContent: cell(v, i) }),
              ),
            ),
          ),
        );
      },
    };
  }

  Object.assign(course, { makePanel, makeTable, colourKey, keyOf });
})();
