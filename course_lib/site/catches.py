"""The role `catch`: a link to the bugs of an exercise on the page, checked when the book is built.

{catch}`Choose a call that tells all of them <adam>` opens the form of "Catch the bug" (inpage/js/loader.js).
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole

from .exercises import GAME, games_on_page

LOGGER = logging.getLogger(__name__)


class CatchRole(ReferenceRole):
    """A link to the form; without words of its own, it shows the exercise's name."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        there = games_on_page(self.env.docname)
        if self.target not in there:
            known = ", ".join(there) or "none"
            words = f"{{catch}}: this page has no exercise {self.target!r} with a bug to catch; there are: {known}"
            LOGGER.warning(words, location=self.get_location(), type="course", subtype="catch")
        link = nodes.reference(self.rawtext, self.title, refuri=f"#{GAME}{self.target}", classes=["catch"])
        self.set_source_info(link)
        return [link], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role."""
    app.add_role("catch", CatchRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
