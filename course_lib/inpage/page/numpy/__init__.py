"""The page's small NumPy: what a short answer about training a network needs, in the words of the real one.

It runs in a web page, on Brython; the numbers are computed in JavaScript (`nd.js`). It has the dtypes bool, int32,
int64, float32 and float64 (and text for labels), views, broadcasting, the promotion rules of NumPy 2, and NumPy's own
errors. It gives no warnings: a division by zero is inf, and that is all. What it lacks raises `Missing`; no result is
ever a guess. `tests/inpage/test_numpy.py` holds it against the real NumPy.
"""

import builtins
import math
from math import e, inf, nan, pi  # noqa: F401

import _names
import _nd

newaxis = None
euler_gamma = 0.5772156649015329


class Missing(Exception):
    """Raised for what NumPy has and the page's small one lacks."""


class AxisError(ValueError, IndexError):
    """Raised for an axis that an array does not have."""


class UFuncTypeError(TypeError):
    """Raised for operands that an element-wise function does not take."""


def __getattr__(name):
    if name in _names.NAMES["numpy"]:
        raise Missing(f"the page's NumPy does not have `np.{name}`")
    raise AttributeError(f"module 'numpy' has no attribute '{name}'")


# Dtypes

_ALIASES = {
    "bool": "bool ? b1 bool_",
    "int32": "int32 i i4 <i4 intc",
    "int64": "int64 int int_ l i8 <i8 long intp",
    "float32": "float32 f f4 <f4 single",
    "float64": "float64 float d f8 <f8 double",
    "str": "str U <U str_",
}
_DTYPE_NAMES = {_alias: _name for _name in _ALIASES for _alias in _ALIASES[_name].split()}
_ITEMSIZES = {"bool": 1, "int32": 4, "int64": 8, "float32": 4, "float64": 8}


def _dtype_name(t):
    """Return the name of a dtype given as a class, a name or a dtype."""
    if t is None:
        return "float64"
    if isinstance(t, dtype):
        return t._kernel
    name = t if isinstance(t, str) else t.__name__ if isinstance(t, type) else None
    if name in _DTYPE_NAMES:
        return _DTYPE_NAMES[name]
    if name in _names.NAMES["dtypes"]:
        raise Missing(f"the page's NumPy does not have dtype `{name}`")
    if isinstance(t, str):
        raise TypeError(f"data type '{t}' not understood")
    raise TypeError(f"Cannot interpret '{t}' as a data type")


def _maybe_dtype(t):
    return None if t is None else _dtype_name(t)


class dtype:
    """What the numbers of an array are: `kind` is one of "b", "i", "f" and, for text, "U"."""

    def __new__(cls, t):
        return _DTYPES[_dtype_name(t)]

    @staticmethod
    def _make(name, width=0):
        made = object.__new__(dtype)
        made._kernel = name
        made.name = name if name != "str" else f"str{32 * width}"
        made.kind = "U" if name == "str" else name[0]
        made.str = f"<U{width}" if name == "str" else name
        made.itemsize = _ITEMSIZES.get(name, 4 * width)
        return made

    @property
    def type(self):
        return _SCALARS[self._kernel]

    def __repr__(self):
        return f"dtype('{self.str}')"

    def __str__(self):
        return self.str

    def __eq__(self, other):
        if isinstance(other, dtype):
            return other.name == self.name
        try:
            return other is not None and _dtype_name(other) == self._kernel
        except TypeError:
            return False

    def __hash__(self):
        return hash(self.name)


_DTYPES = {_name: dtype._make(_name) for _name in (*_ITEMSIZES, "str")}


def _dtype_of(a):
    kernel = _nd.kind(a)
    return dtype._make("str", _nd.width(a)) if kernel == "str" else _DTYPES[kernel]


# Arrays and scalars


class flatiter:
    """All elements of an array in order: to iterate over, to pick from, to set."""

    def __init__(self, base):
        self.base, self._elements = base, iter(base.reshape(-1))
        _nd.flat(self, base)

    __eq__ = _nd.operator("equal")[0]
    __ne__ = _nd.operator("not_equal")[0]
    __lt__ = _nd.operator("less")[0]
    __le__ = _nd.operator("less_equal")[0]
    __gt__ = _nd.operator("greater")[0]
    __ge__ = _nd.operator("greater_equal")[0]

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._elements)

    def __len__(self):
        return self.base.size

    def __getitem__(self, key):
        return self.base.reshape(-1)[key]

    def __setitem__(self, key, value):
        flat = self.base.reshape(-1)
        wanted = flat[key]
        if ndim(wanted):  # the values are repeated as often as it takes
            n = size(value)
            value = take(ravel(value), arange(wanted.size) % n).reshape(wanted.shape) if n else wanted
        flat[key] = value
        self.base[...] = flat.reshape(self.base.shape)

    def __getattr__(self, name):
        if name in ("coords", "index"):
            raise Missing(f"the page's NumPy does not have `flatiter.{name}`")
        raise AttributeError(name)

    def copy(self):
        return self.base.flatten()


