"""The engine of exercises: check, hint, solution, diagnosis. The exercises are in the chapters.

>>> from course_lib.chapters.ch03_momentum import ex
>>> ex.momentum.signature
'momentum_step(x, dx, v, lr, rho)'
"""

from .cases import Case
from .declaration import DeclarationError, Mutant
from .exercise import Exercise, progress
from .result import Result, Status
from .stub import NotAttempted, todo

__all__ = ["Case", "DeclarationError", "Exercise", "Mutant", "NotAttempted", "Result", "Status", "progress", "todo"]
