"""The page's Python (Brython) in this process, by QuickJS: to compile modules for the page, and for tests."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BRYTHON = Path(__file__).parent / "brython"
STACK = 256 << 20  # bytes; a parser of a long expression recurses deeply

#: What Brython looks for in a browser's worker, and does not need.
_BROWSER = """
globalThis.self = globalThis;
globalThis.importScripts = () => {};
globalThis.addEventListener = () => {};
globalThis.dispatchEvent = () => true;
globalThis.setTimeout = () => 0;
globalThis.clearTimeout = () => {};
globalThis.navigator = { language: "en" };
globalThis.WorkerNavigator = globalThis.WorkerGlobalScope = class { static [Symbol.hasInstance]() { return true; } };
globalThis.XMLHttpRequest = globalThis.Blob = class {};
globalThis.Event = class {};
globalThis.performance ??= { now: () => Date.now() };
globalThis.said = [];
globalThis.console = { log: (...words) => said.push(words.join(" ")), debug() {} };
console.warn = console.error = console.info = console.log;
globalThis.Intl = {
  DateTimeFormat: class { resolvedOptions() { return { timeZone: "UTC" }; } format() { return ""; } },
};
globalThis.URL = class {
  constructor(href) {
    const [, protocol, host, pathname] = /^(\\w+:)\\/\\/([^/]*)(.*)$/.exec(href);
    Object.assign(this, { href, protocol, host, hostname: host, pathname, origin: `${protocol}//${host}` });
  }
};
globalThis.location = new URL("http://page.invalid/worker.js");
"""

#: What stands before Brython in the page's worker, too.
BEFORE = """
// Brython's own is wrong where the browser has none (the arguments are exchanged).
Set.prototype.difference ??= function (other) { return new Set([...this].filter((x) => !other.has(x))); };
// From disk the worker's address is no URL; nothing is ever fetched from this one.
globalThis.__BRYTHON__ = { brython_path: "http://page.invalid/" };
"""

#: And what stands after it: the modules are those of the page, and of no other address.
AFTER = """
globalThis.$B = __BRYTHON__;
$B.protocol = "file";
$B.use_VFS = true;
$B.VFS ??= {};
"""
START = "brython({ indexedDB: false, debug: 1 });\n"


def brython() -> str:
    """Return the text of Brython itself."""
    return (BRYTHON / "brython.js").read_text("utf-8")


class Quick:
    """Brython in QuickJS, with modules that can be imported there.

    Args:
        modules: Brython's virtual files: name → [".py" or ".js", source, imports, 1 if it is a package].
        before: JavaScript to run before Brython starts.

    >>> page = Quick({"half": [".py", "def half(x):\\n    return x / 2\\n", []]})
    >>> page.run("from half import half\\nprint(half(3))")
    '1.5\\n'
    """

    def __init__(self, modules: Mapping[str, list[Any]], before: str = "") -> None:
        import quickjs

        self.context = quickjs.Context()
        self.context.set_max_stack_size(STACK)
        vfs = f"Object.assign($B.VFS, {json.dumps(modules)});\n"
        for text in (_BROWSER, BEFORE, brython(), AFTER, vfs, before, START):
            self.context.eval(text)

    def load(self, script: str) -> None:
        """Run a script."""
        self.context.eval(script)

    def value(self, expression: str) -> Any:
        """Return the value of an expression in JavaScript, as JSON has it."""
        return json.loads(self.context.eval(f"[JSON.stringify({expression} ?? null)].join('')"))

    def run(self, source: str) -> str:
        """Run Python; return what it printed.

        Raises:
            RuntimeError: it raised an error.
        """
        self.load("said.length = 0")
        words = self.value(
            f"""(() => {{ try {{ $B.runPythonSource({json.dumps(source)}, "quick" + Math.random()); }}
            catch (error) {{ return $B.error_trace($B.exception(error)); }} }})()"""
        )
        if words:
            raise RuntimeError(words)
        return self.value("said.join('')")
