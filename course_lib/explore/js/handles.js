/* Handles: points of a panel that are moved by mouse, finger or arrow keys. Declaration: drag() in parts.py. */
(() => {
  const { svg, html, clamp, format } = course;
  const NEAR = 9; // pixels within which a dragged point snaps

  const exact = (v) => Number(v.toPrecision(12)) + 0; // 0.30000000000000004 and −0 are written 0.3 and 0
  /** The largest of 1, 2, 5 × 10ᵏ that is not above v. */
  function roundStep(v) {
    const power = 10 ** Math.floor(Math.log10(v) + 1e-9),
      lead = v / power + 1e-9;
    return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
  }
  const span = (scale) => Math.abs(scale.domain()[1] - scale.domain()[0]);
  const pixelsOf = (scale) => Math.abs(scale.range()[1] - scale.range()[0]);
  const isLog = (scale) => scale.base !== undefined;

  /** A coordinate near 0 or the middle becomes it; others are rounded, by less than two pixels. */
  function snapped(scale, v) {
    const [low, high] = scale.domain(),
      digits = Math.log10(high / low);
    const marked = isLog(scale) ? [10 ** Math.round(Math.log10(v))] : [0, exact((low + high) / 2)];
    const inside = marked.filter((m) => m >= low && m <= high && Math.abs(scale(m) - scale(v)) <= NEAR);
    if (inside.length) return inside.reduce((a, b) => (Math.abs(a - v) <= Math.abs(b - v) ? a : b));
    if (isLog(scale)) return Number(v.toPrecision(pixelsOf(scale) / digits > 200 ? 3 : 2));
    const unit = roundStep((3 * span(scale)) / pixelsOf(scale));
    return exact(Math.round(v / unit) * unit);
  }

  /** The next round number in a direction: about a fortieth of the axis away, or five times that. */
  function stepped(scale, v, direction, far) {
    if (isLog(scale)) return Number((v * 10 ** (direction * (far ? 0.25 : 0.05))).toPrecision(2));
    const step = roundStep(span(scale) / 40) * (far ? 5 : 1),
      at = v / step;
    return exact(step * (direction > 0 ? Math.floor(at + 1e-9) + 1 : Math.ceil(at - 1e-9) - 1));
  }

  /** The height of a line at x, between its points. */
  function heightAt(curve, mark, x) {
    const xs = mark.x === "step" ? curve[mark.y].map((_, i) => i) : curve[mark.x],
      ys = curve[mark.y];
    const i = clamp(
      xs.findIndex((v) => v >= x),
      1,
      xs.length - 1,
    );
    return ys[i - 1] + ((ys[i] - ys[i - 1]) * clamp((x - xs[i - 1]) / (xs[i] - xs[i - 1]), 0, 1) || 0);
  }

  /** All handles of a panel; a tap on the panel brings the nearest there. */
  function makeHandles(spec, picture, state, toPixels) {
    let X, Y;
    const get = (key) => state.data()[key] ?? state.backdrop()[key];
    const marked = spec.marks.filter((m) => m.type === "points");

    function snap([x, y]) {
      const spots = marked
        .filter((m) => get(m.key) && !state.hidden.has(m.label))
        .flatMap((m) => get(m.key)[m.y].map((v, i) => [get(m.key)[m.x]?.[i] ?? i, v]));
      const spot = spots.find(([a, b]) => Math.hypot(X(a) - X(x), Y(b) - Y(y)) <= NEAR);
      return spot ?? [snapped(X, x), snapped(Y, y)];
    }

    const handles = spec.marks
      .filter((m) => m.type === "drag")
      .map((mark) => {
        const along = mark.along && spec.marks.find((m) => m.type === "line" && m.key === mark.along);
        const words = `${mark.label}: arrow keys move it, with Shift farther`;
        const knob = svg("g", { class: "cx-handle", tabindex: 0, role: "slider", "aria-label": words }, picture);
        svg("circle", { class: "cx-reach", r: 22 }, knob);
        const dot = svg("circle", { class: "cx-knob", r: 7 }, knob);
        if (mark.color) dot.style.stroke = mark.color;
        const shown = html("span", { class: "cx-at", aria: { hidden: "true" } });
        const position = () => {
          const at = state.position(mark.control);
          return along ? [at, get(along.key) ? heightAt(get(along.key), along, at) : Y.domain()[0]] : at;
        };
        function put(x, y) {
          const at = [clamp(x, ...X.domain()), clamp(y, ...Y.domain())];
          state.move(mark.control, along ? at[0] : at);
        }
        knob.addEventListener("pointerdown", (event) => {
          knob.setPointerCapture(event.pointerId);
          knob.focus({ preventScroll: true });
          event.preventDefault();
        });
        // touch-action is not heard inside an svg
        knob.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
        knob.addEventListener("pointermove", (event) => {
          if (knob.hasPointerCapture(event.pointerId)) put(...snap(toData(event)));
        });
        const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
        knob.addEventListener("keydown", (event) => {
          const move = moves[event.key];
          if (!move) return;
          event.preventDefault();
          const [i, j] = move,
            [x, y] = position();
          put(i ? stepped(X, x, i, event.shiftKey) : x, j ? stepped(Y, y, j, event.shiftKey) : y);
        });
        return { mark, knob, shown, position, put };
      });

    function toData(event) {
      const [x, y] = toPixels(event);
      return [X.invert(x), Y.invert(y)];
    }
    const matters = ({ mark }) => state.matters(mark.control);
    const distance = (handle, x, y) => {
      const [a, b] = handle.position();
      return Math.hypot(X(a) - x, Y(b) - y);
    };
    picture.addEventListener("click", (event) => {
      const [x, y] = toPixels(event);
      const movable = handles.filter(matters);
      if (!movable.length || x < 0 || y < 0 || x > X.range()[1] || y > Y.range()[0]) return;
      movable.reduce((a, b) => (distance(a, x, y) <= distance(b, x, y) ? a : b)).put(...snap(toData(event)));
    });

    return {
      shown: handles.map((handle) => handle.shown),
      place(x, y) {
        [X, Y] = [x, y];
        for (const { mark, knob, shown, position } of handles) {
          knob.style.display = matters({ mark }) ? "" : "none";
          shown.hidden = !matters({ mark });
          const [a, b] = position(),
            said = `${format(".4~g", a)}, ${format(".4~g", b)}`;
          knob.setAttribute("transform", `translate(${clamp(X(a), 0, X.range()[1])},${clamp(Y(b), 0, Y.range()[0])})`);
          for (const [k, v] of Object.entries({
            valuenow: a,
            valuemin: X.domain()[0],
            valuemax: X.domain()[1],
            valuetext: said,
          }))
            knob.setAttribute(`aria-${k}`, v);
          shown.textContent = `${handles.length > 1 ? `${mark.label} ` : ""}(${said})`;
        }
      },
    };
  }

  Object.assign(course, { makeHandles, snapped, stepped, heightAt });
})();
