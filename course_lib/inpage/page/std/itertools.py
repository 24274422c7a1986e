"""The page's itertools: what the engine uses."""


def chain(*many):
    for values in many:
        yield from values


def combinations(values, size):
    values = list(values)
    if size == 0:
        yield ()
        return
    for i, first in enumerate(values):
        for others in combinations(values[i + 1 :], size - 1):
            yield (first, *others)
