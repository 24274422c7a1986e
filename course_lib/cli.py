"""The `course` command, for readers and maintainers of the book.

Each sub-command is one function here, and imports what it needs only when it runs.
"""

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import course_lib


def repository(arguments: list[str]) -> int:
    """Print the repository's public address, or change it in every file."""
    from course_lib.site import repository as place

    parser = argparse.ArgumentParser(prog="course repository", description=repository.__doc__)
    parser.add_argument("url", nargs="?", help="https://github.com/OWNER/NAME; without it, the address is printed")
    options = parser.parse_args(arguments)
    root = place.find_root(Path.cwd())
    if options.url is None:
        print(place.current(root))
        return 0
    changed = place.change(root, options.url)
    for path in changed:
        print(path.relative_to(root))
    print(f"The repository is at {place.current(root)}" if changed else "Nothing to change")
    return 0


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line: its usage would fill the screen."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help lists what can be given)\n")


def grade(arguments: list[str]) -> int:
    """Grade the notebooks of a class, each answer in a process without rights."""
    import shlex

    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: the grader's processes share the cores
    from course_lib.grading.process import Sandbox
    from course_lib.grading.run import SEEDS, Options, grade_folder

    parser = _Parser(prog="course grade", description=grade.__doc__)
    parser.add_argument("folder", type=Path, help="STUDENT/*.ipynb, or what Canvas, Moodle or nbgrader give")
    parser.add_argument(
        "--out", type=Path, default=Path("grades"), metavar="FOLDER", help="of results; default: grades"
    )
    parser.add_argument("--page", help="the chapter, as 03_momentum; default: the one in the notebooks' names")
    parser.add_argument("--due", metavar="DATE", help="as 2027-03-01T23:59+01:00: tells by how much each is late")
    parser.add_argument("--points", default="", metavar="NAME=N,...", help="points of exercises; 1 each unless given")
    parser.add_argument("--student", action="append", default=[], metavar="NAME", help="grade this one again")
    parser.add_argument("--again", action="store_true", help="grade all again")
    parser.add_argument(
        "--accept", action="append", default=[], metavar="NAME:EXERCISE", help="accept an answer by hand"
    )
    parser.add_argument("--roster", type=Path, metavar="CSV", help="the list that your learning platform exports")
    parser.add_argument("--roster-id", default="", metavar="COLUMN", help="its column of students' names or numbers")
    parser.add_argument("--roster-grade", default="", metavar="COLUMN", help="its column to fill in, in a copy")
    parser.add_argument("--anonymous", action="store_true", help="pseudonyms in all results; key.csv tells whose")
    parser.add_argument(
        "--seeds",
        type=int,
        default=SEEDS,
        metavar="N",
        help=f"of secret cases, 0: none; default: {SEEDS}",
    )
    parser.add_argument("--variants", action="store_true", help="other secret cases for each student")
    parser.add_argument("--exam", action="store_true", help="feedback gives the verdict alone; the report says all")
    parser.add_argument("--contact", default="", metavar="TEXT", help="whom students may ask, told on their pages")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes; 0, the default: one a core")
    parser.add_argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler, or local")
    parser.add_argument("--sandbox", default="", metavar="COMMAND", help='in front of each process, as "bwrap ..."')
    parser.add_argument("--sandbox-python", default=sys.executable, metavar="PYTHON", help="the Python in there")
    parser.add_argument("--trust-submissions", action="store_true", help="even if they reach files or the network")
    parser.add_argument("--self-test", action="store_true", help="first grade some alone and under load, and compare")
    options = parser.parse_args(arguments)
    for count in ("seeds", "workers"):
        if getattr(options, count) < 0:
            raise ValueError(f"--{count} must be at least 0, not {getattr(options, count)}")
    if options.cluster not in (None, "local") and not options.cluster.rpartition(":")[2].isdecimal():
        raise ValueError(f"--cluster is an address like tcp://scheduler:8786, or local, not {options.cluster!r}")
    try:
        prefix = tuple(shlex.split(options.sandbox))
    except ValueError as error:
        raise ValueError(f"--sandbox is no command: {error}") from None
    if len({bool(one) for one in (options.roster, options.roster_id, options.roster_grade)}) > 1:
        raise ValueError("--roster, --roster-id and --roster-grade belong together: a file and two of its columns")
    return grade_folder(
        Options(
            folder=options.folder,
            out=options.out,
            page=options.page,
            due=options.due,
            points=options.points,
            students=options.student,
            again=options.again,
            roster=options.roster,
            roster_id=options.roster_id,
            roster_grade=options.roster_grade,
            anonymous=options.anonymous,
            workers=options.workers,
            cluster=options.cluster,
            sandbox=Sandbox(prefix, options.sandbox_python),
            trust=options.trust_submissions,
            seeds=options.seeds,
            variants=options.variants,
            accept=options.accept,
            self_test=options.self_test,
            exam=options.exam,
            contact=options.contact,
        )
    )


