"""The page's typing: names for annotations."""

TYPE_CHECKING = False
Any = Self = Callable = Iterable = Sequence = Optional = Union = Tuple = List = Dict = object
