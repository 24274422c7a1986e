"""Call a function that may never return. In the page a check at every line stops it (worker.js).

Only the reader's own time counts, between `own_time`'s beginning and end: a slow phone is no endless loop. One call
that never comes to a next line is ended with the whole worker (client.js).
"""

import _page


class Stop(BaseException):
    """Raised in the reader's function when it has run out of time."""


class Outcome:
    """How a call ended: see course_lib.exercises.limit."""

    def __init__(self):
        self.value = self.error = None
        self.timed_out, self.stopped, self.stack, self.printed = False, True, (), ""


Caller = None  # only annotations need it


class own_time:
    """Surrounds each call of the reader's function."""

    def __enter__(self):
        _page.resume()

    def __exit__(self, *error):
        _page.pause()
        return False


def call(function, seconds):
    """Call `function()` for at most `seconds` of its own time, quietly."""
    outcome = Outcome()
    _page.start(seconds, Stop)
    try:
        outcome.value = function()
    except Stop:
        pass
    except BaseException as error:
        outcome.error = error
    place = _page.stop()
    if place is not None:  # even if a bare `except:` has swallowed the stop
        outcome.timed_out, outcome.error, outcome.stack = True, None, (place,)
    outcome.printed = _page.printed()
    return outcome