def notebooks(arguments: list[str]) -> int:
    """Check that notebooks are clean, clean them, or write their plain form."""
    from course_lib.site import notebooks as form
    from course_lib.site.plain import write_plain

    parser = argparse.ArgumentParser(prog="course notebooks", description=notebooks.__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="default: every notebook in book/")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="report what is not clean, change nothing")
    action.add_argument("--clean", action="store_true", help="write the notebooks clean")
    action.add_argument("--plain", type=Path, metavar="FOLDER", help="write them for any Jupyter, Colab and GitHub")
    options = parser.parse_args(arguments)
    files = options.files or form.chapters()
    if options.plain:
        print(*write_plain(files, options.plain), sep="\n")
        return 0
    bad = 0
    for path in files:
        text = form.read(path)
        if options.clean and (new := form.dumps(form.clean(json.loads(text)))) != text:
            path.write_text(new, encoding="utf-8", newline="\n")
            print(f"{path}: cleaned")
            text = new
        for problem in form.problems(text):
            bad += 1
            print(f"{path}: {problem}", file=sys.stderr)
    return 1 if bad else 0


def work(arguments: list[str]) -> int:
    """Copy the chapters into work/, your own folder; bring new versions of them."""
    from course_lib.site import repository as place
    from course_lib.site.work import NAME, prepare

    parser = argparse.ArgumentParser(prog="course work", description=work.__doc__)
    parser.add_argument("--update", action="store_true", help="bring new versions, and keep what you wrote")
    options = parser.parse_args(arguments)
    root, failed = place.find_root(Path.cwd()), False
    for change in prepare(root, update=options.update):
        failed |= change.failed
        print(f"{change.path.relative_to(root)}: {change.sentence}", file=sys.stderr if change.failed else sys.stdout)
    print(f"Your notebooks are in {root / NAME}")
    return 1 if failed else 0


def check(arguments: list[str]) -> int:
    """Check the answers in your notebooks, or in all notebooks of a folder and below it."""
    from course_lib.grading.check import check_folder
    from course_lib.site import repository as place
    from course_lib.site.work import NAME

    parser = argparse.ArgumentParser(prog="course check", description=check.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="or one notebook; default: the book's folder work")
    options = parser.parse_args(arguments)
    return 0 if check_folder(options.folder or os.path.relpath(place.find_root(Path.cwd()) / NAME)) else 1


def site(arguments: list[str]) -> int:
    """Build the site into _build/html; a warning is an error."""
    from course_lib.site import downloads as offered
    from course_lib.site import repository as place
    from course_lib.site.build import build, write_downloads

    parser = argparse.ArgumentParser(prog="course site", description=site.__doc__)
    parser.add_argument("--numbers", action="store_true", help="also write the numbers of each chapter's prose")
    options = parser.parse_args(arguments)
    root = place.find_root(Path.cwd())
    if status := build(root, renew_numbers=options.numbers):
        return status
    write_downloads(root)
    offered.remove(root / "_build" / "html")  # those of an earlier build
    return 0