class ndarray:
    """An array. Operators and indexing are those of the kernels; most methods are the functions of the same name."""

    __add__, __radd__, __iadd__ = _nd.operator("add")
    __sub__, __rsub__, __isub__ = _nd.operator("subtract")
    __mul__, __rmul__, __imul__ = _nd.operator("multiply")
    __truediv__, __rtruediv__, __itruediv__ = _nd.operator("divide")
    __floordiv__, __rfloordiv__, __ifloordiv__ = _nd.operator("floor_divide")
    __mod__, __rmod__, __imod__ = _nd.operator("remainder")
    __pow__, __rpow__, __ipow__ = _nd.operator("power")
    __and__, __rand__, __iand__ = _nd.operator("bitwise_and")
    __or__, __ror__, __ior__ = _nd.operator("bitwise_or")
    __xor__, __rxor__, __ixor__ = _nd.operator("bitwise_xor")
    __lshift__, __rlshift__, __ilshift__ = _nd.operator("left_shift")
    __rshift__, __rrshift__, __irshift__ = _nd.operator("right_shift")
    __eq__ = _nd.operator("equal")[0]
    __ne__ = _nd.operator("not_equal")[0]
    __lt__ = _nd.operator("less")[0]
    __le__ = _nd.operator("less_equal")[0]
    __gt__ = _nd.operator("greater")[0]
    __ge__ = _nd.operator("greater_equal")[0]
    __getitem__, __setitem__ = _nd.getitem, _nd.setitem

    shape = property(_nd.shape)
    strides = property(_nd.strides)
    ndim = property(_nd.ndim)
    size = property(_nd.size)
    dtype = property(_dtype_of)
    tolist = _nd.tolist

    def __getattr__(self, name):
        if name in _names.NAMES["ndarray"]:
            raise Missing(f"the page's NumPy does not have `ndarray.{name}`")
        raise AttributeError(f"'numpy.{type(self).__name__}' object has no attribute '{name}'")

    @property
    def T(self):
        return self.transpose()

    @property
    def mT(self):
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return swapaxes(self, -1, -2)

    @property
    def real(self):
        return self

    @property
    def flat(self):
        return flatiter(self)

    @flat.setter
    def flat(self, values):
        self.flat[:] = values

    @property
    def nbytes(self):
        return self.size * self.dtype.itemsize

    @property
    def itemsize(self):
        return self.dtype.itemsize

    def transpose(self, *axes):
        axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        if axes and len(axes) != self.ndim:
            raise ValueError("axes don't match array")
        return _same_kind(self, _nd.permute(self, list(axes or ()) or list(range(self.ndim))[::-1]))

    def item(self, *at):
        if at:
            return (self[at] if len(at) > 1 or isinstance(at[0], tuple) else self.reshape(-1)[at[0]]).item()
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return _nd.item(self)

    def astype(self, dtype, copy=True):
        return self if not copy and self.dtype == dtype else _nd.astype(self, _dtype_name(dtype))

    def reshape(self, *shape):
        return _nd.reshape(self, list(shape) if len(shape) != 1 else shape[0])

    def flatten(self):
        return _nd.reshape(_nd.copy(self), -1)

    def copy(self):
        return _nd.copy(self)

    __copy__ = copy

    def __deepcopy__(self, memo):
        return self.copy()

    def fill(self, value):
        self[...] = value

    def sort(self, axis=-1):
        self[...] = _nd.sort(self, axis)

    def __matmul__(self, other):
        return _nd.matmul(self, other)

    def __rmatmul__(self, other):
        return _nd.matmul(other, self)

    def __imatmul__(self, other):
        return _nd.into(self, _nd.matmul(self, other), "matmul")

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __neg__(self):
        return _nd.unary("negative", self)

    def __pos__(self):
        return _nd.unary("positive", self)

    def __abs__(self):
        return _nd.unary("absolute", self)

    def __invert__(self):
        return _nd.unary("invert", self)

    def __bool__(self):
        if self.size == 0:
            raise ValueError(
                "The truth value of an empty array is ambiguous. "
                "Use `array.size > 0` to check that an array is not empty."
            )
        if self.size > 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
            )
        return bool(_nd.item(self))

    def __float__(self):
        if self.ndim:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return float(_nd.item(self))

    def __int__(self):
        if self.ndim:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return int(_nd.item(self))

    def __index__(self):
        if self.ndim or self.dtype.kind != "i":
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return _nd.item(self)

    def __format__(self, spec):
        if not self.ndim:
            return format(_nd.item(self), spec)
        if spec:
            raise TypeError("unsupported format string passed to numpy.ndarray.__format__")
        return str(self)

    def __len__(self):
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return _nd.shape(self)[0]

    def __iter__(self):
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return map(self.__getitem__, range(_nd.shape(self)[0]))

    def __contains__(self, value):
        return bool((self == value).any())

    def __hash__(self):
        raise TypeError("unhashable type: 'numpy.ndarray'")

    def __repr__(self):
        return _nd.repr(self)

    def __str__(self):
        text = _nd.str(self)
        return str(self[()]) if text is None else text


def _same_kind(like, a):
    """Return `a` as a scalar if `like` is one."""
    return a if isinstance(like, ndarray) else a[()]


class generic:
    """A single number of NumPy's: the methods of an array, but it cannot be changed."""

    def __getitem__(self, key):
        if key == () or key is Ellipsis or key is None:
            return _nd.getitem(self, key)
        raise IndexError("invalid index to scalar variable.")

    def __len__(self):
        raise TypeError(f"object of type 'numpy.{type(self).__name__}' has no len()")

    def __iter__(self):
        raise TypeError(f"'numpy.{type(self).__name__}' object is not iterable")

    def __hash__(self):
        return _nd.hash(self)

    def __round__(self, ndigits=None):
        return builtins.round(_nd.item(self)) if ndigits is None else round(self, ndigits)

    def __format__(self, spec):
        return format(_nd.item(self), spec) if spec else str(self)

    def __repr__(self):
        return f"np.{self}_" if isinstance(self, bool_) else f"np.{type(self).__name__}({self})"

    def __str__(self):
        return str(_nd.short(self) if isinstance(self, floating) else _nd.item(self))

    def copy(self):
        return self


_CHANGING = "add sub mul truediv floordiv mod pow and or xor lshift rshift matmul".split()
_ARRAYS_ONLY = {f"__i{_op}__" for _op in _CHANGING} | {"__setitem__", "__len__", "__contains__", "sort", "fill"}
_ARRAYS_ONLY |= {"__matmul__", "__rmatmul__"}
for _name, _value in list(vars(ndarray).items()):
    if _name not in vars(generic) and _name not in _ARRAYS_ONLY:
        setattr(generic, _name, _value)


