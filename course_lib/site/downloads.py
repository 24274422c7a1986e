"""What the site offers for reading without a network: the book as a PDF, and all of the site as a zip.

A page offers them where it has the line

    <p class="downloads"></p>

which stays empty until they are there. Both are made from the built site, by `course downloads`.
"""

import re
import zipfile
from pathlib import Path

import yaml

from . import contents, pdf

ZIP = "descent.zip"
MARK = re.compile(r'(<p class="downloads">).*?(</p>)', re.DOTALL)
#: What only a server, a search engine or another book's build asks for.
SERVED = {"404.html", "robots.txt", "sitemap.xml", "objects.inv", "searchindex.js", ZIP}
#: The earliest time that a zip can state: the same site gives the same file.
TIME = (1980, 1, 1, 0, 0, 0)


def write(root: Path) -> list[Path]:
    """Write the PDF, where there is a Chromium, and the zip into the built site, and links to them into its pages.

    Args:
        root: the repository's folder, whose site is built.

    Returns:
        the files written.
    """
    site = root / "_build" / "html"
    remove(site)
    pages = contents.pages(root)
    missing = [page for page in pages if not (site / f"{page}.html").is_file()]
    if missing:
        raise ValueError(f"the site has no page {missing[0]}: build it first, by `course site`")
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    numbers = {f"book/{notebook.stem}": number for number, notebook in contents.chapters(root).items()}
    book = pdf.write(site, pages, numbers, config["title"], config["author"])
    files = [book] if book else []
    files.append(archive(site, files))
    for page in site.rglob("*.html"):
        _fill(page, offer(page, files))
    return files


def remove(site: Path) -> None:
    """Remove the downloads and every link to them: they are of an earlier build."""
    for name in (pdf.NAME, ZIP):
        (site / name).unlink(missing_ok=True)
    for page in site.rglob("*.html"):
        _fill(page, "")


def archive(site: Path, files: list[Path]) -> Path:
    """Write the site as a zip into it; return its path.

    Args:
        site: the folder of the built site.
        files: the other downloads: in the zip, pages lead to them.
    """
    path, draft = site / ZIP, site.parent / ZIP
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for file in sorted(site.rglob("*"), key=lambda file: file.relative_to(site).as_posix()):
            name = file.relative_to(site).as_posix()
            if not file.is_file() or name in SERVED or any(part.startswith(".") for part in Path(name).parts):
                continue
            content = file.read_bytes()
            if file.suffix == ".html":
                content = MARK.sub(rf"\1{offer(file, files)}\2", content.decode("utf-8")).encode("utf-8")
            entry = zipfile.ZipInfo(f"{path.stem}/{name}", TIME)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, content)
    draft.replace(path)
    return path


def offer(page: Path, files: list[Path]) -> str:
    """Return the sentence by which a page leads to the downloads; "" where there is none."""
    words = {
        pdf.NAME: ("the book as a PDF", "each experiment is a picture"),
        ZIP: ("this site as a zip", "unpack it and open its index.html"),
    }
    links = []
    for file in files:
        up = "../" * (len(page.relative_to(file.parent).parts) - 1)
        text, remark = words[file.name]
        links.append(f'<a href="{up}{file.name}">{text}</a> ({size(file.stat().st_size)}; {remark})')
    return f"To read without a network: {', or '.join(links)}." if links else ""


def size(count: int) -> str:
    """Return a number of bytes in words.

    >>> size(12_345_678), size(123_456)
    ('12\\xa0MB', '0.1\\xa0MB')
    """
    return f"{count / 1e6:.0f}\u00a0MB" if count >= 950_000 else f"{count / 1e6:.1f}\u00a0MB"


def _fill(page: Path, words: str) -> None:
    before = page.read_text(encoding="utf-8")
    after = MARK.sub(rf"\1{words}\2", before)
    if after != before:
        page.write_text(after, encoding="utf-8")
