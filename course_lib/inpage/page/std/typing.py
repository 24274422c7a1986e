"""The page's typing: names for annotations."""

TYPE_CHECKING = False


class _Name:
    def __getitem__(self, parameters):
        return self

    def __or__(self, other):
        return self

    __ror__ = __or__


Any = Self = Callable = Iterable = Iterator = Sequence = Mapping = Literal = _Name()
Optional = Union = Tuple = List = Dict = Set = _Name()
