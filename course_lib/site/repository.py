"""The repository's public address: written by hand in pyproject.toml, copied everywhere else by command."""

import contextlib
import os
import re
import tomllib
from pathlib import Path

#: Files that must contain the address.
REQUIRED = ("pyproject.toml", "_config.yml", "CITATION.cff", "README.md")
#: Files that may contain it.
OPTIONAL = ("CONTRIBUTING.md", "book/*.md", "book/*.ipynb")

ADDRESS = re.compile(r"https://github\.com/([A-Za-z0-9](?:-?[A-Za-z0-9]){0,38})/([A-Za-z0-9._-]{1,100})")


class AddressError(ValueError):
    """An address that cannot be the repository's, or a tree that does not contain it."""


def normalise(address: str) -> str:
    """Return the address in its canonical form.

    Raises:
        AddressError: it is not `https://github.com/OWNER/NAME`. Colab opens notebooks from no other host.

    >>> normalise("https://github.com/ada/engine.git/")
    'https://github.com/ada/engine'
    >>> normalise("git@github.com:ada/engine.git")
    Traceback (most recent call last):
        ...
    course_lib.site.repository.AddressError: 'git@github.com:ada/engine.git' is not of the form https://github.com/OWNER/NAME
    """
    bare = address.strip().rstrip("/").removesuffix(".git")
    found = ADDRESS.fullmatch(bare)
    if not found or found[2] in {"", ".", ".."}:
        raise AddressError(f"{address!r} is not of the form https://github.com/OWNER/NAME")
    return bare


def find_root(start: Path) -> Path:
    """Return the book's root folder: the nearest one, from `start` upwards, that is this project's."""
    for folder in (start, *start.parents):
        project = folder / "pyproject.toml"
        if project.is_file() and 'name = "course-lib"' in project.read_text(encoding="utf-8"):
            return folder
    raise AddressError(f"{start} is not inside a copy of the book's repository")


def current(root: Path) -> str:
    """Return the address that pyproject.toml names."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    try:
        return normalise(project["project"]["urls"]["Repository"])
    except KeyError:
        raise AddressError("pyproject.toml names no Repository in [project.urls]") from None


def copies(root: Path) -> list[Path]:
    """Return the files that contain the address, or may."""
    found = [root / name for name in REQUIRED]
    for pattern in OPTIONAL:
        found += sorted(root.glob(pattern))
    return found


def rewritten(text: str, old: str, new: str) -> str:
    """Return a text with the address changed, also inside Colab's and the site's addresses.

    >>> rewritten("see https://github.com/a/b, not https://github.com/a/b-c", "https://github.com/a/b",
    ...           "https://github.com/x/y")
    'see https://github.com/x/y, not https://github.com/a/b-c'
    """
    (owner, name), (new_owner, new_name) = ADDRESS.fullmatch(old).groups(), ADDRESS.fullmatch(new).groups()
    forms = {
        old: new,
        f"colab.research.google.com/github/{owner}/{name}": f"colab.research.google.com/github/{new_owner}/{new_name}",
        f"https://{owner}.github.io/{name}": f"https://{new_owner}.github.io/{new_name}",
    }
    end = r"(?![A-Za-z0-9_-])(?!\.(?!git\b)[A-Za-z0-9])"  # not the beginning of a longer name
    pattern = re.compile("|".join(re.escape(form) + end for form in forms), re.IGNORECASE)
    lower = {form.lower(): to for form, to in forms.items()}
    return pattern.sub(lambda found: lower[found[0].lower()], text)


def change(root: Path, address: str) -> list[Path]:
    """Write a new address into all files, or into none, and return the files that changed.

    Raises:
        AddressError: the address is of the wrong form, or a file that must hold the old one does not.
    """
    old, new = current(root), normalise(address)
    texts = {}
    for path in copies(root):
        must = path.relative_to(root).as_posix() in REQUIRED
        if not path.is_file():
            raise AddressError(f"{path.name} is missing; nothing was changed")
        text = path.read_bytes().decode("utf-8")
        if must and old.lower() not in text.lower():
            raise AddressError(f"{path.name} does not hold {old}; nothing was changed")
        changed = rewritten(text, old, new)
        if changed != text:
            texts[path] = changed.encode("utf-8")
    _write_all(texts)
    return list(texts)


def _write_all(texts: dict[Path, bytes]) -> None:
    """Write all files or none: write copies beside them, move these, and restore all if one move fails."""
    before = {path: path.read_bytes() for path in texts}
    beside = {path: path.with_name(f".{path.name}.new") for path in texts}
    moved = []
    try:
        for path, content in texts.items():
            beside[path].write_bytes(content)
            beside[path].chmod(path.stat().st_mode)
        for path in texts:
            os.replace(beside[path], path)
            moved.append(path)
    except OSError:
        for path in moved:
            path.write_bytes(before[path])
        raise
    finally:
        for path in beside.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
