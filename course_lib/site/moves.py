"""The role `move`: a link that sets the controls of an experiment on the page, checked when the book is built.

In a page, {move}`Set ρ to 0.95 <race?rho=0.95&surface=saddle>` links to that address, which js/address.js obeys.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole

from course_lib.explore.moves import experiment_at, parse
from course_lib.explore.page import experiments_in
from course_lib.explore.values import read

LOGGER = logging.getLogger(__name__)


class MoveRole(ReferenceRole):
    """A link with an experiment's address; without words of its own, it shows the address."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        link = nodes.reference(
            f"{{move}}`{self.text}`", self.title, refuri=f"#{self.target.removeprefix('#')}", classes=["move"]
        )
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
                move = parse(link["refuri"])
                if move.place not in shown:
                    there = ", ".join(shown) or "none"
                    raise ValueError(f"this page has no experiment {move.place!r}; there are: {there}")
                controls = {c["name"]: c for c in shown[move.place]["controls"]}
                read(move.place, controls, move.values)
            except ValueError as error:
                _warn(link, f"{link.rawsource}: {error}")


def _warn(node: nodes.Node, words: str) -> None:
    LOGGER.warning(words, location=node, type="course", subtype="move")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role and its check."""
    app.add_role("move", MoveRole())
    app.connect("doctree-read", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
