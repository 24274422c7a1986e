"""Names for annotations."""

Callable = Collection = Iterable = Iterator = Mapping = Sequence = object
