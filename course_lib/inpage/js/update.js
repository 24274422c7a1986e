/* The reader's update as a function of single numbers, as the compiled ones are: made of closures, from the tree that
   the worker read (page/method.js), since a site's policy may forbid programs made of text. */
(() => {
  const { np } = course;
  const OPERATIONS = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "//": (a, b) => Math.floor(a / b),
    "%": (a, b) => a - b * Math.floor(a / b),
    "**": (a, b) => (b === 2 ? a * a : a ** b), // as NumPy rounds a square
    "<": (a, b) => a < b,
    "<=": (a, b) => a <= b,
    ">": (a, b) => a > b,
    ">=": (a, b) => a >= b,
    "==": (a, b) => a === b,
    "!=": (a, b) => a !== b,
    negative: (a) => -a,
  };

  /** The function (h, x, dx, ...slots) → [x, ...slots] of an update, for `descend`; h are the settings.
      What first became nan though all that came in were numbers, is its `nan`. */
  function updateOf({ slots, lines }) {
    const cells = ["x", "dx", ...slots],
      memory = [];
    const at = (cell) => (cells.includes(cell) ? cells.indexOf(cell) : cells.push(cell) - 1);

    /** The function settings → number of a tree. */
    function evaluate(tree) {
      if (typeof tree === "number") return () => tree;
      if (typeof tree === "string") {
        const i = at(tree);
        return () => memory[i];
      }
      const [operation, ...parts] = tree;
      if (operation === "self") return (h) => h[parts[0]];
      const f = OPERATIONS[operation] ?? np[operation],
        [a, b, c] = parts.map(evaluate);
      if (parts.length === 1) return (h) => f(a(h));
      if (parts.length === 2) return (h) => f(a(h), b(h));
      return (h) => f(a(h), b(h), c(h));
    }

    const steps = lines.map(([cell, tree]) => [at(cell), evaluate(tree)]);
    function update(h, x, dx, ...state) {
      memory[0] = x;
      memory[1] = dx;
      for (let k = 0; k < slots.length; k++) memory[k + 2] = state[k];
      const sound = Number.isFinite(x) && Number.isFinite(dx) && state.every(Number.isFinite);
      for (const [i, f] of steps) {
        memory[i] = +f(h); // a truth counts as 1 or 0
        if (sound && Number.isNaN(memory[i])) update.nan ??= cells[i].split(":")[0];
      }
      return [memory[0], ...memory.slice(2, 2 + slots.length)];
    }
    return update;
  }

  course.updateOf = updateOf;
})();
