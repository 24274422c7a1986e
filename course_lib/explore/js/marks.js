/* The marks of a panel: each takes its declaration and a group to draw in, and returns draw(view).
   A view has the scales X and Y, get(key) for the data, t (the present step or null) and `clone`,
   which is true when the backdrop or the size changed. Declarations: parts.py. */
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
  const px = (scale, v) => Math.max(-FAR, Math.min(FAR, scale(v)));

  /** The points of a mark in pixels, up to step t and up to the first that is not finite or off a log axis. */
  function pixels(mark, view) {
    const d = view.get(mark.key);
    if (!d) return [];
    const ys = d[mark.y], xs = mark.x === "step" ? null : d[mark.x], out = [];
    const end = mark.timed && view.t !== null ? Math.min(ys.length, view.t + 1) : ys.length;
    for (let i = 0; i < end; i++) {
      const x = xs ? xs[i] : i, y = ys[i];
      if (!known(x) || !known(y)) break;
      const p = [px(view.X, x), px(view.Y, y)];
      if (known(p[0]) && known(p[1])) out.push(p);
      else if (y !== 0) break;
    }
    return out;
  }

  const ink = (mark) => mark.color ?? "currentColor";

  function line(mark, group) {
    const casing = mark.casing ? svg("path", { class: "cx-line", stroke: mark.casing, "stroke-width": mark.width + 2.5, fill: "none" }, group) : null;
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
      if (last) { head.setAttribute("cx", last[0]); head.setAttribute("cy", last[1]); }
    };
  }

  const crossAt = ([x, y], r) => `M${x - r},${y - r}l${2 * r},${2 * r}M${x - r},${y + r}l${2 * r},${-2 * r}`;
  const dotAt = ([x, y], r) => `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`;

  function points(mark, group) {
    const cross = mark.shape === "cross";
    const path = svg("path", cross ? { stroke: ink(mark), "stroke-width": 2, fill: "none" } : { fill: ink(mark) }, group);
    return (view) => path.setAttribute("d", pixels(mark, view).map((p) => (cross ? crossAt : dotAt)(p, mark.radius)).join(""));
  }

  /** Heights above the minimum that rise with the cube of their rank, so that a valley's floor is drawn too. */
  const levels = (low, high, n) => Array.from({ length: n }, (_, i) => low + (high - low) * ((i + 0.5) / n) ** 3);

  function contour(mark, group) {
    group.classList.add("cx-contour");
    return (view) => {
      if (!view.fresh) return;
      const d = view.get(mark.key), every = view.coarse && (d.z.length - 1) % 3 === 0 && (d.z[0].length - 1) % 3 === 0 ? 3 : 1;
      const rows = every > 1 ? d.z.filter((_, j) => j % every === 0).map((row) => row.filter((_, i) => i % every === 0)) : d.z;
      const n = rows.length, m = rows[0].length;
      const flat = rows.flat(), finite = flat.filter(known);
      const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
      const X = (i) => view.X(d.x[0] + ((i - 0.5) / (m - 1)) * (d.x[1] - d.x[0]));
      const Y = (j) => view.Y(d.y[0] + ((j - 0.5) / (n - 1)) * (d.y[1] - d.y[0]));
      const ring = (r) => "M" + r.map(([i, j]) => `${X(i).toFixed(1)},${Y(j).toFixed(1)}`).join("L") + "Z";
      const rings = d3.contours().size([m, n]).thresholds(levels(d.lowest, high, mark.levels))(flat.map((v) => (known(v) ? v : high)));
      group.replaceChildren(...rings.map((c) => svg("path", { d: c.coordinates.flat().map(ring).join("") })));
    };
  }

  const VIRIDIS = ["#fde725", "#5ec962", "#21918c", "#3b528b", "#440154"]; // bright is small
  const SHADES = 256;
  const unitOf = (mark) => {
    const [low, high] = mark.log ? mark.domain.map(Math.log) : mark.domain;
    return (v) => Math.max(0, Math.min(1, ((mark.log ? Math.log(v) : v) - low) / (high - low)));
  };
  const colours = (mark) => {
    const unit = unitOf(mark), ramp = d3.interpolateRgbBasis(VIRIDIS);
    return (v) => ramp(unit(v));
  };

  /** The bytes red, green, blue of 256 colours from "rgb(…)" strings. */
  const shades = (ramp) => Array.from({ length: SHADES }, (_, i) => ramp(i / (SHADES - 1)).match(/\d+/g).map(Number));

  /** Rows of cells as a small picture, stretched over the axes; `paint(v, bytes, at)` writes the bytes of a cell.
      It is a canvas under the drawing, as it must be on the screen with the rest: an image would come a frame later. */
  function raster(mark, under, paint) {
    const canvas = document.createElement("canvas"), brush = canvas.getContext("2d");
    Object.assign(canvas.dataset, { mark: mark.type });
    canvas.setAttribute("aria-hidden", "true");
    under.append(canvas);
    return (view, d) => {
      const rows = d.z, n = rows.length, m = rows[0].length, picture = new ImageData(m, n);
      for (let j = 0; j < n; j++) {
        const row = rows[d.flipped ? j : n - 1 - j];
        for (let i = 0; i < m; i++) if (known(row[i])) paint(row[i], picture.data, 4 * (j * m + i));
      }
      Object.assign(canvas, { width: m, height: n });
      brush.putImageData(picture, 0, 0);
      const [x0, x1] = d.x.map(view.X), [y0, y1] = d.y.map(view.Y);
      const place = { left: Math.min(x0, x1), top: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
      for (const [k, v] of Object.entries(place)) canvas.style[k] = `${v}px`;
    };
  }

  function heat(mark, group, under) {
    const unit = unitOf(mark), colour = shades(d3.interpolateRgbBasis(VIRIDIS));
    const put = raster(mark, under, (v, bytes, at) => {
      const [red, green, blue] = colour[Math.round((SHADES - 1) * unit(v))];
      bytes[at] = red;
      bytes[at + 1] = green;
      bytes[at + 2] = blue;
      bytes[at + 3] = 255;
    });
    return (view) => { if (view.fresh || view.get(mark.key, "data")) put(view, view.get(mark.key)); };
  }

  function image(mark, group, under) {
    const put = raster(mark, under, (v, bytes, at) => { bytes.fill(255 * Math.max(0, Math.min(1, v)), at, at + 3); bytes[at + 3] = 255; });
    return (view) => put(view, { ...view.get(mark.key), flipped: true });
  }

  function bars(mark, group) {
    const path = svg("path", { class: "cx-bars", fill: ink(mark), stroke: ink(mark) }, group);
    return (view) => {
      const d = view.get(mark.key), floor = view.Y(view.Y.domain()[0]);
      const box = (height, i) => {
        if (!known(height) || height <= 0) return "";
        const x0 = view.X(d.x[i]), x1 = view.X(d.x[i + 1]), y = px(view.Y, height);
        return `M${x0.toFixed(1)},${floor}V${y.toFixed(1)}H${x1.toFixed(1)}V${floor}Z`;
      };
      path.setAttribute("d", d.y.map(box).join(""));
    };
  }

  Object.assign(course, { svg, known, colours, levels, pixels, VIRIDIS, marks: { line, points, contour, heat, image, bars } });
})();
