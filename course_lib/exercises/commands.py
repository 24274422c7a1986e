"""IPython's commands in a cell: `%...`, `!...`, `f?`."""

import re


def without_commands(source: str) -> str:
    """Return a cell's source without IPython's commands; lines keep their numbers.

    >>> without_commands("%matplotlib inline\\nx = 1")
    'pass\\nx = 1'
    """
    return re.sub(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2})[ \t]*$", r"\1pass", source, flags=re.MULTILINE)
