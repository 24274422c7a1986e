"""Keep NumPy as it was while somebody else's code runs: `np.abs = ...` would change it for everyone."""

from types import ModuleType

_MISSING = object()


class Intact:
    """What a module holds now; puts it back later, and remembers which names had been changed.

    Names that are new are left alone: some modules fill themselves when they are first used.

    >>> import numpy as np
    >>> numpy, before = Intact(np), np.abs
    >>> with numpy:
    ...     np.abs = None
    >>> np.abs is before, numpy.changed
    (True, ['abs'])
    """

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.before = dict(vars(module))
        self.changed: list[str] = []

    def put_back(self) -> None:
        """Set every changed or deleted name again."""
        now = vars(self.module)
        for name, value in self.before.items():
            if now.get(name, _MISSING) is not value:
                if name not in self.changed:
                    self.changed.append(name)
                setattr(self.module, name, value)

    def __enter__(self) -> "Intact":
        return self

    def __exit__(self, *error: object) -> None:
        self.put_back()
