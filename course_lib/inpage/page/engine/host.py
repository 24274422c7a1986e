"""What a check has to know of the Python that runs it: here of Brython, in a web page."""

import builtins
import re

import _page
from _names import NAMES
from numpy import Missing

#: NumPy's names that are not Python's, too.
NUMPY = frozenset([name for name in NAMES["numpy"] if not hasattr(builtins, name)])
#: How the files begin whose lines are not the reader's.
NOT_THE_READERS = ("VFS.", "http", "blob")

CANNOT, _ELSEWHERE = "This cannot be checked here:", "In JupyterLab or Colab it works."


def describe_error(error):
    """Return an error's type and message in Python's own words."""
    kind = type(error).__name__
    if _page.is_overflow(error):
        return "RecursionError: maximum recursion depth exceeded"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    text = text.strip().replace("'module' object has no", "module 'numpy' has no")
    return f"{kind}: {text}" if text else kind


def how_to_get_hints(name):
    """Return the sentence that leads to an exercise's hints."""
    return "Stuck? Press “Hint”."


def what_is_missing(error):
    """Return a sentence if an error only says that the page's Python lacks something."""
    if isinstance(error, Missing):
        return f"{CANNOT} {error}. {_ELSEWHERE}"
    if isinstance(error, ImportError):  # No module named 'a'; cannot import name 'b' from 'a'
        names = re.findall(r"'([\w.]+)'", str(error))
        if names:
            return f"{CANNOT} the page's Python does not have `{'.'.join(names[1::-1])}`. {_ELSEWHERE}"
    return ""


def is_empty(function):
    """Check for a body of `pass`, `...` or a docstring."""
    code = getattr(function, "__code__", None)
    return code is not None and _page.is_empty(code.co_filename, function.__name__)


def codes(answer):
    """Yield the code of a function, or of a class's methods."""
    for value in [answer, *vars(answer).values()] if isinstance(answer, type) else [answer]:
        code = getattr(value, "__code__", None)
        if code is not None:
            yield code


def import_for(answer):
    """Nothing that an answer can import takes time here."""
