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


def permutations(values):
    values = tuple(values)
    if not values:
        yield ()
    for i, first in enumerate(values):
        for others in permutations(values[:i] + values[i + 1 :]):
            yield (first, *others)