class number(generic):
    """A number, not a truth value."""


class inexact(number):
    """A number with a fraction."""


class floating(inexact):
    """A floating-point number."""


class integer(number):
    """An integer."""


class signedinteger(integer):
    """An integer with a sign."""


def _scalar(name, *bases):
    def __new__(cls, value=0):
        return _nd.scalar(float(value) if isinstance(value, str) else value, name)

    return type(name, bases, {"__new__": __new__, "__module__": "numpy"})


float64, float32 = _scalar("float64", floating, float), _scalar("float32", floating)
int64, int32 = _scalar("int64", signedinteger), _scalar("int32", signedinteger)
bool_ = _scalar("bool", generic)
double, single, int_, intc, intp = float64, float32, int64, int32, int64
_SCALARS = {"float64": float64, "float32": float32, "int64": int64, "int32": int32, "bool": bool_, "str": str}


class ufunc:
    """A function of each element; `maximum.reduce(a)` and its like work, too."""

    _REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}

    def __repr__(self):
        return f"<ufunc '{self.__name__}'>"

    def __getattr__(self, name):
        if name in (
            "at",
            "reduceat",
            "types",
            "nin",
            "nout",
            "identity",
            "nargs",
            "ntypes",
            "signature",
            "resolve_dtypes",
        ):
            raise Missing(f"the page's NumPy does not have `{name}` of ufuncs")
        raise AttributeError(f"'numpy.ufunc' object has no attribute '{name}'")

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        if self.__name__ not in self._REDUCTIONS:
            raise Missing(f"the page's NumPy does not have `np.{self.__name__}.reduce`")
        made = _nd.reduce(self._REDUCTIONS[self.__name__], array, axis, bool(keepdims), _maybe_dtype(dtype))
        return _result(made, out, self.__name__)

    def accumulate(self, array, axis=0, dtype=None, out=None):
        if self.__name__ not in self._REDUCTIONS:
            raise Missing(f"the page's NumPy does not have `np.{self.__name__}.accumulate`")
        return _result(_nd.accumulate(self.__name__, array, axis, _maybe_dtype(dtype)), out, self.__name__)

    def outer(self, A, B):
        A, B = asarray(A), asarray(B)
        return self(A.reshape(A.shape + (1,) * B.ndim), B)


_nd.setup(
    {"ndarray": ndarray, "dtypeName": _dtype_name, "Missing": Missing, "AxisError": AxisError}
    | {"UFuncTypeError": UFuncTypeError}
    | _SCALARS
)
True_, False_ = bool_(True), bool_(False)

(add, subtract, multiply, divide, power, float_power, floor_divide, remainder, fmod) = (
    _nd.ufunc(_name, ufunc)
    for _name in "add subtract multiply divide power float_power floor_divide remainder fmod".split()
)
(maximum, minimum, fmax, fmin, hypot, arctan2, copysign, logaddexp) = (
    _nd.ufunc(_name, ufunc) for _name in "maximum minimum fmax fmin hypot arctan2 copysign logaddexp".split()
)
(equal, not_equal, less, less_equal, greater, greater_equal, logical_and, logical_or, logical_xor) = (
    _nd.ufunc(_name, ufunc)
    for _name in "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor".split()
)
(bitwise_and, bitwise_or, bitwise_xor, left_shift, right_shift, invert, logical_not) = (
    _nd.ufunc(_name, ufunc)
    for _name in "bitwise_and bitwise_or bitwise_xor left_shift right_shift invert logical_not".split()
)
(negative, positive, absolute, fabs, sign, signbit, square, reciprocal, floor, ceil, trunc, rint) = (
    _nd.ufunc(_name, ufunc)
    for _name in "negative positive absolute fabs sign signbit square reciprocal floor ceil trunc rint".split()
)
(sqrt, cbrt, exp, exp2, expm1, log, log2, log10, log1p, isfinite, isnan, isinf) = (
    _nd.ufunc(_name, ufunc) for _name in "sqrt cbrt exp exp2 expm1 log log2 log10 log1p isfinite isnan isinf".split()
)
(sin, cos, tan, arcsin, arccos, arctan, sinh, cosh, tanh, arcsinh, arccosh, arctanh, deg2rad, rad2deg) = (
    _nd.ufunc(_name, ufunc)
    for _name in "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh deg2rad rad2deg".split()
)
true_divide, mod, abs, pow, bitwise_not = divide, remainder, absolute, power, invert
asin, acos, atan, atan2, asinh, acosh, atanh = arcsin, arccos, arctan, arctan2, arcsinh, arccosh, arctanh
radians, degrees = deg2rad, rad2deg


def _result(made, out, name="copyto"):
    """Return a result, in the array `out` if one is given."""
    return made if out is None else _nd.into(out, made, name)


# Making arrays


def array(object, dtype=None, copy=True, ndmin=0):
    made = _nd.array(object, _maybe_dtype(dtype))
    return made.reshape((1,) * (ndmin - made.ndim) + made.shape) if made.ndim < ndmin else made


def asarray(a, dtype=None):
    if dtype is None:
        return _nd.asarray(a)
    return a if isinstance(a, ndarray) and a.dtype == dtype else array(a, dtype)


def copy(a):
    return _nd.copy(a)


def zeros(shape, dtype=float):
    return _nd.full(shape, 0, _dtype_name(dtype))


def ones(shape, dtype=float):
    return _nd.full(shape, 1, _dtype_name(dtype))


def empty(shape, dtype=float):
    return _nd.full(shape, 0, _dtype_name(dtype))


def full(shape, fill_value, dtype=None):
    return _nd.full(shape, fill_value, _maybe_dtype(dtype))


