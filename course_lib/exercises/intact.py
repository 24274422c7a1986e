"""Protect NumPy while a reader's code runs: `np.abs = ...` would change it for everyone."""

from types import ModuleType

_MISSING = object()


class Intact:
    """A snapshot of a module's names; restores them later, and records which had been changed.

    New names are left alone: some modules add names when they are first used.

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
        """Restore every changed or deleted name."""
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
