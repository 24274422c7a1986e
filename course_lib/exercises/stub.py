"""The stub of an exercise that the reader has not written yet."""


class NotAttempted(NotImplementedError):
    """Raised by `todo`; counts how often, so that a `try` around a stub does not hide it."""

    raised = 0

    def __init__(self) -> None:
        NotAttempted.raised += 1
        super().__init__("this function is yours to write: replace ex.todo() with your own lines")


def todo() -> None:
    """Mark a function that is still to be written.

    Raises:
        NotAttempted: always.

    >>> def momentum_step(x, dx, v, lr, rho):
    ...     todo()
    >>> momentum_step(1.0, 2.0, 0.0, 0.1, 0.9)
    Traceback (most recent call last):
        ...
    course_lib.exercises.stub.NotAttempted: this function is yours to write: replace ex.todo() with your own lines
    """
    raise NotAttempted
