"""The role `move`: a link that sets the controls of an experiment on the page, checked when the book is built.

In a page, {move}`Set ρ to 0.95 <race?rho=0.95&surface=saddle>` links to that address, which js/address.js obeys; from
another page, it is {move}`… <03_momentum#race?rho=0.95>`.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole

from course_lib import chapters
from course_lib.explore.moves import experiment_at, parse
from course_lib.explore.page import experiments_in
from course_lib.explore.values import read

LOGGER = logging.getLogger(__name__)


class MoveRole(ReferenceRole):
    """A link with an experiment's address; without words of its own, it shows the address."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        page, _, address = self.target.rpartition("#")
        uri = f"{page and page + '.html'}#{address}"
        link = nodes.reference(f"{{move}}`{self.text}`", self.title, refuri=uri, classes=["move"])
        self.set_source_info(link)
        return [link], []


def check(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of experiments that share a place, and of links that move what is not there."""
    shown: dict[str, dict] = {}
    for output in doctree.findall(nodes.raw):
        for place, spec in experiments_in(output.astext()):
            name = experiment_at(place)
            if place in shown or place in doctree.ids:
                other = "another experiment" if place in shown else "a heading"
                _warn(output, f'{place} is {other}, too: show it as explore.{name}(place="{name}-again")')
            shown[place] = spec
    for link in doctree.findall(nodes.reference):
        if "move" in link["classes"]:
            try:
                page, _, address = link["refuri"].rpartition("#")
                move = parse(address)
                there, which = (_declared(Path(page).stem), page) if page else (shown, "this page")
                if move.place not in there:
                    known = ", ".join(there) or "none"
                    raise ValueError(f"{which} has no experiment {move.place!r}; there are: {known}")
                controls = {c["name"]: c for c in there[move.place]["controls"]}
                read(move.place, controls, move.values)
            except ValueError as error:
                _warn(link, f"{link.rawsource}: {error}")


def _declared(page: str) -> dict[str, dict]:
    """Return the experiments that are declared for a page of the book, each at the place of its name."""
    return {name: one.spec for (_, name), one in chapters.started().items() if one.page == page}


def _warn(node: nodes.Node, words: str) -> None:
    LOGGER.warning(words, location=node, type="course", subtype="move")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role and its check."""
    app.add_role("move", MoveRole())
    app.connect("doctree-read", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
