"""The page's importlib: an exercise that needs a package is not done in the page."""


def import_module(name):
    raise ModuleNotFoundError(f"No module named {name!r}", name=name)
