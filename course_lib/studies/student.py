"""Student's t distribution, for the interval of a mean over few seeds: a finite sum, so SciPy is not needed."""

from __future__ import annotations

import math

from course_lib.validation import check_count


def t_inside(t: float, df: int) -> float:
    """Return P(|T| ≤ t) for Student's t with a whole number of degrees of freedom.

    With θ = arctan(t/√df) and c = cos θ it is a finite sum:

        df even: sin θ · (1 + 1/2 c² + (1·3)/(2·4) c⁴ + … + c^{df − 2} term)
        df odd:  2/π · (θ + sin θ · (c + 2/3 c³ + (2·4)/(3·5) c⁵ + … + c^{df − 2} term))

    Args:
        t: a number that is not negative.
        df: the degrees of freedom, at least 1.

    >>> round(t_inside(1.0, df=1), 12)
    0.5

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4, 1964.
    """
    check_count("df", df)
    angle = math.atan(t / math.sqrt(df))
    cos2 = math.cos(angle) ** 2
    odd = df % 2
    term, total = (math.cos(angle), 0.0) if odd else (1.0, 0.0)
    for k in range(odd, df - 1, 2):  # the power of c in this term
        total += term
        term *= cos2 * (k + 1) / (k + 2)
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total


def t_factor(df: int, inside: float = 0.95) -> float:
    """Return the t with P(|T| ≤ t) = inside: t standard errors are half an interval for a mean of df + 1 values.

    Args:
        df: the degrees of freedom, at least 1.
        inside: the probability, between 0 and 1.

    >>> [round(t_factor(n - 1), 2) for n in (5, 12, 20)]
    [2.78, 2.2, 2.09]
    """
    if not 0 < inside < 1:
        raise ValueError(f"inside must lie between 0 and 1, not {inside!r}")
    low, high = 0.0, 1.0
    while t_inside(high, df) < inside:
        high *= 2
    while low < (middle := (low + high) / 2) < high:  # until no number lies between the two
        low, high = (middle, high) if t_inside(middle, df) < inside else (low, middle)
    return high
