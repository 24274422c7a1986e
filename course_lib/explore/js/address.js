/* An address such as #race?rho=0.95&surface=saddle moves an experiment: a link in the text, or the page's own address,
   which in turn follows what the reader moves. Python's side, which checks the links: moves.py, values.py. */
(() => {
  const { held, site } = course;
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  const numbers = (text) => text.split(",").map((part) => (part.trim() ? Number(part) : NaN));
  const readers = {
    slider: (c, text) => (numbers(text).length === 1 && Number.isFinite(+text) ? held(c, +text) : undefined),
    choice: (c, text) => (Object.hasOwn(c.options, text) ? text : undefined),
    toggle: (c, text) => ({ true: true, false: false })[text],
    point: (c, text) =>
      numbers(text).length === 2 && numbers(text).every(Number.isFinite) ? numbers(text) : undefined,
  };

  /** The place and the texts of an address, or null. */
  function parse(hash) {
    const found = /^#([a-z]\w*(?:-\w+)*)\?(.+)$/.exec(hash);
    try {
      return (
        found && {
          place: found[1],
          texts: Object.fromEntries(found[2].split("&").map((pair) => pair.split("=").map(decodeURIComponent))),
        }
      );
    } catch {
      return null; // a % that encodes nothing
    }
  }

  /** The controls' values after a move: those it names, the presets of an option it names, the others as at the start,
      so that a link shows the same whatever was moved before it. */
  function moved(spec, texts) {
    const named = {},
      presets = {};
    for (const c of spec.controls) {
      const value = Object.hasOwn(texts, c.name) ? readers[c.type](c, texts[c.name]) : undefined;
      if (value !== undefined) named[c.name] = value;
      if (value !== undefined && c.type === "choice") Object.assign(presets, c.presets[value]);
    }
    return { ...spec.start, ...presets, ...named };
  }

  /** The address of a state: what differs from the start, or from the presets of an option chosen since. */
  function written(place, spec, params) {
    const chosen = spec.controls.filter((c) => c.type === "choice" && params[c.name] !== spec.start[c.name]);
    const usual = Object.assign({}, spec.start, ...chosen.map((c) => c.presets[params[c.name]]));
    const told = spec.controls.filter((c) => chosen.includes(c) || String(params[c.name]) !== String(usual[c.name]));
    const text = (value) => encodeURIComponent(value).replaceAll("%2C", ",");
    return `#${place}${told.length ? "?" : ""}${told.map((c) => `${c.name}=${text(params[c.name])}`).join("&")}`;
  }

  let pending = 0,
    moving = false;

  /** A point of an address may lie outside the picture that goes with its other values. */
  function keepInside(model) {
    const { controls } = model.get("spec"),
      params = { ...model.get("params") };
    for (const c of controls.filter((c) => c.type === "point")) {
      const window = c.within.split(".").reduce((value, key) => value[key], model.get("backdrop"));
      params[c.name] = params[c.name].map((v, i) => course.clamp(v, ...(i ? window.y : window.x)));
    }
    if (String(Object.values(params)) !== String(Object.values(model.get("params")))) put(model, params);
  }
  function put(model, params) {
    moving = true;
    model.set("params", params);
    model.save_changes();
    moving = false;
  }

  function scrollTo(place, instantly) {
    const panels = place.querySelector(".cx-panels").getBoundingClientRect();
    if (instantly || panels.top < 0 || panels.bottom > innerHeight) {
      place.scrollIntoView({ block: "start", behavior: instantly || still() ? "instant" : "smooth" });
    }
  }
  function flash(place, before, after) {
    const changed = Object.keys(after).filter((name) => String(before[name]) !== String(after[name]));
    for (const name of still() ? [] : changed) {
      const control = place.querySelector(`[data-control="${name}"]`)?.closest(".cx-control");
      control?.animate(
        [{ background: "color-mix(in srgb, var(--accent) 30%, transparent)" }, { background: "none" }],
        1500,
      );
    }
  }

  /** Do what an address says. On the way back the browser finds the place by itself. */
  async function obey(hash, { instantly = false, isBack = history.state?.moved } = {}) {
    const move = parse(hash),
      place = move && document.getElementById(move.place);
    if (!place?.dataset.courseExperiment) return;
    const model = await site.begin(place);
    place.dispatchEvent(new Event("course-move", { bubbles: true })); // whoever covers it uncovers it (question.js)
    clearTimeout(pending);
    const before = model.get("params");
    put(model, moved(model.get("spec"), move.texts));
    keepInside(model);
    if (!isBack) scrollTo(place, instantly);
    flash(place, before, model.get("params"));
    if (location.hash === hash) replace(hash);
  }

  function replace(hash) {
    try {
      history.replaceState({ ...history.state, moved: true }, "", hash);
    } catch {} // a browser that allows it not from disk, or not so often
  }

  /** The address follows what the reader moves, a moment later, and adds nothing to the way back. */
  function follow(place, model) {
    if (moving) return;
    clearTimeout(pending);
    pending = setTimeout(() => {
      const address = written(place.id, model.get("spec"), model.get("params"));
      const isHere = location.hash.split("?")[0] === `#${place.id}`;
      if (!address.includes("?") && !isHere) return; // the start of an experiment is no news
      replace(address);
    }, 300);
  }

  course.address = { parse, moved, written, follow };
  addEventListener("hashchange", () => obey(location.hash));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link && link.hash === location.hash) obey(link.hash, { isBack: false }); // then no hashchange tells of it
  });
  // By then there is what covers experiments.
  addEventListener("DOMContentLoaded", () => obey(location.hash, { instantly: true, isBack: false }));
})();
