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

  const GROWS = "steps that grow without end";
  const quotient = (a, b) => b === 0 && (a === 0 ? "0 / 0" : "a division by 0");
  /** Why an operation on numbers gives none, if not because it grows beyond all of them. */
  const REASONS = {
    "/": quotient,
    "//": quotient,
    "%": quotient,
    "**": (a, b) => (a === 0 ? "0 to a power of less than 0" : b % 1 && a < 0 && "a fractional power of less than 0"),
    exp: () => "the exp of a number that is too large",
    sqrt: () => "the root of less than 0",
    log: (a) => `the logarithm of ${a < 0 ? "less than " : ""}0`,
    arccos: () => "the arccos of less than -1 or more than 1",
  };
  REASONS.log10 = REASONS.log;

  /** The function (h, x, dx, ...slots) → [x, ...slots] of an update, for `descend`; h are the settings.
      Its `fault` tells in words what first became infinite or nan, and why. */
  function updateOf({ slots, lines }) {
    const cells = ["x", "dx", ...slots],
      memory = [];
    const at = (cell) => (cells.includes(cell) ? cells.indexOf(cell) : cells.push(cell) - 1);

    /** Why the value of a tree is no number, as words; nothing if it is one. */
    function reason(tree, h) {
      if (Number.isFinite(+evaluate(tree)(h)) || !Array.isArray(tree)) return "";
      const [operation, ...parts] = tree,
        numbers = operation === "self" ? [] : parts.map((part) => +evaluate(part)(h));
      const chosen = operation === "where" ? [parts[numbers[0] ? 1 : 2]] : parts; // the other is not used
      const inner = chosen.map((part) => reason(part, h)).find(Boolean);
      return inner || REASONS[operation]?.(...numbers) || GROWS;
    }
    function tell(name, value, why) {
      const python = String(value).replace("Infinity", "inf").replace("NaN", "nan");
      update.fault ??= `${name.split(":")[0]} becomes ${python}: ${why}`;
    }

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

    const steps = lines.map(([cell, tree]) => [at(cell), evaluate(tree), tree]);
    function update(h, x, dx, ...state) {
      memory[0] = x;
      memory[1] = dx;
      for (let k = 0; k < slots.length; k++) memory[k + 2] = state[k];
      const sound = !update.fault && Number.isFinite(x) && state.every(Number.isFinite);
      if (sound && !Number.isFinite(dx)) tell("dx", dx, GROWS);
      for (const [i, f, tree] of steps) {
        const value = +f(h); // a truth counts as 1 or 0
        if (sound && !update.fault && !Number.isFinite(value)) tell(cells[i], value, reason(tree, h));
        memory[i] = value;
      }
      return [memory[0], ...memory.slice(2, 2 + slots.length)];
    }
    return update;
  }

  course.updateOf = updateOf;
})();
