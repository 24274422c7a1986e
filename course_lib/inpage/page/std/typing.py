"""The page's typing: names for annotations."""

TYPE_CHECKING = False
Any = Self = object
