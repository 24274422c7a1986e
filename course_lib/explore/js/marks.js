/* The marks of a panel: each takes its declaration and a group to draw in, and returns draw(view).
   A view has the scales X and Y, get(key) for the data, t (the present step or null), `fresh`, which is true when the
   backdrop or the size changed, and `coarse` while it changes again and again. Declarations: parts.py. */
(() => {
  const course = (globalThis.course ??= {});
  const NS = "http://www.w3.org/2000/svg";
  const FAR = 1e4; // pixels: beyond this a coordinate only breaks the renderer

  const svg = (tag, attributes = {}, parent = null) => {
    const node = document.createElementNS(NS, tag);
    for (const [k, v] of Object.entries(attributes)) node.setAttribute(k, v);
    parent?.append(node);
    return node;
  };

  const known = (v) => v !== null && Number.isFinite(v);
  /** The frame of a step; null stands for the last. */
  const frame = (frames, t) => frames[Math.min(t ?? Infinity, frames.length - 1)];
  const px = (scale, v) => Math.max(-FAR, Math.min(FAR, scale(v)));

  /** The points of a mark in pixels, up to step t and up to the first that is not finite or off a log axis. */
  function pixels(mark, view) {
    const d = view.get(mark.key);
    if (!d) return [];
    const ys = d[mark.y],
      xs = mark.x === "step" ? null : d[mark.x],
      out = [];
    const end = mark.timed && view.t !== null ? Math.min(ys.length, view.t + 1) : ys.length;
    for (let i = 0; i < end; i++) {
      const x = xs ? xs[i] : i,
        y = ys[i];
      if (!known(x) || !known(y)) {
        if (out.length) break;
        continue; // it may begin late
      }
      const p = [px(view.X, x), px(view.Y, y)];
      if (known(p[0]) && known(p[1])) out.push(p);
      else if (y !== 0) break;
    }
    return out;
  }

  const ink = (mark) => mark.color ?? "currentColor";

  function line(mark, group) {
    const casing = mark.casing
      ? svg("path", { class: "cx-line", stroke: mark.casing, "stroke-width": mark.width + 2.5, fill: "none" }, group)
      : null;
    const path = svg("path", { class: "cx-line", stroke: ink(mark), "stroke-width": mark.width, fill: "none" }, group);
    if (mark.dashed) path.setAttribute("stroke-dasharray", "5 4");
    const head = mark.timed ? svg("circle", { class: "cx-head", r: 4.5, fill: ink(mark) }, group) : null;
    const draw = d3.line();
    return (view) => {
      const points = pixels(mark, view);
      const d = points.length > 1 ? draw(points) : "";
      path.setAttribute("d", d);
      casing?.setAttribute("d", d);
      if (!head) return;
      const last = points.at(-1);
      head.style.display = last ? "" : "none";
      if (last) {
        head.setAttribute("cx", last[0]);
        head.setAttribute("cy", last[1]);
      }
    };
  }

  const crossAt = ([x, y], r) => `M${x - r},${y - r}l${2 * r},${2 * r}M${x - r},${y + r}l${2 * r},${-2 * r}`;
  const dotAt = ([x, y], r) => `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`;

  function points(mark, group) {
    const cross = mark.shape === "cross";
    const path = svg(
      "path",
      cross ? { stroke: ink(mark), "stroke-width": 2, fill: "none" } : { fill: ink(mark) },
      group,
    );
    const bar = mark.error ? svg("path", { class: "cx-error", stroke: ink(mark), fill: "none" }, group) : null;
    const end = (view, mark, sign) => {
      // of an error bar: the points' heights and their errors, added or subtracted
      const d = view.get(mark.key),
        y = d[mark.y].map((v, i) => v + sign * d[mark.error][i]);
      return pixels(mark, { ...view, get: () => ({ ...d, [mark.y]: y }) });
    };
    return (view) => {
      path.setAttribute(
        "d",
        pixels(mark, view)
          .map((p) => (cross ? crossAt : dotAt)(p, mark.radius))
          .join(""),
      );
      const low = bar ? end(view, mark, -1) : [],
        high = bar ? end(view, mark, 1) : [];
      bar?.setAttribute(
        "d",
        high.map(([x, y], i) => (low[i] ? `M${x - 3},${y}h6M${x},${y}V${low[i][1]}m-3,0h6` : "")).join(""),
      );
    };
  }

  /** Heights above the minimum that rise with the cube of their rank, so that a valley's floor is drawn too. */
  const levels = (low, high, n) => Array.from({ length: n }, (_, i) => low + (high - low) * ((i + 0.5) / n) ** 3);

  function contour(mark, group) {
    group.classList.add("cx-contour");
    return (view) => {
      if (!view.fresh) return;
      const d = view.get(mark.key),
        every = view.coarse && (d.z.length - 1) % 3 === 0 && (d.z[0].length - 1) % 3 === 0 ? 3 : 1;
      const rows =
        every > 1 ? d.z.filter((_, j) => j % every === 0).map((row) => row.filter((_, i) => i % every === 0)) : d.z;
      const n = rows.length,
        m = rows[0].length;
      const flat = rows.flat(),
        finite = flat.filter(known);
      const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
      const X = (i) => view.X(d.x[0] + ((i - 0.5) / (m - 1)) * (d.x[1] - d.x[0]));
      const Y = (j) => view.Y(d.y[0] + ((j - 0.5) / (n - 1)) * (d.y[1] - d.y[0]));
      const ring = (r) => "M" + r.map(([i, j]) => `${X(i).toFixed(1)},${Y(j).toFixed(1)}`).join("L") + "Z";
      const rings = d3
        .contours()
        .size([m, n])
        .thresholds(levels(d.lowest, high, mark.levels))(flat.map((v) => (known(v) ? v : high)));
      group.replaceChildren(...rings.map((c) => svg("path", { d: c.coordinates.flat().map(ring).join("") })));
    };
  }

  /** A histogram's bars between its edges; without edges, bar i stands at i, in one of n groups side by side. */
  function bars(mark, group) {
    const path = svg("path", { class: "cx-bars", fill: ink(mark), stroke: ink(mark) }, group);
    const [place, groups] = mark.group,
      wide = 0.8 / groups;
    return (view) => {
      const d = view.get(mark.key),
        ys = mark.timed ? frame(d.y, view.t) : d.y,
        [low, high] = view.Y.domain();
      const floor = view.Y(low <= 0 && high >= 0 ? 0 : low).toFixed(1);
      const ends = (i) =>
        (d.x ? [d.x[i], d.x[i + 1]] : [i - 0.4 + place * wide, i - 0.4 + (place + 1) * wide]).map(view.X);
      const box = (height, i) => {
        if (!known(height) || height === 0 || !known(view.Y(height))) return "";
        const [x0, x1] = ends(i);
        return `M${x0.toFixed(1)},${floor}V${px(view.Y, height).toFixed(1)}H${x1.toFixed(1)}V${floor}Z`;
      };
      path.setAttribute("d", ys.map(box).join(""));
    };
  }

  /** Between two curves. */
  function band(mark, group) {
    const path = svg("path", { class: "cx-band", fill: ink(mark) }, group),
      draw = d3.line();
    return (view) => {
      const upper = pixels({ ...mark, y: mark.high }, view),
        lower = pixels({ ...mark, y: mark.low }, view);
      const n = Math.min(upper.length, lower.length);
      path.setAttribute("d", n > 1 ? `${draw([...upper.slice(0, n), ...lower.slice(0, n).reverse()])}Z` : "");
    };
  }

  /** Straight lines across the panel, at a value or at several. */
  function rule(mark, group) {
    const path = svg("path", { class: "cx-line", stroke: ink(mark), "stroke-width": mark.width, fill: "none" }, group);
    if (mark.dashed) path.setAttribute("stroke-dasharray", "5 4");
    return (view) => {
      const scale = mark.axis === "y" ? view.Y : view.X,
        [width, height] = [view.X.range()[1], view.Y.range()[0]];
      const at = [view.get(mark.key) ?? mark.at]
        .flat()
        .filter((v) => known(v) && known(scale(v)))
        .map((v) => px(scale, v));
      path.setAttribute("d", at.map((p) => (mark.axis === "y" ? `M0,${p}H${width}` : `M${p},0V${height}`)).join(""));
    };
  }

  function text(mark, group) {
    group.classList.add("cx-text");
    group.classList.toggle("cx-centred", Boolean(mark.centred));
    return (view) => {
      const d = view.get(mark.key),
        at = pixels(mark, view);
      group.replaceChildren(
        ...at.map(([x, y], i) => {
          const label = svg("text", { x, y: mark.centred ? y + 4 : y - 7, "text-anchor": "middle", fill: ink(mark) });
          label.textContent = d[mark.text][i];
          return label;
        }),
      );
    };
  }

  Object.assign(course, {
    svg,
    known,
    frame,
    levels,
    pixels,
    marks: { line, points, contour, bars, band, rule, text },
  });
})();
