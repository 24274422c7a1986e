"""The page's dataclasses: fields with defaults, `__post_init__` and `repr`."""

_MISSING = object()


class _Field:
    def __init__(self, default, factory, init):
        self.default, self.factory, self.init = default, factory, init


def field(*, default=_MISSING, default_factory=None, init=True, repr=True):
    return _Field(default, default_factory, init)


def replace(value, **changes):
    kept = {name: getattr(value, name) for name, made in type(value)._fields.items() if made.init}
    return type(value)(**{**kept, **changes})


def dataclass(kind=None, *, eq=True, repr=True, frozen=False):
    def make(kind):
        declared = kind.__annotations__
        own = {name: vars(kind).get(name, _MISSING) for name in declared}
        made = {name: d if isinstance(d, _Field) else _Field(d, None, True) for name, d in own.items()}
        kind._fields = {**getattr(kind, "_fields", {}), **made}
        kind.__init__ = _init
        if repr and "__repr__" not in vars(kind):
            kind.__repr__ = _repr
        return kind

    return make if kind is None else make(kind)


def _init(self, *args, **named):
    fields = {name: made for name, made in self._fields.items()}
    wanted = [name for name, made in fields.items() if made.init]
    given = {**dict(zip(wanted, args)), **named}
    if len(args) > len(wanted) or not set(given) <= set(wanted):
        raise TypeError(f"{type(self).__name__}() takes {', '.join(wanted)}")
    for name, made in fields.items():
        if name in given:
            value = given[name]
        elif made.factory is not None:
            value = made.factory()
        elif made.default is not _MISSING:
            value = made.default
        else:
            raise TypeError(f"{type(self).__name__}() lacks {name}")
        setattr(self, name, value)
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _repr(self):
    values = [f"{name}={getattr(self, name)!r}" for name in self._fields]
    return f"{type(self).__name__}({', '.join(values)})"