def zeros_like(a, dtype=None):
    return _nd.full(_nd.shape(a), 0, _maybe_dtype(dtype) or _nd.kind(a))


def ones_like(a, dtype=None):
    return _nd.full(_nd.shape(a), 1, _maybe_dtype(dtype) or _nd.kind(a))


def empty_like(prototype, dtype=None):
    return _nd.full(_nd.shape(prototype), 0, _maybe_dtype(dtype) or _nd.kind(prototype))


def full_like(a, fill_value, dtype=None):
    return _nd.full(_nd.shape(a), fill_value, _maybe_dtype(dtype) or _nd.kind(a))


def arange(start, stop=None, step=1, dtype=None):
    if stop is None:
        start, stop = 0, start
    kind = _maybe_dtype(dtype) or _nd.promote(_nd.result(start, stop), _nd.kind(step))
    start, stop, step = (_nd.item(v) for v in (start, stop, step))
    count = builtins.max(0, math.ceil((stop - start) / step))
    if kind == "bool" and count > 2:
        raise TypeError("arange() is only supported for booleans when the result has at most length 2.")
    delta = (start + step) - start  # as NumPy has it
    return array([start + i * delta for i in range(count)], kind)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None):
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    if _nd.ndim(start) or _nd.ndim(stop):
        raise Missing("the page's NumPy does not have `np.linspace` between arrays")
    kind = float32 if _nd.kind(start * 1.0 + stop * 1.0) == "float32" else float64
    start, stop = kind(start), kind(stop)
    parts = num - 1 if endpoint else num
    steps, delta = arange(num, dtype=kind), stop - start
    step = delta / builtins.max(parts, 1)
    made = steps / parts * delta if parts and step == 0 else steps * step
    made += start
    if endpoint and num > 1:
        made[-1] = stop
    if dtype is not None:
        made = (floor(made) if _dtype_name(dtype).startswith("int") else made).astype(dtype)
    return (made, step) if retstep else made


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None):
    made = power(base, linspace(start, stop, num, endpoint))
    return made if dtype is None else made.astype(dtype)


def geomspace(start, stop, num=50, endpoint=True):
    start, stop = float(start), float(stop)
    if start == 0 or stop == 0:
        raise ValueError("Geometric sequence cannot include zero")
    if start * stop < 0:
        raise Missing("the page's NumPy does not have `np.geomspace` between a negative and a positive number")
    side = -1.0 if start < 0 else 1.0
    made = side * logspace(math.log10(side * start), math.log10(side * stop), num, endpoint)
    if num > 0:
        made[0] = start
    if num > 1 and endpoint:
        made[-1] = stop
    return made


def eye(N, M=None, k=0, dtype=float):
    return (arange(N)[:, None] + k == arange(N if M is None else M)).astype(dtype)


def identity(n, dtype=None):
    return eye(n, dtype=dtype)


def tri(N, M=None, k=0, dtype=float):
    return (arange(N)[:, None] + k >= arange(N if M is None else M)).astype(dtype)


def tril(m, k=0):
    m = asarray(m)
    return where(tri(*m.shape[-2:], k, bool), m, zeros_like(m))


def triu(m, k=0):
    m = asarray(m)
    return where(tri(*m.shape[-2:], k - 1, bool), zeros_like(m), m)


def diag(v, k=0):
    v = asarray(v)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = v.size + builtins.abs(k)
    made = zeros((n, n), v.dtype)
    made[arange(v.size) + builtins.max(-k, 0), arange(v.size) + builtins.max(k, 0)] = v
    return made


def diagonal(a, offset=0):
    a = asarray(a)
    if a.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    if a.ndim > 2:
        raise Missing("the page's NumPy does not have `np.diagonal` of more than two dimensions")
    row, column = builtins.max(-offset, 0), builtins.max(offset, 0)
    along = arange(builtins.max(0, builtins.min(a.shape[0] - row, a.shape[1] - column)))
    return a[along + row, along + column]


def fill_diagonal(a, val):
    along = arange(builtins.min(a.shape))
    a[along, along] = val


def meshgrid(x, y):
    x, y = ravel(x), ravel(y)
    return broadcast_to(x, (y.size, x.size)).copy(), broadcast_to(y[:, None], (y.size, x.size)).copy()


# Shapes


def shape(a):
    return _nd.shape(a)


def ndim(a):
    return _nd.ndim(a)


def size(a, axis=None):
    return _nd.size(a) if axis is None else _nd.count(a, axis)


def isscalar(element):
    return isinstance(element, (generic, int, float, complex, str))


def iterable(y):
    return y.ndim > 0 if isinstance(y, (ndarray, generic)) else hasattr(y, "__iter__")


def reshape(a, shape):
    return _nd.reshape(a, shape)


def ravel(a):
    return _nd.reshape(a, -1)


def transpose(a, axes=None):
    return asarray(a).transpose(*(axes or ()))


def swapaxes(a, axis1, axis2):
    n = _nd.ndim(a)
    axes = list(range(n))
    i, j = _nd.axis(axis1, n), _nd.axis(axis2, n)
    axes[i], axes[j] = axes[j], axes[i]
    return _nd.permute(a, axes)


def matrix_transpose(x):
    return swapaxes(x, -1, -2)


def moveaxis(a, source, destination):
    n = _nd.ndim(a)
    source = [_nd.axis(k, n) for k in ([source] if isinstance(source, int) else source)]
    destination = [_nd.axis(k, n) for k in ([destination] if isinstance(destination, int) else destination)]
    if len(source) != len(destination):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [k for k in range(n) if k not in source]
    for to, k in sorted(zip(destination, source)):
        order.insert(to, k)
    return _nd.permute(a, order)


