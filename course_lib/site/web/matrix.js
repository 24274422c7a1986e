/* The matrix: headers that sort, and the reader's own optimizer as a further row. Without this script the table reads as
   it stands; what runs an optimizer is loaded when its box is opened. */
(() => {
  const course = (globalThis.course ??= {});
  const place = document.querySelector(".course-matrix");
  if (!place) return;
  const table = place.querySelector("table"),
    tbody = table.tBodies[0],
    heads = [...table.querySelectorAll("th[data-column]")];
  const order = new Map([...tbody.rows].map((row, i) => [row, i]));

  // -- sorting ------------------------------------------------------------------------------------

  /** What a row is sorted by in a column: the share of runs that fail, then the steps. */
  const at = (row, k) => (k ? row.cells[k].dataset.at.split(" ").map(Number) : [order.get(row) ?? -1]);
  const compare = (a, b) => a.map((v, i) => v - (b[i] ?? 0)).find(Boolean) ?? 0;

  function sort() {
    const k = heads.findIndex((head) => head.ariaSort),
      sign = heads[k]?.ariaSort === "descending" ? -1 : 1;
    const rows = [...tbody.rows];
    rows.sort((a, b) => sign * compare(at(a, Math.max(k, 0)), at(b, Math.max(k, 0))) || compare(at(a, 0), at(b, 0)));
    tbody.append(...rows);
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = head.ariaSort === "ascending" ? "descending" : "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.ariaSort = next;
      sort();
      head.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }

  // -- the reader's own row -----------------------------------------------------------------------

  const box = place.querySelector(".matrix-box"),
    details = box.querySelector("details"),
    told = box.querySelector(".matrix-kin");
  const spec = JSON.parse(box.querySelector("script").textContent);
  const pause = () => new Promise((done) => setTimeout(done));
  box.hidden = false;

  const VERDICTS = ["none", "some", "all"];
  const verdict = (arrived) => VERDICTS[arrived === spec.runs ? 2 : arrived ? 1 : 0];

  const whole = (number) => Math.floor(number + 0.5).toLocaleString("en"),
    made = (tag, className, textContent) => Object.assign(document.createElement(tag), { className, textContent });

  /** Show a cell as site/matrix.py does. */
  function show(cell, steps, rate) {
    const [arrived, median] = course.experiments.matrix.summary(steps),
      state = verdict(arrived);
    cell.className = state === "none" ? "never" : state;
    cell.dataset.at = arrived ? `${(1 - arrived / spec.runs).toFixed(3)} ${median}` : "2";
    cell.textContent = arrived ? "" : "—";
    if (!arrived) return;
    const there = steps.filter((n) => n >= 0),
      ends = new Set([Math.min(...there), Math.max(...there)].map(whole));
    cell.append(
      made("span", "matrix-steps", whole(median)),
      made("span", "matrix-span", [...ends].join("–")),
      made("span", "matrix-rate", `${Number(rate.toPrecision(2))}`),
    );
    const [first, last] = spec.last;
    if (rate < 1.01 * first || rate > last / 1.01) cell.append(made("sup", "", "‡"));
    if (state === "some") cell.append(" ", made("span", "matrix-part", `${arrived} of ${spec.runs}`));
  }

  /** The reader's row, made when it is first wanted. */
  function rowOf() {
    const found = tbody.querySelector("tr.yours");
    if (found) return found;
    const row = document.createElement("tr"),
      head = document.createElement("th");
    row.className = "yours";
    head.scope = "row";
    head.textContent = "Yours";
    row.append(head);
    for (const [k] of heads.slice(1).entries()) {
      const cell = row.insertCell();
      cell.dataset.at = "3";
      if (k < spec.columns.length) continue;
      cell.className = "none";
      cell.textContent = "n/a";
    }
    tbody.prepend(row);
    return row;
  }

  /** What the nearest method of the table is, in words; who arrives nowhere is like none. */
  function words({ name, same, factor }, found) {
    const FAR = "No method of the table is near.";
    if (!found.some(([arrived]) => arrived)) return `Yours arrives on no surface. ${FAR}`;
    const all = spec.columns.length,
      off = Math.round(100 * (factor - 1));
    const verdicts = same === all ? `all ${all} surfaces` : `${same} of ${all} surfaces`;
    const steps = off ? `steps within ${off}\u00a0%` : "the same steps";
    if (same >= all - 1 && factor <= 1.25)
      return `Yours behaves like ${name}: the same verdict on ${verdicts}, ${steps}.`;
    return FAR;
  }

  let serial = 0;
  /** Run the reader's optimizer on one surface after the other; the page answers its reader in between. */
  async function run(more) {
    const mine = ++serial,
      { summary, kin } = course.experiments.matrix,
      found = [];
    const row = rowOf();
    row.ariaBusy = "true";
    told.textContent = "It runs on the surfaces …";
    for (const [k, column] of spec.columns.entries()) {
      await pause();
      if (mine !== serial) return;
      const [rate, steps] = more({ column });
      found.push(summary(steps));
      show(row.cells[k + 1], steps, rate);
    }
    row.removeAttribute("aria-busy");
    told.textContent = words(kin(found, Object.keys(spec.rows), Object.values(spec.rows), spec.runs), found);
    sort();
  }

  /** What yours.js asks of an experiment's model. */
  const model = {
    joined: false,
    get: () => model.joined,
    set: (_, joined) => (model.joined = joined),
    join(more) {
      if (more) return run(more);
      serial++;
      tbody.querySelector("tr.yours")?.remove();
      told.textContent = "";
    },
  };

  let filled = null;
  details.addEventListener("toggle", () => {
    if (!details.open || filled) return;
    const [explore, live] = box.dataset.scripts.split(" ");
    filled = (async () => {
      await course.load(explore);
      await Promise.all([course.load(live), course.load("update.js"), course.load("yours.js")]);
      course.yours(details, spec, model);
      told.textContent = "";
    })();
    filled.catch(({ message }) => {
      filled = null;
      told.textContent = `${message}: close this box and open it again to try once more.`;
    });
  });
})();
