/* Experiments on the static site: the model that anywidget would give, without a kernel behind it.
   compiled:  the library's own lines, in the page (library.js);
   tabulated: rows that the build computed, in a script beside the page (a script, since file:// forbids fetch). */
(() => {
  const here = document.currentScript.src,
    { html } = course;

  const SLICE = 12; // milliseconds of computing between two pictures
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

  /** A run that is made part by part: `go` does one more, while some are `left`; `data` is its answer so far, and at
      first that of the run before. */
  class Run {
    constructor(begin, parts, before, told = () => {}) {
      Object.assign(this, { begin, left: parts, data: before?.data, told });
    }
    go() {
      this.part ??= this.begin();
      this.data = this.part();
      this.left--;
      this.told();
    }
  }

  /** NaN and ±Infinity arrive from tables as null; compiled code may hold them: both are "not known". */
  class Model {
    #values;
    #heard = {};
    #compute;
    #more;
    #runs;
    constructor(spec, params, compute, assets = {}) {
      this.#values = { spec, params, assets, data: {}, backdrop: {} };
      this.#compute = compute;
      this.save_changes();
    }
    get(name) {
      return this.#values[name];
    }
    set(name, value) {
      if (this.#values[name] === value) return;
      this.#values[name] = value;
      this.#heard[`change:${name}`]?.forEach((f) => f());
    }
    on(event, f) {
      (this.#heard[event] ??= new Set()).add(f);
    }
    off(event, f) {
      this.#heard[event]?.delete(f);
    }
    save_changes() {
      const { params } = this.#values,
        { backdrop, data, runs } = this.#compute(params),
        more = this.#more?.(params);
      this.set("backdrop", backdrop);
      if (runs) this.settled = this.#follow(more ? [...runs, more] : runs);
      else this.set("data", more ? { ...data, ...more } : data);
    }
    /** Go on with runs, a slice of time before each picture, until they are made or others are asked for. */
    async #follow(runs) {
      this.#runs = runs;
      do {
        const end = performance.now() + SLICE,
          latest = () => runs.reduce((a, b) => (b.left > a.left ? b : a));
        while (latest().left && performance.now() < end) latest().go();
        this.set("data", Object.assign({}, ...runs.map((run) => run.data)));
        await frame();
      } while (runs === this.#runs && runs.some((run) => run.left));
    }
    /** From now on the data hold what a function of the controls adds, too; null takes it out. */
    join(more) {
      this.#more = more;
      this.save_changes();
    }
  }

  /** Call a compiled function with the controls and assets it names; the same controls give the same answer, kept. */
  function remember(f, names, assets) {
    let key, answer;
    return (params) => {
      const now = JSON.stringify(names.map((n) => params[n])); // assets do not change, and are left out
      if (now !== key) [key, answer] = [now, f(...names.map((n) => (n in params ? params[n] : assets[n])))];
      return answer;
    };
  }

  function compiled(spec, assets = {}) {
    const functions = course.experiments[spec.compiled],
      backdrop = remember(functions.backdrop, spec.backdrop, assets);
    if (spec.live) {
      const { parts, runs } = spec.live;
      const begins = Object.entries(runs).map(([name, needs]) => {
        let run;
        const begin = (...values) => (run = new Run(() => functions[`live_${name}`](...values), parts, run));
        return remember(begin, needs, assets);
      });
      return (params) => ({ backdrop: backdrop(params), runs: begins.map((begin) => begin(params)) });
    }
    const data = remember(functions.compute, spec.compute, assets);
    return (params) => ({ backdrop: backdrop(params), data: data(params) });
  }

  function tabulated(spec, table) {
    const index = (params) =>
      table.names.reduce((i, name, k) => {
        const axis = table.axes[k],
          value = params[name];
        const at =
          typeof value === "number"
            ? axis.reduce((best, v, j) => (Math.abs(v - value) < Math.abs(axis[best] - value) ? j : best), 0)
            : axis.indexOf(value);
        return i * axis.length + at;
      }, 0);
    return (params) => ({ backdrop: table.backdrop, data: table.rows[index(params)] });
  }

  const load = (file) =>
    new Promise((done, failed) => {
      const script = document.createElement("script");
      script.onload = done;
      script.onerror = () => failed(new Error(`cannot load ${file}`));
      script.src = new URL(file, here).href;
      document.head.append(script);
    });

  const soon = (f) => (globalThis.requestIdleCallback ? requestIdleCallback(f, { timeout: 300 }) : setTimeout(f));
  const pause = () => new Promise(soon);

  /** Offer a box for the reader's own optimizer; what is in it is loaded when it is opened (inpage/js/yours.js). */
  function offer(place, spec, model) {
    const box = html("details", { class: "cx-yours" }, html("summary", { textContent: "Race your own optimizer" }));
    place.querySelector(".cx-controls").before(box); // near the pictures, which what is typed moves
    const lost = html("p", { class: "cx-say", role: "status" });
    let filled = null; // or under way
    const fill = async () => {
      await Promise.all(["update.js", "yours.js"].map(course.load));
      lost.remove();
      course.yours(box, spec, model);
    };
    const retry = ({ message }) => {
      filled = null;
      lost.textContent = `${message}: close this box and open it again to try once more.`;
      box.append(lost);
    };
    box.addEventListener("toggle", () => {
      if (!box.open || filled) return;
      filled = fill();
      filled.catch(retry);
    });
  }

  /** Wait for the last part of a model's data, of those that were asked for last. */
  async function whole(model) {
    for (let last; last !== model.settled; ) await (last = model.settled);
  }

  /** Compute and draw an experiment; `gently` lets the page answer its reader in between. */
  async function mount(place, gently) {
    const {
      spec,
      params,
      table,
      script,
      assets: file,
    } = JSON.parse(place.querySelector("script[type='application/json']").textContent);
    try {
      if (table && !course.tables[table]) await load(`${table}.js`);
      if (script && !course.experiments[script]) await load(`${script}.js`);
      if (file && !course.assets[file]) await load(`${file}.js`);
      if (gently) await pause();
      const assets = course.assets[file] ?? {};
      const model = new Model(
        spec,
        params,
        table ? tabulated(spec, course.tables[table]) : compiled(spec, assets),
        assets,
      );
      if (gently) await pause();
      course.render({ model, el: place, gently });
      if (spec.yours) offer(place, spec, model);
      place.dataset.shown = "1";
      if (gently) await frame();
      whole(model).then(() => (place.dataset.ready = "1")); // who moves it does not wait for that
      model.on("change:params", () => course.address.follow(place, model));
      return model;
    } catch (error) {
      place.append(
        Object.assign(document.createElement("p"), {
          textContent: `This experiment could not start (${error.message}). ` + spec.alt,
        }),
      );
      throw error;
    }
  }

  const started = new Map();
  /** Start an experiment, unless it has started; return a promise of its model. */
  function begin(place, gently = false) {
    near.unobserve(place);
    if (!started.has(place)) started.set(place, mount(place, gently));
    return started.get(place);
  }

  // One at a time, when the page has nothing else to do: together they would keep it from answering the reader.
  const queue = [];
  async function next() {
    await begin(queue[0], true).catch((error) => console.error(error));
    queue.shift();
    if (queue.length) soon(next);
  }
  function awaitTurn(place) {
    if (queue.push(place) === 1) soon(next);
  }

  course.site = { Model, Run, remember, compiled, tabulated, begin };
  document.dispatchEvent(new Event("course-library")); // scripts in the page may now add experiments of their own
  const places = [...document.querySelectorAll("[data-course-experiment]")];
  const near = new IntersectionObserver(
    (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => awaitTurn(e.target)),
    { rootMargin: "800px" },
  );
  places.forEach((place) => near.observe(place));
  // paper cannot be scrolled to
  globalThis.addEventListener?.("beforeprint", () => places.forEach((place) => begin(place)));
})();
