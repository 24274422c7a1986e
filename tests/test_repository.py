"""The repository's own files: one address everywhere, exact pins, licences, commands that exist."""

import datetime
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

import course_lib
from course_lib import cli
from course_lib.site import repository

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ADDRESS = repository.current(ROOT)
NEW = "https://github.com/ada-l/engine.notes"
COLAB = """\
# In Colab, install the book's library; elsewhere, do nothing.
import sys
if "google.colab" in sys.modules:
    %pip install -q "course-lib[data] @ git+{address}\""""


@pytest.fixture
def copy(tmp_path):
    """A copy of every file that holds the address."""
    for path in repository.copies(ROOT):
        to = tmp_path / path.relative_to(ROOT)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def colab_cells(folder: Path) -> dict[Path, str]:
    found = {}
    for path in sorted((folder / "book").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        tagged = [cell for cell in cells if "colab" in cell["metadata"].get("tags", [])]
        assert len(tagged) == 1, f"{path.name} has {len(tagged)} cells tagged colab"
        assert tagged[0] is next(cell for cell in cells if cell["cell_type"] == "code"), "it must be the first"
        found[path] = "".join(tagged[0]["source"])
    return found


def hold_together(folder: Path, address: str) -> None:
    """Assert that every place of the address holds this one, and no place another."""
    owner, name = address.split("/")[-2:]
    assert repository.current(folder) == address
    settings = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    assert settings["repository"]["url"] == address
    assert "path_to_book" not in settings["repository"]  # with it, Colab's button leads nowhere
    assert yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))["repository-code"] == address
    assert address in (folder / "README.md").read_text(encoding="utf-8")
    wanted = COLAB.format(address=address)
    for path, cell in colab_cells(folder).items():  # torch and its weights only where a chapter needs them
        deep = "course_lib.deep" in path.read_text(encoding="utf-8")
        assert cell == (wanted.replace("[data]", "[data,deep]") if deep else wanted), path
    for path in repository.copies(folder):
        text = path.read_text(encoding="utf-8")
        for found in re.findall(r"colab\.research\.google\.com/github/([\w-]+/[\w.-]+)", text):
            assert found == f"{owner}/{name}", path
        if address != ADDRESS:
            assert not re.search(re.escape(ADDRESS) + r"(?![\w-])", text), path


def test_places_hold_together():
    hold_together(ROOT, ADDRESS)


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "course_lib.cli", "repository", *arguments], cwd=folder, text=True, capture_output=True
    )


def test_command_prints_the_address(copy):
    assert run(copy / "book").stdout == ADDRESS + "\n"


@pytest.mark.parametrize("form", [NEW, NEW + "/", NEW + ".git", NEW + ".git/", f"  {NEW} "])
def test_command_rewrites_every_place(copy, form):
    before = contents(copy)
    done = run(copy, form)
    assert done.returncode == 0, done.stderr
    hold_together(copy, NEW)
    changed = {name for name, content in contents(copy).items() if content != before[name]}
    assert changed >= {
        *repository.REQUIRED,
        *(f"book/{path.name}" for path in (ROOT / "book").glob("*.ipynb")),
    }
    assert set(done.stdout.split("\n")[:-2]) == {name.replace("\\", "/") for name in changed}
    # there and back again: not one byte else was touched
    assert run(copy, ADDRESS).returncode == 0
    assert contents(copy) == before


def test_same_address_changes_nothing(copy):
    before = contents(copy)
    assert "Nothing to change" in run(copy, ADDRESS + ".git").stdout
    assert contents(copy) == before


@pytest.mark.parametrize(
    "bad",
    [
        "", "descent", "ada/engine", "http://github.com/ada/engine", "git@github.com:ada/engine.git",
        "https://github.com/ada", "https://github.com/ada/", "https://github.com//engine", "https://github.com/a/..",
        "https://github.com/ada/engine/tree/main", "https://github.com/ada/engine?x", "https://example.org/ada/engine",
        "https://github.com/-ada/engine", "https://github.com/ada/en gine", 'https://github.com/ada/"engine"',
        "https://github.com/ada/.git", "https://github.com/ada/engine\nx: y",
    ],
)  # fmt: skip
def test_bad_address_is_refused_and_nothing_written(copy, bad):
    before = contents(copy)
    done = run(copy, bad)
    assert done.returncode == 2
    assert "https://github.com/OWNER/NAME" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(copy) == before


@pytest.mark.parametrize("name", repository.REQUIRED[1:])
def test_place_without_the_address_stops_it_all(copy, name):
    (copy / name).write_text("nothing here\n")
    before = contents(copy)
    done = run(copy, NEW)
    assert done.returncode == 2
    assert name in done.stderr
    assert contents(copy) == before