def squeeze(a, axis=None):
    a = asarray(a)
    drop = [i for i, n in enumerate(a.shape) if n == 1] if axis is None else _axes(axis, a.ndim)
    if builtins.any(a.shape[i] != 1 for i in drop):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return a[tuple(0 if i in drop else slice(None) for i in range(a.ndim)) + (Ellipsis,)]


def _axes(axis, n):
    return [_nd.axis(k, n) for k in (axis if isinstance(axis, (tuple, list)) else (axis,))]


def expand_dims(a, axis):
    a = asarray(a)
    count = a.ndim + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    new = _axes(axis, count)
    return a[tuple(None if i in new else slice(None) for i in range(count))]


def broadcast_to(array, shape):
    return _nd.stretch(array, shape)


def broadcast_arrays(*args):
    shape = _nd.broadcast(*args)
    return tuple(_nd.stretch(a, shape) for a in args)


def atleast_1d(a):
    return asarray(a) if _nd.ndim(a) else _nd.reshape(a, 1)


def atleast_2d(a):
    a = asarray(a)
    return a if a.ndim > 1 else a.reshape(1, -1)


def concatenate(arrays, axis=0):
    if axis is None:
        return _nd.concatenate([ravel(a) for a in arrays], 0)
    return _nd.concatenate(arrays, axis)


def stack(arrays, axis=0):
    arrays = [asarray(a) for a in arrays]
    if not arrays:
        raise ValueError("need at least one array to stack")
    if builtins.any(a.shape != arrays[0].shape for a in arrays):
        raise ValueError("all input arrays must have the same shape")
    return _nd.concatenate([expand_dims(a, axis) for a in arrays], axis)


def vstack(tup):
    return _nd.concatenate([atleast_2d(a) for a in tup], 0)


def hstack(tup):
    arrays = [atleast_1d(a) for a in tup]
    return _nd.concatenate(arrays, 0 if arrays and arrays[0].ndim == 1 else 1)


def column_stack(tup):
    return _nd.concatenate([a if a.ndim > 1 else a.reshape(-1, 1) for a in map(asarray, tup)], 1)


def append(arr, values, axis=None):
    if axis is None:
        return _nd.concatenate([ravel(arr), ravel(values)], 0)
    return _nd.concatenate([arr, values], axis)


def delete(arr, obj, axis=None):
    arr = ravel(arr) if axis is None else asarray(arr)
    axis = 0 if axis is None else _nd.axis(axis, arr.ndim)
    keep = ones(arr.shape[axis], bool)
    keep[obj] = False
    return take(arr, flatnonzero(keep), axis)


def array_split(ary, indices_or_sections, axis=0):
    ary = asarray(ary)
    n = ary.shape[_nd.axis(axis, ary.ndim)]
    if isinstance(indices_or_sections, int):
        if indices_or_sections <= 0:
            raise ValueError("number sections must be larger than 0.")
        each, more = divmod(n, indices_or_sections)
        at = [i * each + builtins.min(i, more) for i in range(indices_or_sections + 1)]
    else:
        at = [0, *indices_or_sections, n]
    lead = (slice(None),) * _nd.axis(axis, ary.ndim)
    return [ary[(*lead, slice(a, b))] for a, b in zip(at, at[1:])]


def split(ary, indices_or_sections, axis=0):
    if isinstance(indices_or_sections, int) and _nd.shape(ary)[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


def flip(m, axis=None):
    m = asarray(m)
    turned = range(m.ndim) if axis is None else _axes(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in turned else slice(None) for i in range(m.ndim))]


def flipud(m):
    return flip(m, 0)


def fliplr(m):
    return flip(m, 1)


def roll(a, shift, axis=None):
    a = asarray(a)
    if axis is None:
        return roll(a.ravel(), shift, 0).reshape(a.shape)
    shifts, axes = broadcast_arrays(shift, axis)
    for by, k in zip(shifts.flatten().tolist(), axes.flatten().tolist()):
        n = a.shape[_nd.axis(k, a.ndim)]
        a = take(a, (arange(n) - by) % builtins.max(n, 1), k)
    return a


def repeat(a, repeats, axis=None):
    a = ravel(a) if axis is None else asarray(a)
    axis = 0 if axis is None else _nd.axis(axis, a.ndim)
    counts = broadcast_to(repeats, a.shape[axis])
    return take(a, array([i for i, n in enumerate(counts.tolist()) for _ in range(n)], int), axis)


def tile(A, reps):
    A = asarray(A)
    reps = (reps,) if isinstance(reps, (int, integer)) else tuple(reps)
    reps = (1,) * builtins.max(A.ndim - len(reps), 0) + reps
    A = A.reshape((1,) * builtins.max(len(reps) - A.ndim, 0) + A.shape)
    for axis, n in enumerate(reps):
        A = take(A, arange(n * A.shape[axis]) % builtins.max(A.shape[axis], 1), axis)
    return A.copy()


def pad(array, pad_width, mode="constant", constant_values=0):
    if mode not in ("constant", "edge"):
        raise Missing(f"the page's NumPy does not have `np.pad` with mode '{mode}'")
    a = asarray(array)
    for axis, (before, after) in enumerate(broadcast_to(pad_width, (a.ndim, 2)).tolist()):
        if before < 0 or after < 0:
            raise ValueError("index can't contain negative values")
        n = a.shape[axis]
        at = arange(-before, n + after)
        taken = take(a, clip(at, 0, n - 1), axis)
        outside = ((at < 0) | (at >= n)).reshape((-1,) + (1,) * (a.ndim - 1 - axis))
        a = taken if mode == "edge" else where(outside, full((), constant_values, a.dtype), taken)
    return a


def take(a, indices, axis=None, out=None):
    a = ravel(a) if axis is None else asarray(a)
    axis = 0 if axis is None else _nd.axis(axis, a.ndim)
    return _result(a[(slice(None),) * axis + (list(indices) if isinstance(indices, tuple) else indices,)], out)


# Reductions


