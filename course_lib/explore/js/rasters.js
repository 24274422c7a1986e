/* Pictures made of cells or of pixels: heat maps, images grey or in colour, and pictures cut from a strip.
   They are canvases under a panel's drawing. Declarations: parts.py. */
(() => {
  const { known, frame, marks } = course;
  const VIRIDIS = ["#fde725", "#5ec962", "#21918c", "#3b528b", "#440154"]; // bright is small
  const SHADES = 256;
  const unitOf = (mark) => {
    const [low, high] = mark.log ? mark.domain.map(Math.log) : mark.domain;
    return (v) => Math.max(0, Math.min(1, ((mark.log ? Math.log(v) : v) - low) / (high - low)));
  };
  const colours = (mark) => {
    const unit = unitOf(mark),
      ramp = d3.interpolateRgbBasis(VIRIDIS);
    return (v) => ramp(unit(v));
  };

  /** The bytes red, green, blue of 256 colours from "rgb(…)" strings. */
  const shades = (ramp) =>
    Array.from({ length: SHADES }, (_, i) =>
      ramp(i / (SHADES - 1))
        .match(/\d+/g)
        .map(Number),
    );

  function canvasOf(mark, under) {
    const canvas = document.createElement("canvas");
    canvas.dataset.mark = mark.type;
    canvas.setAttribute("aria-hidden", "true");
    under.append(canvas);
    return canvas;
  }
  const put = (canvas, place) => {
    for (const [k, v] of Object.entries(place)) canvas.style[k] = `${v}px`;
  };

  /** Rows of cells as a small picture, stretched over the axes; `paint(v, bytes, at)` writes the bytes of a cell.
      It is a canvas under the drawing, as it must be on the screen with the rest: an image would come a frame later. */
  function raster(mark, under, paint) {
    const canvas = canvasOf(mark, under),
      brush = canvas.getContext("2d");
    return (view, d) => {
      const rows = mark.timed ? frame(d.z, view.t) : d.z,
        n = rows.length,
        m = rows[0].length,
        picture = new ImageData(m, n);
      for (let j = 0; j < n; j++) {
        const row = rows[d.flipped ? j : n - 1 - j];
        for (let i = 0; i < m; i++) {
          if (known(row[i]) || Array.isArray(row[i])) paint(row[i], picture.data, 4 * (j * m + i));
        }
      }
      Object.assign(canvas, { width: m, height: n });
      brush.putImageData(picture, 0, 0);
      const [x0, x1] = d.x.map(view.X),
        [y0, y1] = d.y.map(view.Y);
      put(canvas, {
        left: Math.min(x0, x1),
        top: Math.min(y0, y1),
        width: Math.abs(x1 - x0),
        height: Math.abs(y1 - y0),
      });
    };
  }

  function heat(mark, group, under) {
    const unit = unitOf(mark),
      colour = shades(d3.interpolateRgbBasis(VIRIDIS));
    const draw = raster(mark, under, (v, bytes, at) => {
      const [red, green, blue] = colour[Math.round((SHADES - 1) * unit(v))];
      bytes[at] = red;
      bytes[at + 1] = green;
      bytes[at + 2] = blue;
      bytes[at + 3] = 255;
    });
    return (view) => {
      if (view.fresh || mark.timed || view.get(mark.key, "data")) draw(view, view.get(mark.key));
    };
  }

  function image(mark, group, under) {
    const draw = raster(mark, under, (v, bytes, at) => {
      const colour = Array.isArray(v) ? v : [v, v, v]; // the bytes are clamped
      for (let k = 0; k < 3; k++) bytes[at + k] = 255 * colour[k];
      bytes[at + 3] = 255;
    });
    return (view) => draw(view, { ...view.get(mark.key), flipped: true });
  }

  /** Pictures of a strip (pictures.py), by their numbers, row by row; each as large as there is room. */
  function sprites(mark, group, under) {
    const canvas = canvasOf(mark, under),
      brush = canvas.getContext("2d"),
      strip = new Image();
    let draw = () => {};
    strip.addEventListener("load", () => draw());
    return (view) => {
      const { w, h, src } = view.get(mark.strip),
        all = view.get(mark.key),
        GAP = 1;
      const numbers = mark.timed ? frame(all.index, view.t) : all.index;
      const columns = Math.min(mark.columns, numbers.length),
        rows = Math.ceil(numbers.length / columns);
      draw = () => {
        Object.assign(canvas, { width: columns * (w + GAP) - GAP, height: rows * (h + GAP) - GAP });
        numbers.forEach((n, i) => {
          const [x, y] = [(i % columns) * (w + GAP), Math.floor(i / columns) * (h + GAP)];
          brush.drawImage(strip, 0, n * h, w, h, x, y, w, h);
        });
        const [width, height] = [view.X.range()[1], view.Y.range()[0]];
        const scale = Math.min(width / canvas.width, height / canvas.height);
        const size = { width: scale * canvas.width, height: scale * canvas.height };
        put(canvas, { ...size, left: (width - size.width) / 2, top: (height - size.height) / 2 });
      };
      if (strip.src !== src) strip.src = src;
      if (strip.complete) draw();
    };
  }

  Object.assign(course, { colours, VIRIDIS });
  Object.assign(marks, { heat, image, sprites });
})();
