"""The page's copy: of arrays, and of lists, tuples and dictionaries of them."""


def deepcopy(value):
    if isinstance(value, (list, tuple)):
        return type(value)([deepcopy(inner) for inner in value])
    if isinstance(value, dict):
        return {key: deepcopy(inner) for key, inner in value.items()}
    return value.copy() if hasattr(value, "copy") else value


copy = deepcopy