def _dtype_for(dtype, out):
    """Return the dtype to compute in: the one asked for, or that of the array for the result."""
    return _nd.kind(out) if dtype is None and out is not None else _maybe_dtype(dtype)


def sum(a, axis=None, dtype=None, out=None, keepdims=False):
    return _result(_nd.reduce("sum", a, axis, bool(keepdims), _dtype_for(dtype, out)), out, "add")


def prod(a, axis=None, dtype=None, out=None, keepdims=False):
    return _result(_nd.reduce("prod", a, axis, bool(keepdims), _dtype_for(dtype, out)), out, "multiply")


def max(a, axis=None, out=None, keepdims=False):
    return _result(_nd.reduce("max", a, axis, bool(keepdims), None), out, "maximum")


def min(a, axis=None, out=None, keepdims=False):
    return _result(_nd.reduce("min", a, axis, bool(keepdims), None), out, "minimum")


amax, amin = max, min


def ptp(a, axis=None, out=None, keepdims=False):
    return _result(subtract(max(a, axis, None, keepdims), min(a, axis, None, keepdims)), out, "subtract")


def any(a, axis=None, out=None, keepdims=False):
    return _result(_nd.reduce("any", a, axis, bool(keepdims), None), out, "logical_or")


def all(a, axis=None, out=None, keepdims=False):
    return _result(_nd.reduce("all", a, axis, bool(keepdims), None), out, "logical_and")


def argmax(a, axis=None, out=None, *, keepdims=False):
    return _result(_nd.reduce("argmax", a, axis, bool(keepdims), None), out)


def argmin(a, axis=None, out=None, *, keepdims=False):
    return _result(_nd.reduce("argmin", a, axis, bool(keepdims), None), out)


def count_nonzero(a, axis=None, *, keepdims=False):
    return sum(not_equal(a, 0), axis, None, None, keepdims)


def _floats(a, dtype):
    """Return the dtype in which a mean is computed: integers become float64."""
    return _maybe_dtype(dtype) or (None if _nd.kind(a) in ("float32", "float64", "str") else "float64")


def mean(a, axis=None, dtype=None, out=None, keepdims=False):
    kind = _floats(a, dtype) if out is None else _dtype_for(dtype, out)
    made = divide(_nd.reduce("sum", a, axis, bool(keepdims), kind), _nd.count(a, axis))
    return made if out is None else _result(made, out, "divide")


def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    kind = _floats(a, dtype)
    centred = asarray(a, kind) - divide(_nd.reduce("sum", a, axis, True, kind), _nd.count(a, axis))
    total = _nd.reduce("sum", centred * centred, axis, bool(keepdims), None)
    return _result(divide(total, builtins.max(_nd.count(a, axis) - ddof, 0)), out, "divide")


def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    return _result(sqrt(var(a, axis, dtype, None, ddof, keepdims)), out, "sqrt")


def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    if returned:
        raise Missing("the page's NumPy does not have the keyword `returned` of `np.average`")
    if weights is None:
        means = mean(a, axis, keepdims=keepdims)
        size(a) / size(means)  # NumPy divides here, and so raises an error if there are no means
        return means
    a, weights = asarray(a), asarray(weights)
    kind = _nd.kind(a * 1.0 + weights.reshape(-1)[:1].sum())
    if a.shape != weights.shape:
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        if isinstance(axis, tuple) or weights.ndim != 1:
            raise Missing("the page's NumPy does not have `np.average` with such weights")
        if weights.shape[0] != a.shape[_nd.axis(axis, a.ndim)]:
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
        weights = weights.reshape((-1,) + (1,) * (a.ndim - 1 - _nd.axis(axis, a.ndim)))
        weights = broadcast_to(weights, a.shape)
    scale = sum(weights, axis, kind, keepdims=keepdims)
    if any(scale == 0.0):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    return sum(multiply(a, weights), axis, keepdims=keepdims) / scale


