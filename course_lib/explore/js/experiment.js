/* One experiment on the page: panels, legend, time, readouts, controls. It draws what its model holds
   (spec, params, data, backdrop) and writes params back; who computes the data is the model's business:
   Python under Jupyter, the compiled library or a table on the static site (site.js). */
(() => {
  const { known, marks, html, format, held, hearRange, controlKinds, makePanel, makeTable, colourKey, keyOf } = course;
  const PLAY_SECONDS = 5,
    SETTLE = 200; // milliseconds

  /** Show the experiment of a model in an element; `gently`, it is drawn with the browser's next picture. */
  function render({ model, el, gently = false }) {
    const spec = model.get("spec"),
      byName = Object.fromEntries(spec.controls.map((c) => [c.name, c]));
    const hidden = new Set(
      spec.panels
        .flatMap((p) => p.marks)
        .filter((m) => m.hidden)
        .map((m) => m.label),
    );
    const hiddenAtFirst = [...hidden];
    let t = null,
      drawnBackdrop = null,
      waiting = 0,
      playing = 0,
      draws = 0,
      settled = 0;

    const data = () => model.get("data") ?? {},
      backdrop = () => model.get("backdrop") ?? {};
    function set(change) {
      const clean = Object.fromEntries(Object.entries(change).map(([name, v]) => [name, held(byName[name], v)]));
      model.set("params", { ...model.get("params"), ...clean });
      model.save_changes();
      showParams();
    }
    const heats = spec.panels.flatMap((p) => p.marks).filter((m) => m.type === "heat");
    const shared = heats.filter((m, i) => heats.findIndex((n) => keyOf(n) === keyOf(m)) < i); // one key for both
    const sharedKeys = new Map(shared.map((m) => [keyOf(m), m]));
    const state = {
      data,
      backdrop,
      assets: () => model.get("assets") ?? {},
      hidden,
      sharedKeys,
      t: () => t,
      position: (control) =>
        Array.isArray(control) ? control.map((name) => model.get("params")[name]) : model.get("params")[control],
      move: (control, at) =>
        set(Array.isArray(control) ? { [control[0]]: at[0], [control[1]]: at[1] } : { [control]: at }),
      /** Whether a control matters under the options that are chosen, or without an optimizer of the reader's. */
      matters: (control) =>
        (model.get("yours") || !spec.alone.includes(control)) &&
        spec.controls.every((c) => c.shows?.[control]?.includes(model.get("params")[c.name]) ?? true),
    };

    const panels = spec.panels.map((p) => (p.type === "table" ? makeTable : makePanel)(p, state));
    const series = new Map(
      spec.panels
        .flatMap((p) => p.marks)
        .filter((m) => m.label && m.color !== undefined && marks[m.type] && m.type !== "heat")
        .map((m) => [m.label, m]),
    );
    const readouts = spec.readouts.map((r) => ({ r, value: html("dd") }));
    const controls = Object.fromEntries(
      spec.controls.map((c) => [c.name, controlKinds[c.type](c, set)]).filter(([, c]) => c),
    );

    const yours = []; // what tells of the reader's own optimizer, and is hidden while there is none
    const legend = html("div", { class: "cx-legend", role: "group", aria: { label: "Series: press to hide or show" } });
    for (const [label, m] of series) {
      const sign = { cross: "×", circle: "●" }[m.shape] ?? "";
      const swatch = html("i", {
        class: sign
          ? "cx-sign"
          : [m.dashed ? "cx-dash" : "", m.casing ? "cx-cased" : "", m.type === "band" ? "cx-wide" : ""].join(" "),
        textContent: sign,
      });
      swatch.style.color = m.color;
      const button = html("button", { type: "button", data: { series: label } }, swatch, label);
      if (m.yours) yours.push(button);
      button.addEventListener("click", () => {
        if (!hidden.delete(label)) hidden.add(label);
        showLegend();
        redraw();
      });
      legend.append(button);
    }
    const showLegend = () =>
      legend.childNodes.forEach((button) => button.setAttribute("aria-pressed", !hidden.has(button.dataset.series)));

    const frames = { heat: "z", image: "z", sprites: "index", bars: "y", band: "low" };
    const timed = new Set(
      spec.panels
        .flatMap((p) => p.marks)
        .filter((m) => m.timed)
        .map((m) => [m.key, frames[m.type] ?? m.y].join("\n")),
    );
    const steps = () =>
      Math.max(
        0,
        ...[...timed].map((k) => {
          const [key, y] = k.split("\n");
          return (data()[key]?.[y]?.length ?? 1) - 1;
        }),
      );
    const play = html("button", { type: "button", class: "cx-play" });
    const scrub = html("input", {
      type: "range",
      min: 0,
      step: 1,
      data: { control: "time" },
      aria: { label: "step t" },
    });
    const clock = html("output", { class: "cx-clock" });
    const time = html("div", { class: "cx-time" }, play, scrub, clock);
    hearRange(scrub, (step) => {
      pause();
      at(step);
    });
    play.addEventListener("click", () => (playing ? pause() : start()));

    const reset = html("button", { type: "button", class: "cx-reset", textContent: "Reset" });
    reset.addEventListener("click", () => {
      pause();
      t = null;
      hidden.clear();
      hiddenAtFirst.forEach((label) => hidden.add(label));
      showLegend();
      set(structuredClone(spec.start));
    });

    const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

    const live = html("div", { class: "cx-live", aria: { live: "polite" } });
    const root = html(
      "div",
      { class: "cx" },
      html("div", { class: "cx-panels" }, ...panels.map((p) => p.figure)),
      ...[...sharedKeys.values()].map(colourKey),
      ...(series.size > 1 ? [legend] : []),
      ...(timed.size ? [time] : []),
      html("div", { class: "cx-controls" }, ...Object.values(controls).map((c) => c.node)),
      html(
        "dl",
        { class: "cx-readouts", hidden: !readouts.length },
        ...readouts.map(({ r, value }) => {
          const box = html("div", {}, html("dt", { textContent: r.label }), value);
          if (r.yours) yours.push(box);
          if (r.color) box.style.setProperty("--series", r.color);
          return box;
        }),
      ),
      ...(spec.caption ? [html("p", { class: "cx-caption", textContent: spec.caption })] : []),
      live,
    );

    (timed.size ? time : root.querySelector(".cx-controls")).append(reset);
    const showYours = () => {
      for (const part of yours) part.hidden = !model.get("yours");
      showParams();
    };
    root.style.setProperty("--digits", Math.max(...Object.values(controls).map((c) => c.digits ?? 0)));
    if (spec.columns) {
      root.firstChild.classList.add("cx-grid");
      root.firstChild.style.setProperty("--columns", spec.columns);
    }

    function showParams() {
      const params = model.get("params");
      for (const [name, control] of Object.entries(controls)) {
        control.show(params[name]);
        control.node.hidden = !state.matters(name);
      }
    }

    /** A step to show; null stands for the end, which stays the end when the run's length changes. */
    function at(step) {
      t = step >= steps() ? null : step;
      redraw();
    }

    function start() {
      const from = t ?? 0,
        began = performance.now();
      const tick = (now) => {
        const step = Math.floor(from + (Math.max(0, now - began) / 1000 / PLAY_SECONDS) * steps());
        at(step);
        if (step < steps()) playing = requestAnimationFrame(tick);
        else pause();
      };
      playing = requestAnimationFrame(tick);
      at(from);
    }
    function pause() {
      cancelAnimationFrame(playing);
      playing = 0;
      redraw();
    }

    function redraw() {
      waiting ||= requestAnimationFrame(draw);
    }

    function draw() {
      waiting = 0;
      if (!data() || !Object.keys(data()).length) return;
      const isNew = drawnBackdrop !== backdrop(),
        coarse = isNew && drawnBackdrop !== null,
        later = gently && drawnBackdrop === null;
      drawnBackdrop = backdrop();
      const last = steps();
      if (t >= last) t = null; // this run may be shorter than the one before
      for (const p of panels) p.draw(isNew, coarse, later);
      if (coarse || later) {
        // level lines that move are drawn roughly, and those of a page that starts not yet; at rest they are drawn well
        clearTimeout(settled);
        settled = setTimeout(() => {
          for (const p of panels) p.draw(true, false);
        }, SETTLE);
      }
      const now = t ?? last;
      Object.assign(scrub, { max: last, value: now });
      scrub.style.setProperty("--filled", `${last ? (100 * now) / last : 100}%`);
      clock.value = `t = ${now} / ${last}`;
      play.textContent = playing ? "❚❚ Pause" : "▶ Play";
      for (const { r, value } of readouts) {
        const v = data()[r.key] ?? backdrop()[r.key];
        value.textContent = typeof v === "string" ? v : known(v ?? null) ? format(r.format, v) : r.missing;
      }
      root.dataset.draws = ++draws;
    }

    let quiet = 0;
    function announce() {
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        if (root.closest("[inert]")) return; // under a question that is still open: its answer would stand here
        live.textContent = readouts
          .filter(({ value }) => !value.parentNode.hidden)
          .map(({ r, value }) => `${r.label}: ${value.textContent}`)
          .join("; ");
      }, 700);
    }
    const changed = () => {
      redraw();
      announce();
    };

    model.on("change:data", changed);
    model.on("change:backdrop", redraw);
    model.on("change:params", showParams);
    model.on("change:yours", showYours);
    showYours();
    showLegend();
    el.append(root);
    const measure = () => panels.forEach((p) => p.measure());
    const first = () => {
      measure();
      draw();
    };
    if (gently) waiting = requestAnimationFrame(first);
    else first();
    const watch = new ResizeObserver(() => {
      measure();
      redraw();
    });
    panels.forEach((p) => watch.observe(p.figure));
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (entry.isIntersecting) {
          seen.disconnect();
          start();
        }
      },
      { threshold: 0.3 },
    );
    if (spec.autoplay && timed.size && !still()) seen.observe(root);

    return () => {
      seen.disconnect();
      watch.disconnect();
      clearTimeout(quiet);
      clearTimeout(settled);
      cancelAnimationFrame(playing);
      cancelAnimationFrame(waiting);
      model.off("change:data", changed);
      model.off("change:backdrop", redraw);
      model.off("change:params", showParams);
      model.off("change:yours", showYours);
    };
  }

  course.render = render;
})();