def test_failure_half_way_leaves_nothing_half_written(copy, monkeypatch):
    before = contents(copy)
    real, calls = repository.os.replace, []

    def replace(source, target):
        calls.append(target)
        if len(calls) == 3:
            raise OSError("disk full")
        real(source, target)

    monkeypatch.setattr(repository.os, "replace", replace)
    with pytest.raises(OSError, match="disk full"):
        repository.change(copy, NEW)
    assert contents(copy) == before


def test_outside_the_repository_it_says_so(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 2
    assert "not inside a copy" in done.stderr


def test_longer_names_that_begin_alike_are_left_alone():
    old, new = "https://github.com/a/b", "https://github.com/x/y"
    text = (
        f"{old} {old}. {old}.git {old}/blob {old}-c {old}2 {old}.org colab.research.google.com/github/a/b/blob"
        " https://a.github.io/b/ https://A.github.io/b-c"
    )
    assert repository.rewritten(text, old, new) == (
        f"{new} {new}. {new}.git {new}/blob {old}-c {old}2 {old}.org colab.research.google.com/github/x/y/blob"
        " https://x.github.io/y/ https://A.github.io/b-c"
    )


# -- packaging ----------------------------------------------------------------------------------


def pins() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found.items()}


def test_every_requirement_is_pinned_exactly():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line
    asked = [*PROJECT["project"]["dependencies"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        asked += extra
    for requirement in asked:
        name = re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", requirement)[0]).lower()
        assert name in pins(), f"{name} is asked for and not pinned: make pin"
    assert pins()["jupyter-book"] == "1.0.4.post1"
    assert pins()["torch"] == "2.13.0"


def test_the_library_asks_for_little_and_bounds_it_loosely():
    asked = PROJECT["project"]["dependencies"]
    assert {re.match(r"\w+", line)[0] for line in asked} == {"numpy", "matplotlib", "ipywidgets", "anywidget"}
    assert not any(sign in line for line in asked for sign in ("==", "<", "~"))
    assert PROJECT["project"]["requires-python"] == ">=3.11"


def test_version_stands_in_one_place():
    assert PROJECT["project"]["dynamic"] == ["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == course_lib.__version__
    newest = re.search(r"^## (\S+) – (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest.groups() == (course_lib.__version__, citation["date-released"])


def test_errata_have_dates_the_newest_first():
    rows = re.findall(
        r"^\| (\d{4}-\d\d-\d\d) \| (.+?) \|", (ROOT / "book" / "errata.md").read_text("utf-8"), re.MULTILINE
    )
    dates = [datetime.date.fromisoformat(date) for date, _ in rows]
    assert rows and dates == sorted(dates, reverse=True)


def test_a_badge_is_a_picture_of_its_words():
    command = [sys.executable, ROOT / ".github" / "badge.py", "notebooks with torch <3", "run, 2026-11-30"]
    badge = ElementTree.fromstring(subprocess.run(command, text=True, encoding="utf-8", capture_output=True).stdout)
    texts = [field.text for field in badge.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["notebooks with torch <3", "run, 2026-11-30"]
    ends = [float(box.get("x")) + float(box.get("width")) for box in badge.iter("{http://www.w3.org/2000/svg}rect")]
    assert ends[-1] == float(badge.get("width"))


def test_every_workflow_is_one_and_runs_what_exists():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        flow = yaml.safe_load(path.read_text("utf-8"))
        text = path.read_text("utf-8")
        assert {"name", "jobs"} <= flow.keys() and flow["name"] == path.stem
        for file in re.findall(r"(?:tests|\.github)/[\w/]+\.py", text):
            assert (ROOT / file).is_file(), f"{path.name}: {file}"
        for command in re.findall(r"bin/course (\w+)", text):
            assert command in cli.COMMANDS, f"{path.name}: {command}"


def test_importing_the_library_needs_no_build_tool():
    code = (
        "import sys, course_lib, course_lib.optim, course_lib.plots, course_lib.claims, course_lib.explore, "
        "course_lib.exercises, course_lib.questions, course_lib.chapters, course_lib.cli\n"
        "print([n for n in ('torch', 'sphinx', 'quickjs', 'pscript', 'sklearn', 'scipy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_licences_are_named():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    for words in ("BSD 3-Clause License", "Neither the name of the copyright holder", "THIS SOFTWARE IS PROVIDED"):
        assert words in text
    for words in ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/legalcode"):
        assert words in text


def test_citation_has_what_the_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert citation["title"] == "Descent: Training Neural Networks, Interactively"


def test_make_targets_are_explained():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("book", "site", "lab", "test", "kernels", "lint", "bench", "clean", "help"):
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target


def workflow(name):
    return yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8"))


def test_workflows_test_the_promised_pythons_and_systems():
    jobs = workflow("test")["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert jobs["library"]["strategy"]["matrix"]["os"] == ["macos-latest", "windows-latest"]
    extras = set(re.findall(r"\[([\w,]+)\]", str(jobs["library"]["steps"]))[0].split(","))
    assert extras == PROJECT["project"]["optional-dependencies"].keys()


@pytest.mark.parametrize("name", ["test", "pages", "whole"])
def test_workflows_take_torch_for_the_processor(name):
    assert workflow(name)["env"]["PIP_EXTRA_INDEX_URL"] == "https://download.pytorch.org/whl/cpu"


def test_only_what_passed_its_tests_is_published():
    flow = workflow("pages")
    triggers = flow[True]  # YAML reads `on` as true
    assert triggers == {
        "workflow_run": {"workflows": ["test"], "types": ["completed"], "branches": ["main"]},
        "workflow_dispatch": None,
    }
    assert workflow("test")["name"] == "test"
    build = flow["jobs"]["build"]
    assert "workflow_run.conclusion == 'success'" in build["if"] and "event != 'pull_request'" in build["if"]
    tested, checkout, *_ = build["steps"]
    assert (
        "workflow_run.head_sha" in tested["env"]["TESTED"] and "branch=main&event=push&status=success" in tested["run"]
    )
    assert checkout["with"]["ref"] == "${{ steps.tested.outputs.commit }}"
    assert flow["jobs"]["deploy"]["needs"] == "build" and "build" in flow["jobs"]["notebooks"]["needs"]


def test_each_job_may_do_no_more_than_it_must():
    assert workflow("test")["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow("test")["jobs"].values())
    flow = workflow("pages")
    assert flow["permissions"] == {}
    assert {name: job["permissions"] for name, job in flow["jobs"].items()} == {
        "build": {"actions": "read", "contents": "read", "pages": "read"},
        "deploy": {"pages": "write", "id-token": "write"},
        "notebooks": {"contents": "write"},
    }


def test_the_branch_with_the_notebooks_is_the_one_that_colab_opens():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    branch = settings["repository"]["branch"]
    (step,) = [step["run"] for step in workflow("pages")["jobs"]["notebooks"]["steps"] if "run" in step]
    assert f"--initial-branch {branch}\n" in step and re.search(rf"push --force \S+ {branch}\n", step)
    assert "course notebooks --plain _build/plain/book" in str(workflow("pages")["jobs"]["build"]["steps"])


def test_no_file_is_left_for_later():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, text=True, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    word = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|coming so" + "on", re.IGNORECASE)
    found = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".ipynb", ".toml", ".yml", ".css"} and path.is_file():
            found += [
                f"{name}: {hit[0]}" for hit in word.finditer(path.read_text(encoding="utf-8")) if hit[0] != "todo"
            ]
    assert found == []


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_commands_explain_themselves(command, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    assert f"course {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["site"], "not inside a copy"),
        (["downloads"], "not inside a copy"),
        (["serve"], "not inside a copy"),
        (["work"], "not inside a copy"),
        (["check"], "not inside a copy"),
        (["check", "missing"], "there is no folder missing: nothing was checked"),
        (["serve", "."], "make site"),
        (["notebooks", "--check"], "not inside a copy"),
        (["notebooks", "--check", "missing.ipynb"], "missing.ipynb: No such file"),
        (["notebooks", "--check", "not.ipynb"], "not.ipynb is not a notebook"),
        (["serve", "--port", "99999", "site"], "no port 99999"),
        (["repository"], "not inside a copy"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, words, tmp_path, monkeypatch, capsys):
    (tmp_path / "not.ipynb").write_text("[]")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").touch()
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"course {arguments[0]}: ") and words in said
    assert said.count("\n") == 1


def test_notebooks_are_found_from_every_folder(copy, monkeypatch, capsys):
    path = next((copy / "book").glob("*.ipynb"))
    monkeypatch.chdir(copy / "book")
    assert cli.main(["notebooks", "--check"]) == 0
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert cli.main(["notebooks", "--check"]) == 1
    assert f"{path.name}: it has" in capsys.readouterr().err
    for path in (copy / "book").glob("*.ipynb"):
        path.unlink()
    assert cli.main(["notebooks", "--check"]) == 2
    assert "no notebook in" in capsys.readouterr().err


def test_course_without_a_command_lists_them(capsys):
    assert cli.main([]) == 2
    shown = capsys.readouterr().out
    assert all(name in shown for name in cli.COMMANDS)
