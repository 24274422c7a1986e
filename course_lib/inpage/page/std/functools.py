"""The page's functools: what the engine uses."""


class cached_property:
    def __init__(self, compute):
        self.compute = compute

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        if self.name not in vars(instance):
            vars(instance)[self.name] = self.compute(instance)
        return vars(instance)[self.name]


def partial(function, *args):
    return lambda *more: function(*args, *more)


def lru_cache(maxsize):
    def make(function):
        known = {}

        def remembered(*args):
            if args not in known:
                known[args] = function(*args)
            return known[args]

        return remembered

    return make
