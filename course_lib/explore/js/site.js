/* Experiments on the static site: the model that anywidget would give, without a kernel behind it.
   compiled:  the library's own lines, in the page (library.js);
   tabulated: rows that the build computed, in a script beside the page (a script, since file:// forbids fetch);
   a reader's own functions are in such a script, too. */
(() => {
  const here = document.currentScript.src;

  /** NaN and ±Infinity arrive from tables as null; compiled code may hold them: both are "not known". */
  class Model {
    #values; #heard = {}; #compute;
    constructor(spec, params, compute) {
      this.#values = { spec, params, data: {}, backdrop: {} };
      this.#compute = compute;
      this.save_changes();
    }
    get(name) { return this.#values[name]; }
    set(name, value) {
      if (this.#values[name] === value) return;
      this.#values[name] = value;
      this.#heard[`change:${name}`]?.forEach((f) => f());
    }
    on(event, f) { (this.#heard[event] ??= new Set()).add(f); }
    off(event, f) { this.#heard[event]?.delete(f); }
    save_changes() { for (const [name, value] of Object.entries(this.#compute(this.#values.params))) this.set(name, value); }
  }

  /** Call a compiled function with the controls it names; the same controls give the same answer, kept. */
  function remember(f, names) {
    let key, answer;
    return (params) => {
      const now = JSON.stringify(names.map((n) => params[n]));
      if (now !== key) [key, answer] = [now, f(...names.map((n) => params[n]))];
      return answer;
    };
  }

  function compiled(spec) {
    const functions = course.experiments[spec.compiled];
    const data = remember(functions.compute, spec.compute), backdrop = remember(functions.backdrop, spec.backdrop);
    return (params) => ({ backdrop: backdrop(params), data: data(params) });
  }

  function tabulated(spec, table) {
    const index = (params) => table.names.reduce((i, name, k) => {
      const axis = table.axes[k], value = params[name];
      const at = typeof value === "number"
        ? axis.reduce((best, v, j) => (Math.abs(v - value) < Math.abs(axis[best] - value) ? j : best), 0)
        : axis.indexOf(value);
      return i * axis.length + at;
    }, 0);
    return (params) => ({ backdrop: table.backdrop, data: table.rows[index(params)] });
  }

  const load = (file) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.onload = done;
    script.onerror = () => failed(new Error(`cannot load ${file}`));
    script.src = new URL(file, here).href;
    document.head.append(script);
  });

  async function mount(place) {
    const { spec, params, table } = JSON.parse(place.querySelector("script[type='application/json']").textContent);
    try {
      if (table && !course.tables[table] && !course.experiments[table]) await load(`${table}.js`);
      const model = new Model(spec, params, spec.compiled ? compiled(spec) : tabulated(spec, course.tables[table]));
      course.render({ model, el: place });
      place.dataset.ready = "1";
    } catch (error) {
      place.append(Object.assign(document.createElement("p"), { textContent: `This experiment could not start (${error.message}). ` + spec.alt }));
      throw error;
    }
  }

  course.site = { Model, compiled, tabulated };
  const places = new Set(document.querySelectorAll("[data-course-experiment]"));
  const begin = (place) => { if (places.delete(place)) { near.unobserve(place); mount(place); } };
  const near = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting).forEach((e) => begin(e.target)), { rootMargin: "800px" });
  places.forEach((place) => near.observe(place));
  globalThis.addEventListener?.("beforeprint", () => places.forEach(begin)); // paper cannot be scrolled to
})();
