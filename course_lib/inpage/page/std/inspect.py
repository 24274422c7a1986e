"""The page's inspect: the signature of a function, of a class and of an object that can be called."""


class Parameter:
    empty = object()
    POSITIONAL_ONLY, POSITIONAL_OR_KEYWORD, VAR_POSITIONAL, KEYWORD_ONLY, VAR_KEYWORD = range(5)

    def __init__(self, name, kind, default):
        self.name, self.kind, self.default = name, kind, default


class Signature:
    def __init__(self, parameters):
        self.parameters = {p.name: p for p in parameters}

    def bind(self, *args):
        parameters = self.parameters.values()
        if any(p.kind == Parameter.VAR_POSITIONAL for p in parameters):
            return
        by_place = [p for p in parameters if p.kind <= Parameter.POSITIONAL_OR_KEYWORD]
        needed = [p for p in by_place if p.default is Parameter.empty]
        if not len(needed) <= len(args) <= len(by_place):
            raise TypeError(f"takes {len(by_place)} arguments")


def signature(called):
    if isinstance(called, type):
        found = vars(called).get("__init__")
        return Signature(_parameters(found)[1:] if found else [])
    if not hasattr(called, "__code__") and hasattr(type(called), "__call__"):
        found = vars(type(called)).get("__call__")
        return Signature(_parameters(found)[1:])
    return Signature(_parameters(called))


def _parameters(function):
    code = getattr(function, "__code__", None)
    if code is None:
        raise ValueError(f"no signature found for {function!r}")
    names, count, only = code.co_varnames, code.co_argcount, code.co_posonlyargcount
    defaults, by_name = function.__defaults__ or (), function.__kwdefaults__ or {}
    found = []
    for i, name in enumerate(names[:count]):
        default = defaults[i - count + len(defaults)] if i >= count - len(defaults) else Parameter.empty
        found.append(
            Parameter(name, Parameter.POSITIONAL_ONLY if i < only else Parameter.POSITIONAL_OR_KEYWORD, default)
        )
    last = count + code.co_kwonlyargcount
    if code.co_flags & 4:
        found.append(Parameter(names[last], Parameter.VAR_POSITIONAL, Parameter.empty))
        last += 1
    for name in names[count : count + code.co_kwonlyargcount]:
        found.append(Parameter(name, Parameter.KEYWORD_ONLY, by_name.get(name, Parameter.empty)))
    if code.co_flags & 8:
        found.append(Parameter(names[last], Parameter.VAR_KEYWORD, Parameter.empty))
    return found