def downloads(arguments: list[str]) -> int:
    """Write the built site as a PDF, by a Chromium, and as a zip; offer both on it."""
    from course_lib.site import downloads as offered
    from course_lib.site import pdf
    from course_lib.site import repository as place

    parser = argparse.ArgumentParser(prog="course downloads", description=downloads.__doc__)
    parser.parse_args(arguments)
    root = place.find_root(Path.cwd())
    written = offered.write(root)
    for path in written:
        print(f"{path.relative_to(root)}: {offered.size(path.stat().st_size)}")
    if pdf.NAME not in [path.name for path in written]:
        print(f"No {pdf.NAME}: there is no Chromium (install one, or name it in $CHROMIUM)", file=sys.stderr)
    return 0


def serve(arguments: list[str]) -> int:
    """Serve the built site on this machine."""
    from course_lib.site import repository as place
    from course_lib.site import serve as server

    parser = argparse.ArgumentParser(prog="course serve", description=serve.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="default: the book's _build/html")
    parser.add_argument("--port", type=int, default=8000, help="8000; if it is taken, a free one")
    options = parser.parse_args(arguments)
    server.serve(options.folder or place.find_root(Path.cwd()) / "_build" / "html", options.port)
    return 0


def links(arguments: list[str]) -> int:
    """Ask every address outside the book that the built site links to whether it is still there."""
    from course_lib.site import links as outer
    from course_lib.site import repository as place

    parser = argparse.ArgumentParser(prog="course links", description=links.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="default: the book's _build/html")
    folder = parser.parse_args(arguments).folder or place.find_root(Path.cwd()) / "_build" / "html"
    pages = outer.outside(folder)
    if not pages:
        raise ValueError(f"{folder} has no page that links to another site: build it with `make site`")
    answers = outer.check(pages)
    dead = {address: said for address, said in answers.items() if said not in ("", "refuses programs")}
    for address, said in dead.items():
        print(f"{address}: {said} (on {', '.join(pages[address])})")
    refused = sum(said == "refuses programs" for said in answers.values())
    print(f"{len(pages)} addresses: {len(dead)} do not answer, {refused} refuse programs")
    return int(bool(dead))


