"""Put the page's Python together: Brython, the engine's own files, a small NumPy, and one script for each exercise.

The modules are compiled to JavaScript here, by Brython itself in QuickJS: in the page that would take a second.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
from pathlib import Path
from typing import Any

from course_lib.exercises import Exercise
from course_lib.exercises.game import as_text, game_of
from course_lib.exercises.question import changes
from course_lib.exercises.source import needed_definitions
from course_lib.exercises.wording import named

from .cases import encode, encode_cases
from .names import names
from .quick import AFTER, BEFORE, BRYTHON, START, Quick, brython

PAGE = Path(__file__).parent / "page"
JS = Path(__file__).parent / "js"
ENGINE = Path(__file__).parents[1] / "exercises"

#: The engine's files that run in the page as they are; page/engine has those that do not.
SHARED = (
    "cases",
    "catching",
    "cell",
    "commands",
    "checking",
    "declaration",
    "diagnosis",
    "intact",
    "play",
    "question",
    "result",
    "show",
    "stub",
    "wording",
)
PACKAGE = "course_lib.exercises"


class PageError(ValueError):
    """An exercise that cannot be done in the page, though it says it needs no package."""


@functools.cache
def modules() -> dict[str, list[Any]]:
    """Return the modules of the page's Python as Brython's virtual files, by name."""
    sources = {f"{PACKAGE}.{name}": ENGINE / f"{name}.py" for name in SHARED}
    for path in sorted((PAGE / "engine").glob("*.py")):
        sources[PACKAGE if path.stem == "__init__" else f"{PACKAGE}.{path.stem}"] = path
    for path in sorted(PAGE.rglob("*.py")):
        parts = [part for part in path.relative_to(PAGE).with_suffix("").parts if part != "std"]
        if parts[0] != "engine":
            sources[".".join(parts).removesuffix(".__init__")] = path
    files: dict[str, list[Any]] = {"course_lib": [".py", "", [], 1]}
    for name, path in sources.items():
        is_package = [1] if path.stem == "__init__" else []
        files[name] = [".py", shorten(path.read_text("utf-8")), [], *is_package]
    files["math"] = [".js", (BRYTHON / "math.js").read_text("utf-8"), []]
    files["_names"] = [".py", names(), []]
    files["_nd"] = [".js", (PAGE / "nd.js").read_text("utf-8"), []]
    files["_page"] = [".js", "$B.addToImported('_page', globalThis.pageHooks);", []]
    return files


def shorten(source: str) -> str:
    """Return a module's source without comments, docstrings and annotations, which nobody reads in the page."""
    return ast.unparse(_Shorter().visit(ast.parse(source)))


class _Shorter(ast.NodeTransformer):
    def _body(self, node: Any) -> Any:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)

    visit_Module = visit_ClassDef = _body

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._body(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module == "__future__" else node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(0)  # a dataclass needs to know that there is one
        return self.generic_visit(node)


@functools.cache
def worker() -> str:
    """Return the text of the worker: it starts from a string, for a page from disk may fetch nothing."""
    files = modules()
    files |= {name: [kind, "", *rest] for name, (kind, _, *rest) in files.items() if name in compiled()}
    parts = [
        BEFORE,
        brython(),
        AFTER,
        f"$B.VFS = {to_json(files)};\nObject.assign($B.precompiled, {to_json(compiled())});\n",
        *((PAGE / name).read_text("utf-8") for name in ("worker.js", "method.js")),
    ]
    return "\n".join(parts)


@functools.cache
def compiled() -> dict[str, Any]:
    """Return the page's modules as JavaScript, by name."""
    files = modules()
    page = Quick(
        files,
        "globalThis.postMessage = ({ failed }) => { globalThis.failed ??= failed; };\n",
    )
    page.load((PAGE / "worker.js").read_text("utf-8").replace(START.strip(), ""))
    if failed := page.value("globalThis.failed"):
        raise PageError(f"the page's Python does not start: {failed}")
    made = page.value("$B.precompiled")
    return {name: made[name] for name in sorted(files) if name in made}


def python_script() -> str:
    """Return the script `python.js`, which a page loads at the first touch of an exercise."""
    return f"course.pythonSource = {to_json(worker())};\n"


def for_engine(exercise: Exercise) -> dict[str, Any]:
    """Return what the engine in the page needs of an exercise, as JSON data.

    Raises:
        PageError: code of its own, a goal or a function among the arguments, needs what the page does not have.
    """
    cases = encode_cases(exercise)
    goal = exercise.goal.__name__ if exercise.goal else ""
    game = for_game(exercise)
    return {
        "returns": list(exercise.returns),
        "start": exercise.start,
        "after": exercise.after,
        "mutants": [[m.name, m.old, m.new, m.message] for m in exercise.mutants],
        "cases": cases,
        "asks": dict(exercise.asks),
        "limits": {name: list(limits) for name, limits in exercise.limits.items()},
        "changes": changes(exercise),
        "goal": goal,
        "code": _code(exercise, {goal, *_made(cases)} - {""}),
        **({"catch": game} if game else {}),
    }


def for_game(exercise: Exercise) -> dict[str, Any]:
    """Return what the page needs of a bug to catch (`Game`), as JSON data; nothing if there is none.

    `fields` are name, kind and text of each argument that can be typed; `fixed` are the others, which `stays` names;
    `unknown` are the wrong versions that no call tells from the right one.
    """
    game = game_of(exercise)
    if game is None:
        return {}
    fixed = {name: value for name, value in game.start.items() if not game.kinds[name]}
    return {
        "fields": [[name, game.kinds[name], as_text(value)] for name, value in game.start.items() if name not in fixed],
        "fixed": {name: encode(value) for name, value in fixed.items()},
        "stays": [named({name: value}) for name, value in fixed.items()],
        "depths": {name: list(map(encode, depths)) for name, depths in game.depths.items()},
        "alike": [list(names) for names in game.alike],
        "unknown": [mutant.name for mutant in exercise.mutants if mutant not in game.known],
    }


def _made(value: Any) -> set[str]:
    """Return the names of the classes that encoded values are instances of."""
    if isinstance(value, dict):
        own = {value["make"]} if "make" in value else set()
        return own.union(*map(_made, value.values()))
    return set().union(*map(_made, value)) if isinstance(value, list) else set()


def _code(exercise: Exercise, names: set[str]) -> str:
    """Return the definitions of names in an exercise's file, with what these need."""
    source = shorten(Path(inspect.getsourcefile(exercise.cases) or "").read_text("utf-8"))
    code = needed_definitions(", ".join(sorted(names)), [source])
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            wanted = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            for name in wanted:
                if getattr(node, "level", 0) or name not in modules():
                    raise PageError(f"exercise {exercise.name}: {ast.unparse(node)!r} is not possible in the page")
    return code


def to_json(value: Any) -> str:
    """Return data as JSON that can stand in a script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
