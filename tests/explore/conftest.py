"""The page's JavaScript in QuickJS, in this process: what needs no DOM is tested without a browser."""

import functools
import json

import pytest

from course_lib import chapters, explore

quickjs = pytest.importorskip("quickjs")


@functools.cache
def assets():
    return explore.site_assets(chapters.started().values())


class Page:
    """The site's scripts, loaded; `call` passes JSON in and out (NaN and ±Infinity come back as null)."""

    def __init__(self, *names):
        self.context = quickjs.Context()
        for name in names:
            self.context.eval(assets()[name])

    def call(self, expression, *arguments):
        passed = ", ".join(json.dumps(a) for a in arguments)
        return json.loads(self.context.eval(f"[JSON.stringify(({expression})({passed}))].join('')"))


@pytest.fixture(scope="session")
def library():
    """The compiled library alone, as the site ships it."""
    return Page("runtime.js", "library.js")


@pytest.fixture(scope="session")
def scripts():
    """Everything but the host, which wants a document."""
    return Page("d3.js", "runtime.js", "marks.js", "rasters.js", "controls.js", "library.js")