def study(arguments: list[str]) -> int:
    """Measure the book's tables; without a name, list the studies."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: small products gain nothing by threads
    from course_lib.studies import STUDIES, load, render, stored, write

    parser = argparse.ArgumentParser(prog="course study", description=study.__doc__)
    parser.add_argument("name", nargs="?", help=f"one of {', '.join(STUDIES)}; or the beginning of several")
    parser.add_argument("--seeds", type=int, metavar="N", help="each row N times; default: the study's own number")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="N processes at a time; default: 1")
    parser.add_argument("--device", help="cpu or cuda, for a study that uses torch; the speed-up is printed")
    page = parser.add_mutually_exclusive_group()
    page.add_argument("--write", action="store_true", help="store all studies, or those named; write book/measured.md")
    page.add_argument("--page", action="store_true", help="write book/measured.md again from what is stored")
    options = parser.parse_args(arguments)
    names = [name for name in STUDIES if options.name is None or f"{name}-".startswith(f"{options.name}-")]
    if not names:
        raise ValueError(f"there is no study {options.name!r}, only {', '.join(STUDIES)}")
    for count in ("seeds", "workers"):
        if (value := getattr(options, count)) is not None and value < 1:
            raise ValueError(f"--{count} must be at least 1, not {value}")
    if options.page and options.name is not None:
        raise ValueError(f"--page is for all studies: leave out {options.name!r}")
    if options.device is not None and len(names) > 1:
        raise ValueError(f"--device is for one study: name one of {', '.join(names)}")
    if options.page:
        page = _measured_page()
        stored.replace_files({page: render(page.read_text("utf-8"), {name: load(name) for name in names})})
        print(page)
        return 0
    if options.name is None and not options.write:
        for name, one in STUDIES.items():
            print(f"{name:24}{one.title}: {len(one.rows)} rows, {one.seeds} seeds")
        return 0
    page = _measured_page() if options.write else None  # fail before the work if there is none
    others = {name: load(name) for name in STUDIES if name not in names} if options.write else {}

    results = {}
    with _pool(options.workers) as executor:
        for name in names:
            one = STUDIES[name] if options.device is None else STUDIES[name].on(options.device)
            results[name] = one.run(options.seeds, executor=executor, progress=sys.stderr.isatty())
            print(f"{results[name].table().plain()}\n", flush=True)
    if options.device not in (None, "cpu"):
        print(_compare(STUDIES[names[0]], options.device))
    if page is not None:
        in_order = {name: others.get(name) or results[name] for name in STUDIES}
        write(page, page.parents[1] / "course_lib" / "studies" / "results", results, in_order)
        print(page)
    return 0


def _compare(study: Any, device: str) -> str:
    """Time the last row of a study on the CPU and on a device."""
    import time

    *_, (name, row) = study.rows.items()
    seconds = []
    for place in ("cpu", device):
        measure = study.on(place).measure
        measure(row, 0)  # warm up
        start = time.perf_counter()
        measure(row, 0)
        seconds.append(time.perf_counter() - start)
    one, other = seconds
    return f"{name}, one seed: {one:.2f} s on the CPU, {other:.2f} s on {device}: {one / other:.1f}×"


def _measured_page() -> Path:
    """Return the path of the page with the tables."""
    from course_lib.site import repository as place
    from course_lib.studies.page import MARK

    page = place.find_root(Path.cwd()) / "book" / "measured.md"
    if MARK not in page.read_text("utf-8"):
        raise ValueError(f"{page} must have the line {MARK}")
    return page


def _pool(workers: int) -> contextlib.AbstractContextManager:
    """Return a pool of processes, each with a fresh Python; None for a single one."""
    if workers == 1:
        return contextlib.nullcontext()
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def pretrain(arguments: list[str]) -> int:
    """Train the small network on letters; write its weights, and a file that describes them."""
    from course_lib.deep import pretrain_letters

    parser = argparse.ArgumentParser(prog="course pretrain", description=pretrain.__doc__)
    parser.add_argument("--out", type=Path, default=Path("pretrained"), metavar="FOLDER", help="default: pretrained")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument("--device", default="cpu", help="cpu or cuda; default: cpu")
    options = parser.parse_args(arguments)
    card = pretrain_letters(options.out, seed=options.seed, device=options.device, progress=sys.stderr.isatty())
    accuracy = f"{card['accuracy']:.1%} of other letters are read".replace("%", " %")
    print(f"{options.out / 'letters.safetensors'}: {card['bytes']:,} bytes, {accuracy}")
    return 0


COMMANDS = {
    command.__name__: command
    for command in (site, downloads, serve, work, check, grade, notebooks, repository, links, study, pretrain)
}


def main(arguments: list[str] | None = None) -> int:
    """Run the sub-command named by the arguments; return the exit status, 2 for a wrong use."""
    summary = "\n".join(f"  {name:12}{command.__doc__}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="course",
        usage="course COMMAND ...",
        description=__doc__.splitlines()[0],
        epilog=f"commands:\n{summary}\n\n`course COMMAND --help` explains more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=course_lib.__version__)
    parser.add_argument("command", nargs="?", choices=COMMANDS, metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    try:
        return COMMANDS[options.command](options.rest)
    except KeyboardInterrupt as stopped:
        print(f"\n{str(stopped) or 'Stopped.'}", file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:  # a missing file, a bad address, a port that is none: no traceback
        known = isinstance(error, OSError) and error.filename
        print(f"course {options.command}: {f'{error.filename}: {error.strerror}' if known else error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
