/* The reader's update, read by Brython's parser in the worker: Python's lines in, a small tree out, which the page
   evaluates (js/update.js). So no program is made of text in the page.

     v *= self.rho        ["v", ["*", "v", ["self", "rho"]]]
     x -= self.lr * v     ["x", ["-", "x", ["*", ["self", "lr"], "v"]]]

   A line sets one cell: x, dx, a slot, or what a name stands for within the step. A tree is a number, a cell's name, or
   a list of an operation and its operands. It tells what happens to each element of the arrays alone. */
(() => {
  const OPERATORS = { Add: "+", Sub: "-", Mult: "*", Div: "/", Pow: "**", FloorDiv: "//", Mod: "%" };
  const COMPARISONS = { Lt: "<", LtE: "<=", Gt: ">", GtE: ">=", Eq: "==", NotEq: "!=" };
  /** NumPy's functions that treat each element alone: the operation, and how many arguments it takes. */
  const FUNCTIONS = {
    ...{ add: ["+", 2], subtract: ["-", 2], multiply: ["*", 2], divide: ["/", 2], power: ["**", 2] },
    ...{ abs: ["abs", 1], absolute: ["abs", 1], fabs: ["abs", 1], sign: ["sign", 1], negative: ["negative", 1] },
    ...{ sqrt: ["sqrt", 1], square: ["square", 1], exp: ["exp", 1], log: ["log", 1], log10: ["log10", 1] },
    ...{ sin: ["sin", 1], cos: ["cos", 1], tanh: ["tanh", 1], arccos: ["arccos", 1], isfinite: ["isfinite", 1] },
    ...{ maximum: ["maximum", 2], minimum: ["minimum", 2], where: ["where", 3], clip: ["clip", 3], copy: ["copy", 1] },
  };
  const CONSTANTS = { pi: Math.PI, e: Math.E };
  const FROM_ZERO = new Set(["zeros", "zeros_like", "empty", "empty_like"]);
  const ELSEWHERE = "In JupyterLab or Colab, race(mine=…) takes any Python.";
  const POWER = "a power is written **.";
  const PICKED = "all elements are treated alike here, so none can be picked with [ ].";

  /** What is wrong with the reader's lines, in words for the reader. */
  class Wrong extends Error {}
  const kind = (node) => node?.constructor.$name;
  const dotted = (node) => (kind(node) === "Attribute" ? `${dotted(node.value)}.${node.attr}` : (node.id ?? "…"));
  const isWhole = ({ slice }) =>
    kind(slice) === "Slice" ? !(slice.lower || slice.upper || slice.step) : slice.value === $B.builtins.Ellipsis;

  /** The statements of the update: the reader's lines, or the body of the function (perhaps in a class) they are in. */
  function statements(text) {
    const lines = text.replaceAll("\t", "    ").split("\n");
    const indents = lines.filter((line) => line.trim()).map((line) => line.search(/\S/));
    const shared = Math.min(...indents); // of lines that were copied out of a class
    const source = lines.map((line) => line.slice(shared === Infinity ? 0 : shared)).join("\n");
    const { body: all } = $B.pythonToAST(source, "<answer>", "file");
    const body = all.find((node) => kind(node) === "ClassDef")?.body ?? all;
    const functions = body.filter((node) => kind(node) === "FunctionDef" && node.name !== "__init__");
    const steps = functions.filter(({ args }) => args.args.some(({ arg }) => arg === "dx"));
    if (steps.length > 1)
      throw new Wrong(`Several methods take dx, ${steps.map((f) => f.name).join(" and ")}: leave one of them.`);
    return (steps[0] ?? functions[0])?.body ?? body;
  }

  /** Read the lines of an update; `settings` are the names that self has. */
  function read(text, settings) {
    const names = new Map(["x", "dx"].map((name) => [name, { tree: name, array: true }])); // what each stands for
    const slots = new Map(), // name → the line of its first use
      changed = new Set(),
      used = new Set(),
      zeros = new Map(), // name → the line that sets it to 0, until it is used
      forgotten = new Map(), // those of them that are meant to be kept
      lines = [];
    let line = 1;
    const wrong = (words) => new Wrong(`line ${line}: ${words}`);

    /** Note that a line changes what a line before it has set to 0. */
    function keep(id) {
      if (zeros.has(id)) forgotten.set(id, zeros.get(id));
      zeros.delete(id);
    }

    function named(id) {
      if (names.has(id)) return names.get(id);
      if (id === "t" || settings.includes(id)) throw wrong(`${id} is not known: write self.${id}.`);
      if (id === "self" || id === "np" || id === "math") throw wrong(`${id} alone is no number.`);
      slots.set(id, line);
      names.set(id, { tree: id, array: true });
      return names.get(id);
    }

    /** The tree of an expression, and whether it is an array or a single number. */
    function value(node) {
      const whole = (operation, ...parts) => ({
        tree: [operation, ...parts.map((part) => part.tree)],
        array: parts.some((part) => part.array),
      });
      switch (kind(node)) {
        case "Constant": {
          const number = node.value?.value ?? node.value; // Brython's floats are boxed
          if (["number", "bigint", "boolean"].includes(typeof number)) return { tree: Number(number), array: false };
          throw wrong("only numbers can be computed with.");
        }
        case "Name":
          return named(node.id);
        case "Attribute":
          if (node.value.id === "self") {
            if (node.attr !== "t" && !settings.includes(node.attr))
              throw wrong(`self.${node.attr} is not known: self has ${settings.join(", ")} and t.`);
            used.add(node.attr);
            return { tree: ["self", node.attr], array: false };
          }
          if (node.value.id === "np" && node.attr in CONSTANTS) return { tree: CONSTANTS[node.attr], array: false };
          throw wrong(`${dotted(node)} is not known here.`);
        case "BinOp":
          if (kind(node.op) in OPERATORS) return whole(OPERATORS[kind(node.op)], value(node.left), value(node.right));
          if (kind(node.op) === "BitXor") throw wrong(POWER);
          break;
        case "UnaryOp":
          if (kind(node.op) === "USub") return whole("negative", value(node.operand));
          if (kind(node.op) === "UAdd") return value(node.operand);
          break;
        case "Compare":
          if (node.ops.length === 1 && kind(node.ops[0]) in COMPARISONS)
            return whole(COMPARISONS[kind(node.ops[0])], value(node.left), value(node.comparators[0]));
          break;
        case "IfExp": {
          const [test, yes, no] = [node.test, node.body, node.orelse].map(value);
          if (test.array) throw wrong("if decides for a whole array: write np.where(condition, a, b).");
          return whole("where", test, yes, no);
        }
        case "Subscript":
          if (isWhole(node)) return value(node.value);
          throw wrong(PICKED);
        case "Call":
          return call(node);
      }
      throw wrong(`this box takes arithmetic and NumPy's functions of single elements. ${ELSEWHERE}`);
    }

    function call(node) {
      const name = dotted(node.func),
        [owner, short] = name.split(".");
      if (short === "copy" && owner !== "np" && !node.args.length) return value(node.func.value);
      if (FROM_ZERO.has(short)) throw wrong(`what your method keeps begins at 0 by itself, without ${name}.`);
      const known = name === "abs" ? FUNCTIONS.abs : owner === "np" && name === `np.${short}` ? FUNCTIONS[short] : null;
      if (!known) {
        const hint = owner === "math" ? short : ({ max: "maximum", min: "minimum" }[name] ?? name);
        if (hint in FUNCTIONS) throw wrong(`${name} is not known here: write np.${hint}.`);
        throw wrong(`${name} is none of NumPy's functions of single elements. ${ELSEWHERE}`);
      }
      const [operation, count] = known,
        parts = node.args.map(value);
      if (parts.length !== count)
        throw wrong(`${name} takes ${count} argument${count > 1 ? "s" : ""} here, not ${parts.length}.`);
      const array = parts.some((part) => part.array);
      const answer = operation === "copy" ? { ...parts[0] } : { tree: [operation, ...parts.map((p) => p.tree)], array };
      for (const { arg, value: target } of node.keywords) {
        if (arg !== "out" || kind(target) !== "Name") throw wrong(`${name} takes no ${arg}= here, but out= an array.`);
        return put(named(target.id), answer);
      }
      return answer;
    }

    /** Set the elements of an array. */
    function put(target, { tree }) {
      lines.push([target.tree, tree]);
      changed.add(target.tree);
      return target;
    }

    /** Let a name stand for a value; for an array that has a name already, it is one more name. */
    function bind(id, node) {
      const given = value(node);
      if (id === "x" || slots.has(id)) {
        const operator = OPERATORS[kind(node.op)],
          instead = operator && node.left.id === id ? `${id} ${operator}= …` : `${id}[...] = …`;
        throw wrong(
          `${id} = … makes a new array, and the ${id} that is kept stays as it was: write ${instead}, in place.`,
        );
      }
      if ([given.tree].flat(Infinity).includes(names.get(id)?.tree)) keep(id);
      else if (given.tree === 0) zeros.set(id, line);
      if (given.array && kind(node) === "Name") return names.set(id, given);
      const cell = `${id}:${lines.length}`;
      lines.push([cell, given.tree]);
      return names.set(id, { tree: cell, array: given.array });
    }

    function statement(node) {
      line = node.lineno;
      const target = node.target ?? node.targets?.[0];
      const whole = kind(target) === "Subscript" && isWhole(target) ? target.value : null;
      const id = (whole ?? target)?.id;
      switch (kind(node)) {
        case "AugAssign": {
          if (kind(node.op) === "BitXor") throw wrong(POWER);
          if (!id || !(kind(node.op) in OPERATORS)) break;
          keep(id);
          const left = named(id),
            right = value(node.value),
            result = { tree: [OPERATORS[kind(node.op)], left.tree, right.tree], array: right.array };
          if (left.array) return put(left, result);
          lines.push([left.tree, result.tree]); // a number's name now stands for another number, or for an array
          return names.set(id, { tree: left.tree, array: right.array });
        }
        case "Assign":
          if (node.targets.length > 1 || !id) break;
          if (!whole) return bind(id, node.value);
          return put(named(id), value(node.value));
        case "Expr":
          if (kind(node.value) === "Constant") return; // a docstring
          if (kind(node.value) === "Call") return call(node.value);
          throw wrong("this line changes nothing.");
        case "Import":
          if (node.names.every((n) => n.name === "numpy" && n.asname === "np")) return;
          break;
        case "Pass":
          return;
        case "For":
        case "While":
          throw wrong(`loops cannot run here: a line treats all elements at once. ${ELSEWHERE}`);
        case "If":
          throw wrong(
            "no line can begin with if here: np.where(dx > 0, 1, 2) is 1 for each element with dx > 0, and 2 for the others.",
          );
        case "Return":
          throw wrong("nothing is returned: x is changed in place.");
      }
      if (kind(target) === "Attribute")
        throw wrong(`${dotted(target)} cannot be set here: what your method keeps is a name of its own, such as v.`);
      if (kind(target) === "Subscript") throw wrong(PICKED);
      throw wrong(`this box takes lines such as v *= self.rho. ${ELSEWHERE}`);
    }

    for (const node of statements(text)) statement(node);
    for (const [name, first] of slots)
      if (!changed.has(name)) throw new Wrong(`line ${first}: ${name} is not known, and no line changes it.`);
    if (!changed.has("x")) throw new Wrong("No line changes x yet.");
    const notes = [...forgotten].map(
      ([name, set]) => `Line ${set} sets ${name} to 0 at each step, so ${name} keeps nothing: leave that line out.`,
    );
    return { slots: [...slots.keys()], lines, used: [...used], notes };
  }

  /** The update as {slots, lines, used}; or {wrong}, what is wrong with it. */
  pageKinds.method = ({ text, settings }) => {
    try {
      return read(text, settings);
    } catch (error) {
      if (error instanceof Wrong) return { wrong: error.message };
      if (error instanceof RangeError) return { wrong: "The page cannot read lines that are this long or deep." };
      const { lineno, msg } = $B.exception(error);
      if (!lineno) throw error;
      const line = msg === "unexpected indent" ? lineno - 1 : lineno; // Brython counts one too many
      return { wrong: `line ${line}: ${msg}` };
    }
  };
})();