def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    a = asarray(a)
    axes = list(range(a.ndim)) if axis is None else _axes(axis, a.ndim)
    rest = [i for i in range(a.ndim) if i not in axes]
    rows = _nd.permute(a, rest + axes).reshape([a.shape[i] for i in rest] + [_nd.count(a, axis)])
    n = rows.shape[-1]
    rows = _nd.sort(rows, -1)
    made = mean(rows[..., (n - 1) // 2 : n // 2 + 1], axis=-1)
    if n:
        made = where(isnan(rows[..., -1]), rows[..., -1], made)
    if keepdims:
        made = reshape(made, [1 if i in axes else k for i, k in enumerate(a.shape)])
    return _result(made, out)


def cumsum(a, axis=None, dtype=None, out=None):
    a = a if _nd.ndim(a) and axis is not None else ravel(a)
    return _result(_nd.accumulate("add", a, 0 if axis is None else axis, _dtype_for(dtype, out)), out, "add")


def cumprod(a, axis=None, dtype=None, out=None):
    a = a if _nd.ndim(a) and axis is not None else ravel(a)
    return _result(_nd.accumulate("multiply", a, 0 if axis is None else axis, _dtype_for(dtype, out)), out, "multiply")


def diff(a, n=1, axis=-1):
    a = asarray(a)
    if not a.ndim:
        raise ValueError("diff requires input that is at least one dimensional")
    lead = (slice(None),) * _nd.axis(axis, a.ndim)
    for _ in range(n):
        later, earlier = a[(*lead, slice(1, None))], a[(*lead, slice(None, -1))]
        a = not_equal(later, earlier) if a.dtype.kind == "b" else later - earlier
    return a


def _without_nan(a, instead):
    a = asarray(a)
    return where(isnan(a), full((), instead, a.dtype), a) if a.dtype.kind == "f" else a


def nansum(a, axis=None, dtype=None, out=None, keepdims=False):
    return sum(_without_nan(a, 0), axis, dtype, out, keepdims)


def nanmean(a, axis=None, dtype=None, out=None, keepdims=False):
    total = sum(_without_nan(a, 0), axis, _floats(a, dtype), None, keepdims)
    return _result(divide(total, sum(~isnan(a), axis, _nd.kind(total), None, keepdims)), out, "divide")


def nanmax(a, axis=None, out=None, keepdims=False):
    return _unless_all_nan(a, axis, keepdims, max(_without_nan(a, -inf), axis, None, keepdims), out)


def nanmin(a, axis=None, out=None, keepdims=False):
    return _unless_all_nan(a, axis, keepdims, min(_without_nan(a, inf), axis, None, keepdims), out)


def _unless_all_nan(a, axis, keepdims, made, out):
    if _nd.kind(made)[0] == "f":
        made = where(all(isnan(a), axis, None, keepdims), full((), nan, made.dtype), made)
    return _result(made, out)


# Sorting, searching, counting


def sort(a, axis=-1, kind=None):
    return _nd.sort(ravel(a), 0) if axis is None else _nd.sort(a, axis)


def argsort(a, axis=-1, kind=None):
    return _nd.argsort(ravel(a), 0) if axis is None else _nd.argsort(atleast_1d(a), axis)


def where(condition, x=None, y=None):
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ValueError("either both or neither of x and y should be given")
    return _nd.where(condition, x, y)


def nonzero(a):
    if not _nd.ndim(a):
        raise ValueError("Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead.")
    return _nd.nonzero(a)


def flatnonzero(a):
    return _nd.nonzero(ravel(a))[0]


def argwhere(a):
    if not _nd.ndim(a):
        return zeros((int(bool(asarray(a))), 0), int)
    return _nd.permute(stack(_nd.nonzero(a)), [1, 0])


def unique(ar, return_index=False, return_inverse=False, return_counts=False):
    a = ravel(ar)
    order = _nd.argsort(a, 0)
    ordered = a[order]
    new = ones(a.size, bool)
    new[1:] = ordered[1:] != ordered[:-1]
    if a.dtype.kind == "f":
        new[1:] &= ~isnan(ordered[:-1])
    found = (ordered[new],)
    if return_index:
        found += (order[new],)
    if return_inverse:
        inverse = zeros(a.size, int)
        inverse[order] = cumsum(new) - 1
        found += (inverse.reshape(_nd.shape(ar)),)
    if return_counts:
        found += (diff(append(flatnonzero(new), a.size)),)
    return found if len(found) > 1 else found[0]


def bincount(x, weights=None, minlength=0):
    x = asarray(x)
    if x.ndim != 1:
        raise ValueError(
            "object too deep for desired array" if x.ndim else "object of too small depth for desired array"
        )
    if x.size and x.dtype.kind == "f":
        raise TypeError(f"Cannot cast array data from {x.dtype!r} to dtype('int64') according to the rule 'safe'")
    if x.size and x.min() < 0:
        raise ValueError("'list' argument must have no negative elements")
    if weights is not None and _nd.shape(weights) != x.shape:
        raise ValueError("The weights and list don't have the same length.")
    counts = [0 if weights is None else 0.0] * builtins.max(minlength, int(x.max()) + 1 if x.size else 0)
    for k, w in zip(x.tolist(), [1] * x.size if weights is None else asarray(weights, float).tolist()):
        counts[k] += w
    return array(counts, int if weights is None else float)


def searchsorted(a, v, side="left"):
    a, v = asarray(a), asarray(v)
    before = a < v[..., None] if side == "left" else a <= v[..., None]
    return sum(before, -1)


def isin(element, test_elements, assume_unique=False, invert=False):
    found = asarray(any(equal(asarray(element)[..., None], ravel(test_elements)), -1))
    return ~found if invert else found


def interp(x, xp, fp):
    xp, fp = asarray(xp, float), asarray(fp, float)
    at = clip(searchsorted(xp, x, "right") - 1, 0, builtins.max(xp.size - 2, 0))
    slope = (fp[at + 1] - fp[at]) / (xp[at + 1] - xp[at])
    made = slope * (asarray(x) - xp[at]) + fp[at]
    return where(less(x, xp[0]), fp[0], where(greater_equal(x, xp[-1]), fp[-1], made))


# Comparing and rounding


def array_equal(a1, a2, equal_nan=False):
    return _nd.equal(a1, a2, bool(equal_nan))


def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    a, b = asarray(a), asarray(b) * 1.0
    near = (abs(a - b) <= atol + rtol * abs(b)) & isfinite(b) | (a == b)
    return near | isnan(a) & isnan(b) if equal_nan else near


def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return bool(all(isclose(a, b, rtol, atol, equal_nan)))


def clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
    a_min, a_max = (min if a_min is None else a_min), (max if a_max is None else a_max)
    made = asarray(a) if a_min is None else maximum(a, a_min)
    made = made if a_max is None else minimum(made, a_max)
    return _result(made if a_min is not None or a_max is not None else positive(made), out, "clip")


def round(a, decimals=0, out=None):
    if _nd.kind(a) == "bool":
        raise Missing("the page's NumPy does not have `np.round` of truth values")
    if _nd.kind(a) in ("int32", "int64"):
        if decimals < 0:
            raise Missing("the page's NumPy does not have `np.round` of integers to tens")
        return _result(positive(a), out)
    scale = 10.0 ** builtins.abs(decimals)
    if decimals == 0:
        return _result(rint(a), out)
    return _result(rint(a * scale) / scale if decimals > 0 else rint(a / scale) * scale, out)


around = round


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    x = asarray(x)
    if x.dtype.kind != "f":
        return positive(x)
    largest = finfo(x.dtype).max
    made = where(isnan(x), nan, x)
    made = where(equal(x, inf), largest if posinf is None else posinf, made)
    return where(equal(x, -inf), -largest if neginf is None else neginf, made).astype(x.dtype)


# Products


def matmul(x1, x2, out=None):
    return _result(_nd.matmul(x1, x2), out, "matmul")


def dot(a, b, out=None):
    a, b = asarray(a), asarray(b)
    if not a.ndim or not b.ndim:
        return _result(multiply(a, b), out, "multiply")
    k = builtins.max(b.ndim - 2, 0)
    if a.shape[-1] != b.shape[k]:
        last = f"{a.shape} and {b.shape}".replace(" ", "").replace("and", " and ")
        raise ValueError(f"shapes {last} not aligned: {a.shape[-1]} (dim {a.ndim - 1}) != {b.shape[k]} (dim {k})")
    if b.ndim <= 2:
        return _result(_nd.matmul(a, b), out, "dot")
    made = _nd.matmul(a.reshape(-1, a.shape[-1]), moveaxis(b, k, 0).reshape(b.shape[k], -1))
    return _result(made.reshape(a.shape[:-1] + b.shape[:k] + b.shape[k + 1 :]), out, "dot")


def vdot(a, b):
    return dot(ravel(a), ravel(b))


def inner(a, b):
    return dot(a, moveaxis(b, -1, builtins.max(_nd.ndim(b) - 2, 0)) if _nd.ndim(b) > 1 else b)


def outer(a, b, out=None):
    return _result(multiply(ravel(a)[:, None], ravel(b)), out, "multiply")


def einsum(subscripts, *operands):
    if not isinstance(subscripts, str):
        raise Missing("the page's NumPy does not have `np.einsum` without a text of subscripts")
    return _nd.einsum(subscripts, list(operands))


def trace(a, offset=0):
    return sum(diagonal(a, offset))


def convolve(a, v, mode="full"):
    a, v = atleast_1d(a), atleast_1d(v)
    if len(v) > len(a):
        a, v = v, a
    if not len(v):
        raise ValueError("v cannot be empty")
    n, m = len(a), len(v)
    at = arange(n + m - 1)[:, None] - arange(m)
    made = matmul(where((at >= 0) & (at < n), a[clip(at, 0, n - 1)], zeros((), a.dtype)), v)
    if mode == "full":
        return made
    if mode not in ("same", "valid"):
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got '{mode}')")
    return made[(m - 1) // 2 : (m - 1) // 2 + n] if mode == "same" else made[m - 1 : n]


def polyval(p, x):
    made = zeros_like(x)
    for c in asarray(p):
        made = made * x + c
    return made


def cov(m, y=None, rowvar=True, bias=False, ddof=None):
    x = atleast_2d(m)
    x = x if rowvar or x.shape[0] == 1 else x.T
    if y is not None:
        y = atleast_2d(y)
        x = vstack([x, y if rowvar or y.shape[0] == 1 else y.T])
    x = x - mean(x, axis=1, keepdims=True, dtype=float)
    ddof = (0 if bias else 1) if ddof is None else ddof
    return squeeze(matmul(x, x.T) / (x.shape[1] - ddof))


def corrcoef(x, y=None, rowvar=True):
    c = cov(x, y, rowvar)
    if not ndim(c):
        return c / c
    scale = sqrt(diagonal(c))
    return clip(c / scale[:, None] / scale, -1, 1)


# About types


def issubdtype(arg1, arg2):
    kind = dtype(arg1).type
    return issubclass(kind, arg2 if isinstance(arg2, type) and issubclass(arg2, generic) else dtype(arg2).type)


def result_type(*arrays_and_dtypes):
    kinds = [a.dtype if isinstance(a, (ndarray, generic)) else dtype(a) for a in arrays_and_dtypes]
    made = kinds[0]._kernel
    for kind in kinds[1:]:
        made = _nd.promote(made, kind._kernel)
    return _DTYPES[made]


class finfo:
    """The limits of a floating-point dtype."""

    def __init__(self, dtype):
        self.dtype = globals()["dtype"](dtype)
        if self.dtype.kind != "f":
            raise ValueError(f"data type {self.dtype.type!r} not inexact")
        single = self.dtype == "float32"
        make = self.dtype.type
        self.bits = 32 if single else 64
        self.eps = make(2.0**-23 if single else 2.0**-52)
        self.max = make((2 - 2.0**-23) * 2.0**127 if single else (2 - 2.0**-52) * 2.0**1023)
        self.min = -self.max
        self.tiny = self.smallest_normal = make(2.0**-126 if single else 2.0**-1022)


class errstate:
    """Nothing is told here, so nothing has to be silenced."""

    def __init__(self, **kinds):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class _Random:
    """Random numbers are drawn where the book is built."""

    class Generator:
        """Named in annotations."""

    def __getattr__(self, name):
        raise Missing(f"the page's NumPy does not have `np.random.{name}`")


random = _Random()


class exceptions:
    AxisError = AxisError


def _tell():
    """Let every public function tell a keyword that NumPy has and this one lacks."""
    for name, function in list(globals().items()):
        if type(function) is type(_tell) and not name.startswith("_"):
            globals()[name] = _nd.told(function, name, _names.LACKING.get(name, []))


_tell()
for _function in (sum, prod, max, min, any, all, argmax, argmin, mean, var, std, cumsum, cumprod, clip, round, dot):
    for _class in (ndarray, generic):
        setattr(_class, _function.__name__, _function)
for _function in (argsort, nonzero, ravel, repeat, squeeze, swapaxes, take, trace, diagonal, searchsorted):
    for _class in (ndarray, generic):
        setattr(_class, _function.__name__, _function)

for _class in list(globals().values()):
    if isinstance(_class, type):
        _nd.seal(_class)  # as NumPy's are: what one answer sets would spoil all later ones

import numpy.linalg as linalg  # noqa: E402
