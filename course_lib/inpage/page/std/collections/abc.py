"""Names for annotations."""

Callable = Iterable = Iterator = Mapping = Sequence = object
