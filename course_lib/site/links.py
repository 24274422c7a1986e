"""Whether the addresses outside the book that its pages lead to are still there.

The site itself asks no other server; a reader who follows a link does. Links within the book are checked by its build.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

from bs4 import BeautifulSoup, SoupStrainer

#: What a publisher answers to a program and not to a reader: the page is there.
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.TOO_MANY_REQUESTS}
AGENT = {"User-Agent": "Mozilla/5.0 (compatible; course-links)"}


def outside(site: Path) -> dict[str, list[str]]:
    """Return the addresses outside a built site that its pages link to, each with these pages.

    >>> outside(Path("nowhere"))
    {}
    """
    found: dict[str, set[str]] = defaultdict(set)
    for page in sorted(site.rglob("*.html")):
        links = SoupStrainer("a", href=lambda href: href and href.startswith("http"))
        for link in BeautifulSoup(page.read_text("utf-8"), "html.parser", parse_only=links).find_all("a"):
            found[str(link["href"]).partition("#")[0]].add(page.relative_to(site).as_posix())
    return {address: sorted(pages) for address, pages in sorted(found.items())}


def ask(address: str, seconds: float = 20.0) -> str:
    """Return "" if an address answers, "refuses programs" if it does so to a reader alone, or else what is wrong."""
    for method in ("HEAD", "GET"):  # some servers do not know HEAD
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=AGENT, method=method), timeout=seconds):
                return ""
        except urllib.error.HTTPError as error:
            with error:
                said = "refuses programs" if error.code in REFUSED else f"{error.code} {error.reason}"
        except (OSError, ValueError, http.client.HTTPException) as error:  # no such host, no answer, no address at all
            said = str(getattr(error, "reason", error)) or type(error).__name__
    return said


def check(addresses: Iterable[str], seconds: float = 20.0) -> Mapping[str, str]:
    """Ask all addresses, sixteen at a time; return what each says, as `ask` does."""
    every = list(addresses)
    with ThreadPoolExecutor(16) as pool:
        return dict(zip(every, pool.map(lambda address: ask(address, seconds), every), strict=True))
