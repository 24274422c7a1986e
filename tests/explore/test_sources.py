"""What code depends on: imports of every form, transitively; packages, data, chapters; and nothing else."""

import subprocess
import sys

import pytest

from course_lib.explore.sources import LIBRARY, dependencies, digest

FILES = {
    "__init__.py": "",
    "plain.py": "import numpy\nVALUE = 1",
    "alone.py": "",
    "lazy.py": "def f():\n    from . import plain\n    return plain",
    "circle.py": "from lib.other_half import g",
    "other_half.py": "from .circle import f",
    "deep/__init__.py": "from .inner import thing",
    "deep/inner.py": "from ..alone import x",
    "deep/unused.py": "",
    "deep/pretrained/letters.json": "{}",
    "deep/pretrained/letters.safetensors": "0",
    "deep/pretrained/README.md": "",
    "deep/part/__init__.py": "",
    "deep/part/part.npz": "0",
    "explore/__init__.py": "",
    "explore/js/look.css": "",
    "explore/js/look.js": "",
    "explore/js/package.json": "{}",
    "chapters/__init__.py": "import pkgutil",
    "chapters/ch01/__init__.py": "",
    "chapters/ch01/experiments.py": "from lib import plain",
    "chapters/ch01/numbers.json": "{}",
    "chapters/ch01/exercises/__init__.py": "",
    "chapters/ch01/exercises/one.py": "from lib import alone",
    "chapters/ch02/__init__.py": "",
    "chapters/ch02/experiments.py": "from lib.chapters.ch01.experiments import race",
}
CH01 = {name for name in FILES if name.startswith("chapters/ch01") and not name.endswith("numbers.json")} | {
    "chapters/__init__.py"
}


@pytest.fixture
def library(tmp_path):
    root = tmp_path / "lib"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def found(library, code, **options):
    return {path.relative_to(library).as_posix() for path in dependencies(code, library, **options)} - {"__init__.py"}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import numpy as np\nx = 1", set()),
        ("import library.plain\nfrom lib2 import plain\nfrom numpy import plain", set()),
        ("import lib.plain", {"plain.py"}),
        ("import lib.plain as p, lib.alone", {"plain.py", "alone.py"}),
        ("from lib import plain, VALUE", {"plain.py"}),
        ("from lib.plain import VALUE", {"plain.py"}),
        ("if False:\n    from lib import lazy", {"lazy.py", "plain.py"}),
        ("import lib.circle", {"circle.py", "other_half.py"}),
        (
            "from lib import deep",
            {"deep/__init__.py", "deep/inner.py", "alone.py"}
            | {"deep/pretrained/letters.json", "deep/pretrained/letters.safetensors"},
        ),
        (
            "from lib.deep.part import x",
            {"deep/__init__.py", "deep/inner.py", "alone.py", "deep/part/__init__.py", "deep/part/part.npz"}
            | {"deep/pretrained/letters.json", "deep/pretrained/letters.safetensors"},
        ),
        ("from lib import explore", {"explore/__init__.py"}),
        ("from lib.chapters.ch01 import ex, explore", CH01 | {"plain.py", "alone.py"}),
        ("from lib.chapters import ch01", CH01 | {"plain.py", "alone.py"}),
    ],
)
def test_what_is_imported_is_found(library, code, names):
    assert found(library, code) == names


def test_a_chapter_is_its_own_folder_and_what_it_shows_of_another(library):
    second = {"chapters/ch02/__init__.py", "chapters/ch02/experiments.py"}
    assert found(library, "from lib.chapters.ch02 import ex") == second | CH01 | {"plain.py", "alone.py"}
    assert found(library, "from lib.chapters.ch01 import ex") & second == set()
    by_name = found(library, "import lib.chapters.ch01.experiments", discovery=False)
    assert by_name - CH01 == {"plain.py"} and "chapters/ch01/exercises/one.py" not in by_name


def test_all_that_python_imports_is_found():
    """Held against Python itself: every module of the library that is loaded is among the files."""
    code = "from course_lib import exercises, explore\nfrom course_lib.data import load_digits\nimport course_lib.nn"
    list_them = "\nimport sys; print(*(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'course_lib'))"
    done = subprocess.run([sys.executable, "-c", code + list_them], cwd=LIBRARY.parent, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert len(loaded) > 50 and loaded <= {str(path) for path in dependencies(code)}
    assert not any("site" in path.relative_to(LIBRARY).parts for path in dependencies(code))


def test_the_pretrained_weights_count_and_no_script_does():
    suffixes = {path.suffix for path in dependencies("from course_lib import deep, explore")}
    assert suffixes == {".py", ".json", ".safetensors"}


def test_the_digest_follows_names_contents_and_texts(library):
    files = dependencies("import lib.plain", library)
    before = digest(files, "pins", library=library)
    assert len(before) == 12 and before == digest(sorted(files)[::-1], "pins", library=library)
    assert digest(files, "other pins", library=library) != before
    (library / "alone.py").write_text("# changed")
    assert digest(files, "pins", library=library) == before
    (library / "plain.py").write_text("VALUE = 2")
    changed = digest(files, "pins", library=library)
    (library / "plain.py").rename(library / "plane.py")
    renamed = digest(files - {library / "plain.py"} | {library / "plane.py"}, "pins", library=library)
    assert len({before, changed, renamed}) == 3
