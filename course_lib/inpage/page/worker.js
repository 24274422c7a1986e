/* The worker's side: Python (Brython) runs here, and the page asks it by messages {id, kind, …}.
   Before this file come Brython and the modules (course_lib/inpage/build.py). */
(() => {
  const BEAT = 400, // milliseconds between two signs of life
    KEPT = 2000; // characters of the reader's output
  const { None } = $B.builtins;
  $B.recursion_limit = 300; // the browser's own stack is the shorter one
  $B.set_to_dict($B.coroutine, "__await__", None); // Brython's lack it

  // -- the reader's own time, of which a check at every line of theirs takes care
  const clock = { limit: 0, spent: 0, since: null, lines: 0, kind: null, place: null, on: false };
  let printed = "",
    beat = 0;
  const own = () => clock.spent + (clock.since === null ? 0 : performance.now() - clock.since);
  function alive() {
    const now = performance.now();
    if (now - beat > BEAT) {
      beat = now;
      postMessage({ alive: true });
    }
  }
  const setLine = $B.set_lineno;
  $B.set_lineno = (frame, line, type) => {
    const answer = setLine(frame, line, type);
    // only what the reader or a mutant wrote is stopped: the engine must come to its end
    if (clock.on && clock.since !== null && frame.__file__[0] === "<") {
      if ((++clock.lines & 63) === 0) alive();
      if (clock.place !== null || ((clock.lines & 63) === 0 && own() > clock.limit)) {
        clock.place ??= $B.fast_tuple([frame.__file__, line]);
        throw $B.$call(clock.kind);
      }
    }
    return answer;
  };

  // -- trees of the reader's text
  const parse = (text, file) => $B.pythonToAST(text, file, "file");
  const { Expr, Constant, Pass, Call, Attribute, FunctionDef, Import, ImportFrom, Return } = $B.ast;
  const sources = new Map();
  const isUse = ({ value }) => value instanceof Call && value.func instanceof Attribute && value.func.attr === "use";
  /** Every node of a tree, the outer ones first. */
  function* nodes(node) {
    if (Array.isArray(node)) for (const inner of node) yield* nodes(inner);
    else if (node?.constructor?._fields) {
      yield node;
      for (const name of node.constructor._fields) yield* nodes(node[name.replace(/[*?]$/, "")]);
    }
  }
  /** The name of a function's argument that another one has, and its line; "" if there is none. */
  function repeated(text, file) {
    for (const node of nodes(parse(text, file))) {
      if (!(node instanceof FunctionDef)) continue;
      const { posonlyargs, args, vararg, kwonlyargs, kwarg } = node.args;
      const names = new Set();
      for (const { arg, lineno } of [posonlyargs, args, vararg, kwonlyargs, kwarg].flat().filter((a) => a?.arg)) {
        if (names.has(arg)) return `${arg} ${lineno}`;
        names.add(arg);
      }
    }
    return "";
  }
  /** What stands for an import of a module that the page lacks: it tells so when it is used. */
  function standIn(node) {
    if (node instanceof ImportFrom) {
      if (node.module === "__future__") return "pass";
      if (HERE.has(node.module)) return null;
      return node.names.map(({ name, asname }) => lacking(asname || name, `${node.module}.${name}`)).join("; ");
    }
    if (node.names.every(({ name }) => HERE.has(name))) return null;
    return node.names
      .map(({ name, asname }) => {
        const known = asname || name.split(".")[0];
        return HERE.has(name) ? `import ${name} as ${known}` : lacking(known, name);
      })
      .join("; ");
  }
  const HERE = new Set(["numpy", "numpy.linalg", "math", "typing"]), // all else that can be imported serves the engine
    lacking = (known, name) => `${known} = __lacking__("${name}")`;
  /** The text without bare calls, without `f = ex.name.use(f)`, and without annotations, which Brython cannot compile
      here; all else stays in its place. */
  function definitions(text, file) {
    const lines = text.split("\n"),
      tree = parse(text, file);
    function blank({ lineno, col_offset, end_lineno, end_col_offset }, instead = "") {
      for (let i = lineno; i <= end_lineno; i++) {
        const line = lines[i - 1],
          from = i === lineno ? col_offset : 0,
          to = i === end_lineno ? end_col_offset : line.length;
        const put = i === lineno ? instead : "";
        lines[i - 1] = line.slice(0, from) + put.padEnd(to - from) + line.slice(to);
      }
    }
    for (const node of tree.body) if (node instanceof Expr || isUse(node)) blank(node, "0");
    for (const node of [...nodes(tree)].reverse()) {
      // from the end, for a stand-in may be longer
      if (node instanceof Import || node instanceof ImportFrom) {
        const instead = standIn(node);
        if (instead !== null) blank(node, instead);
      }
      if (node.annotation && "arg" in node) blank({ ...node, col_offset: node.col_offset + node.arg.length });
      if (node.returns) {
        const { lineno, col_offset } = node.returns;
        blank({ ...node.returns, col_offset: lines[lineno - 1].lastIndexOf("->", col_offset) });
      }
    }
    sources.set(file, text);
    return lines.join("\n");
  }
  const says = (node) =>
    !(
      node instanceof Pass ||
      (node instanceof Expr && node.value instanceof Constant) ||
      (node instanceof Return && (!node.value || node.value.value === None))
    );
  function isEmpty(file, name) {
    const text = sources.get(file);
    const found = text && parse(text, file).body.findLast((n) => n instanceof FunctionDef && n.name === name);
    return Boolean(found) && !found.body.some(says);
  }
  /** A tree as text, without its places. */
  function dump(node) {
    if (Array.isArray(node)) return `[${node.map(dump)}]`;
    const fields = node?.constructor?._fields;
    if (!fields) return node === undefined ? "" : $B.builtins.repr(node);
    return `${node.constructor.$name}(${fields.map((name) => dump(node[name.replace(/[*?]$/, "")]))})`;
  }
  function sameCode(text, start) {
    try {
      const [one, other] = [text, start].map((t) =>
        parse(t, "<cell>")
          .body.filter((n) => !(n instanceof Expr))
          .map(dump),
      );
      return String(one) === String(other);
    } catch {
      return false;
    }
  }

  const expression = (pattern) => new RegExp(pattern, "gm");
  globalThis.pageHooks = {
    start(seconds, kind) {
      Object.assign(clock, {
        limit: 1000 * seconds.value,
        spent: 0,
        since: null,
        lines: 0,
        kind,
        place: null,
        on: true,
      });
      printed = "";
      return None;
    },
    stop() {
      clock.on = false;
      clock.since = null;
      return clock.place ?? None;
    },
    resume() {
      clock.since = performance.now();
      alive();
      return None;
    },
    pause() {
      if (clock.since !== null) clock.spent += performance.now() - clock.since;
      clock.since = null;
      return None;
    },
    write(text) {
      if (printed.length < KEPT) printed += String(text).slice(0, KEPT - printed.length);
      return None;
    },
    printed: () => printed,
    is_overflow: (error) => /Maximum call stack|too much recursion|stack overflow/.test(String(error.args?.[0] ?? "")),
    is_empty: isEmpty,
    same_code: sameCode,
    definitions,
    repeated,
    parse(text, file) {
      parse(text, file);
      return None;
    },
    find_all: (pattern, text) =>
      $B.$list(
        [...text.matchAll(expression(pattern))].map((m) => (m.length > 2 ? $B.fast_tuple(m.slice(1)) : m.at(-1))),
      ),
    replace_all: (pattern, to, text) => text.replace(expression(pattern), to.replace(/\\(\d)/g, "$$$1")),
  };

  // -- data into Python and back
  function toPython(value) {
    if (Array.isArray(value)) return $B.$list(value.map(toPython));
    if (value === null) return None;
    if (typeof value === "number") return new $B.Float(value); // integers come as {int: …}
    if (typeof value !== "object") return value;
    const dict = $B.empty_dict();
    for (const [key, inner] of Object.entries(value)) $B.builtins.dict.$setitem(dict, key, toPython(inner));
    return dict;
  }
  function toPage(value) {
    if (value === None) return null;
    if (Array.isArray(value)) return Array.from(value, toPage);
    if ($B.$isinstance(value, $B.builtins.dict)) {
      const items = Array.from($B.builtins.dict.$iter_items(value));
      return Object.fromEntries(items.map(({ key, value: inner }) => [String(key), toPage(inner)]));
    }
    return typeof value === "boolean" ? value : String(value);
  }
  const words = (error) => {
    try {
      return $B.error_trace($B.exception(error));
    } catch {
      return String(error?.stack ?? error);
    }
  };

  // -- the exercises
  const call = (name, ...args) => $B.$call($B.$getattr($B.imported.answer, name), ...args);
  const exercises = new Map(),
    waiting = []; // rehearsals: mistakes to be run while nobody asks for anything
  function exercise(data) {
    if (!exercises.has(data.name)) {
      exercises.set(data.name, call("load", toPython(data)));
      waiting.push($B.builtins.iter(call("rehearse", exercises.get(data.name))));
      rehearse();
    }
    return exercises.get(data.name);
  }
  /** Run the next of the known mistakes when the worker has nothing else to do. */
  let planned = false;
  function rehearse() {
    if (planned || !waiting.length) return;
    planned = true;
    setTimeout(() => {
      planned = false;
      try {
        $B.builtins.next(waiting[0]);
      } catch {
        waiting.shift(); // it has come to its end
      }
      rehearse();
    });
  }

  const kinds = {
    prepare({ exercise: data }) {
      exercise(data);
      return {};
    },
    catch: ({ exercise: data, typed, before }) =>
      toPage(call("catch", exercise(data), toPython(typed), toPython(before))),
    check: ({ exercise: data, text, seconds }) => toPage(call("check", exercise(data), text, new $B.Float(seconds))),
  };
  self.onmessage = ({ data }) => {
    try {
      postMessage({ id: data.id, ...kinds[data.kind](data) });
    } catch (error) {
      postMessage({ id: data.id, failed: words(error) });
    }
  };
  globalThis.pageKinds = kinds;

  brython({ indexedDB: false, debug: 1 });
  try {
    $B.runPythonSource("import answer", "start");
    postMessage({ id: 0 });
  } catch (error) {
    postMessage({ id: 0, failed: words(error) });
  }
})();
