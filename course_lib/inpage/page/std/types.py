"""The page's types: names for annotations."""

CodeType = ModuleType = TracebackType = object
