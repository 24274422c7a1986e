"""The experiments of chapter 11, *Data augmentation*: pictures that are moved and recoloured live, from small arrays.

All are compiled, so they read an image pixel by pixel; the tests compare them with `course_lib.data.augment`.
"""

import json
from functools import cache
from typing import Any

import numpy as np

from course_lib.data import load_photos
from course_lib.data.augment.colour import LUMA
from course_lib.data.augment.sampling import bilinear
from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, bars, choice, drag, image, line, panel, point, readout, rule, slider
from course_lib.explore.parts import toggle as switch
from course_lib.explore.primitives import uniforms

from .networks import STORED

PAGE = "11_augmentation"
_FORTH, _BACK, _ACCENT = "#0072B2", "#D55E00", "#C2478F"
_DIGITS = [str(digit) for digit in range(10)]


def _axes(rows: int, columns: int) -> tuple[Any, Any]:
    """The axes of a picture; without numbers, for the text counts rows from the top, and a panel from below."""
    return axis("column", (0, columns), ticks=()), axis("row", (0, rows), ticks=())


@cache
def _stored() -> dict[str, Any]:
    return json.loads(STORED.read_text("utf-8"))


def _digits() -> list[list[list[float]]]:
    """A digit of each class: rows of grey levels."""
    return (np.array(_stored()["digits"]).reshape(10, 8, 8) / 16).tolist()


@cache
def photo(height: int = 48) -> Any:
    """Return the photograph of a temple, in bytes, 1.5 times as wide as high."""
    return np.rint(255 * load_photos((height, 3 * height // 2))[0]).astype(int).tolist()


# ---------------------------------------------------------------- where a pixel comes from


def _corners(at: float, length: int) -> list[Any]:
    """Return, along one axis, the pixels on either side of a place, and the distance from the first."""
    at = min(max(at, 0.0), length - 1.0)
    low = int(at // 1)
    return [low, min(low + 1, length - 1), at - low]


def _inside(x: float, y: float, rows: int, columns: int) -> bool:
    return -0.5 <= x and x < columns - 0.5 and -0.5 <= y and y < rows - 0.5


def _grey_at(picture: list[list[float]], x: float, y: float) -> float:
    """Interpolate a grey picture at column x and row y; outside it is black."""
    rows, columns = len(picture), len(picture[0])
    if not _inside(x, y, rows, columns):
        return 0.0
    left, right, a = _corners(x, columns)
    top, bottom, b = _corners(y, rows)
    return bilinear(picture[top][left], picture[top][right], picture[bottom][left], picture[bottom][right], a, b)


def _colour_at(picture: list[list[list[float]]], x: float, y: float) -> list[float]:
    """Interpolate a picture of bytes at column x and row y, to levels from 0 to 1; outside it is black."""
    rows, columns = len(picture), len(picture[0])
    if not _inside(x, y, rows, columns):
        return [0.0, 0.0, 0.0]
    left, right, a = _corners(x, columns)
    top, bottom, b = _corners(y, rows)
    p, q, r, s = picture[top][left], picture[top][right], picture[bottom][left], picture[bottom][right]
    return [bilinear(p[k], q[k], r[k], s[k], a, b) / 255 for k in range(3)]


# ---------------------------------------------------------------- 1 · turn

_ANGLES = [10.0 * k - 180 for k in range(37)]


def _turned(picture: list[list[float]], degrees: float, right: float) -> list[list[float]]:
    """Rotate a digit counter-clockwise, then shift it: `affine` with translation @ rotation."""
    c, s = np.cos(degrees * np.pi / 180), np.sin(degrees * np.pi / 180)
    rows = []
    for i in range(8):
        row = []
        for j in range(8):
            X, Y = j - 3.5 - right, i - 3.5
            row.append(_grey_at(picture, c * X - s * Y + 3.5, s * X + c * Y + 3.5))
        rows.append(row)
    return rows


def _probabilities(net: dict[str, Any], picture: list[list[float]]) -> list[float]:
    """Run a network of one hidden layer of ReLUs, and softmax."""
    pixels = [v for row in picture for v in row]
    hidden = [0.0 for b in net["b1"]]
    for i in range(len(hidden)):
        w, z = net["W1"][i], net["b1"][i]
        for k in range(64):
            z = z + w[k] * pixels[k]
        hidden[i] = max(z, 0.0)
    scores = [0.0 for b in net["b2"]]
    for i in range(10):
        w, z = net["W2"][i], net["b2"][i]
        for k in range(len(hidden)):
            z = z + w[k] * hidden[k]
        scores[i] = z
    top = max(scores)
    raised = [np.exp(z - top) for z in scores]
    total = sum(raised)
    return [e / total for e in raised]


def _favourite(p: list[float]) -> int:
    best = 0
    for k in range(10):
        if p[k] > p[best]:
            best = k
    return best


def _turn(digit: float, angle: float, right: float, digits: Any, plain_net: Any, augmented_net: Any) -> Data:
    picture = _turned(digits[int(digit)], angle, right)
    data: Data = {"picture": {"x": [0, 8], "y": [0, 8], "z": picture}, "angle": angle}
    for name in ("plain", "augmented"):
        p = _probabilities(plain_net if name == "plain" else augmented_net, picture)
        data[name + "_bars"] = {"y": [100 * v for v in p]}
        data[name + "_says"] = _favourite(p)
        data[name + "_sure"] = 100 * p[_favourite(p)]
    return data


def _over_angles(digit: float, right: float, digits: Any, plain_net: Any, augmented_net: Any) -> Data:
    data: Data = {}
    for name in ("plain", "augmented"):
        net = plain_net if name == "plain" else augmented_net
        own, named = [], []
        for angle in _ANGLES:
            p = _probabilities(net, _turned(digits[int(digit)], angle, right))
            own.append(100 * p[int(digit)])
            named.append(_favourite(p) == int(digit))
        low, high = 18, 18  # the upright digit
        while named[18] and low > 0 and named[low - 1]:
            low = low - 1
        while named[18] and high < 36 and named[high + 1]:
            high = high + 1
        data[name] = {"x": _ANGLES, "y": own}
        data[name + "_low"] = _ANGLES[low] if named[18] else None
        data[name + "_high"] = _ANGLES[high] if named[18] else None
    return data


@experiment(page=PAGE)
def turn(**values: Any) -> Experiment:
    """Turn and shift a digit before two networks that were trained on 200 digits, one of them on moved ones.

    Controls: ``digit``, ``angle`` in degrees, ``right`` in pixels.

    >>> turn(digit=6, angle=180).data["plain_says"]
    9.0
    """
    nets, looks = _stored(), {"plain": ("plain", _FORTH), "augmented": ("trained on moved digits", _BACK)}
    ends = {"low": "names it from, degrees", "high": "to, degrees"}
    ranges = [
        readout(f"{name}_{end}", f"{name}: {label}", format=".0f", color=color)
        for name, (_, color) in looks.items()
        for end, label in ends.items()
    ]
    return Experiment(
        "turn",
        [
            slider("digit", "digit", 0, 9, 6, step=1, format="d"),
            slider("angle", "turned counter-clockwise, degrees", -180, 180, 0, step=5, format=".0f"),
            slider("right", "moved right, pixels", -2, 2, 0, step=0.25),
        ],
        _turn,
        [
            panel(
                "The digit",
                *_axes(8, 8),
                [image("picture")],
                ratio=1.0,
                alt="A handwritten digit of eight by eight pixels, turned and shifted.",
            ),
            panel(
                "What the networks say",
                axis("digit", names=_DIGITS),
                axis("probability, %", (0, 100)),
                [
                    bars(f"{name}_bars", label=label, color=color, group=(i, 2))
                    for i, (name, (label, color)) in enumerate(looks.items())
                ],
                alt="The two networks' probabilities of the ten digits, as bars.",
            ),
            panel(
                "The true digit, at every angle",
                axis("turned counter-clockwise, degrees", (-180, 180), ticks=(-180, -90, 0, 90, 180)),
                axis("probability, %", (0, 100)),
                [
                    rule("angle", axis="x", label="the angle above", color=_ACCENT),
                    *[line(name, label=label, color=color, width=2.5) for name, (label, color) in looks.items()],
                ],
                ratio=0.4,
                alt="The probability of the true digit against the angle, for both networks.",
            ),
        ],
        readouts=[
            readout("plain_says", "plain: says", format="d", color=_FORTH),
            readout("plain_sure", "with probability, %", format=".0f", color=_FORTH),
            readout("augmented_says", "augmented: says", format="d", color=_BACK),
            readout("augmented_sure", "with probability, %", format=".0f", color=_BACK),
            *ranges,
        ],
        assets={"digits": _digits(), "plain_net": nets["nothing"], "augmented_net": nets["jitter"]},
        digits=4,
        backdrop=_over_angles,
        caption="A digit, turned and moved, before a network trained on digits as they are and one trained on moved"
        " digits.",
        alt="A digit, what two networks say of it, and the probability of its true name over the angle.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · photo


def _luma(p: list[float]) -> float:
    return LUMA[0] * p[0] + LUMA[1] * p[1] + LUMA[2] * p[2]


def _photo(change: str, amount: float, temple: Any) -> Data:
    rows, columns = len(temple), len(temple[0])
    y0, x0 = (rows - 1) / 2, (columns - 1) / 2
    degrees = 45 * amount
    c, s = np.cos(degrees * np.pi / 180), np.sin(degrees * np.pi / 180)
    picture, outside = [], 0
    for i in range(rows):
        row = []
        for j in range(columns):
            x, y = j - x0, i - y0  # where the new pixel lies; now back to where it comes from
            if change == "turn":
                x, y = c * x - s * y, s * x + c * y
            elif change == "shear":
                x = x - amount * y
            elif change == "stretch":
                x = x / 2**amount
            elif change == "lens":
                bend = 1 + 0.3 * amount * (x * x + y * y) / (x0 * x0 + y0 * y0)
                x, y = bend * x, bend * y
            elif change == "flip":
                x = -x
            if not _inside(x + x0, y + y0, rows, columns):
                outside = outside + 1
            row.append(_colour_at(temple, x + x0, y + y0))
        picture.append(row)
    value, clipped, quantity = amount, None, "slant"
    if change in ("brightness", "contrast", "saturation"):
        value, clipped, quantity = 1 + amount, 0, "factor"
        mean = sum([sum([_luma(p) for p in row]) for row in picture]) / (rows * columns)
        for i in range(rows):
            for j in range(columns):
                p = picture[i][j]
                level = 0.0 if change == "brightness" else mean if change == "contrast" else _luma(p)
                p = [level + value * (v - level) for v in p]
                picture[i][j] = [min(max(v, 0.0), 1.0) for v in p]
                if max(p[0], p[1], p[2]) > 1 + 1e-9 or min(p[0], p[1], p[2]) < -1e-9:
                    clipped = clipped + 1
        clipped = 100 * clipped / (rows * columns)
    elif change == "turn":
        value, quantity = degrees, "angle, degrees"
    elif change == "stretch":
        value, quantity = 2**amount, "factor of the width"
    elif change == "lens":
        value, quantity = 0.3 * amount, "k"
    return {
        "picture": {"x": [0, columns], "y": [0, rows], "z": picture},
        "value": None if change == "flip" else value,
        "quantity": None if change == "flip" else quantity,
        "outside": 100 * outside / (rows * columns),
        "clipped": clipped,
    }


def _original(temple: Any) -> Data:
    levels = [[[v / 255 for v in p] for p in row] for row in temple]
    return {"original": {"x": [0, len(temple[0])], "y": [0, len(temple)], "z": levels}}


#: The changes of `views`: what the reader chooses, and what the readout calls its setting.
CHANGES = {
    "turn": "turn", "shear": "shear", "stretch": "stretch", "flip": "flip", "lens": "lens",
    "brightness": "brightness", "contrast": "contrast", "saturation": "saturation",
}  # fmt: skip


@experiment(page=PAGE)
def views(**values: Any) -> Experiment:
    """Turn, shear, stretch, mirror, bend or recolour a photograph.

    Controls: ``change`` (a name in `CHANGES`) and ``amount`` from −1 to 1: 45 degrees times it, a shear of it, 2 to
    its power as a factor of the width, k = 0.3 times it for the lens, a factor of 1 plus it for the colours.

    >>> views(change="stretch", amount=1.0).data["value"]
    2.0
    """
    columns, rows = _axes(48, 72)
    moves = [name for name in CHANGES if name != "flip"]
    return Experiment(
        "views",
        [
            choice("change", "Change", CHANGES, "turn", shows={"amount": moves}),
            slider("amount", "strength", -1, 1, 0.4, step=0.1, format=".1f"),
        ],
        _photo,
        [
            panel(
                "As it is",
                columns,
                rows,
                [image("original")],
                ratio=2 / 3,
                alt="A photograph of a Chinese temple with red walls before a grey sky.",
            ),
            panel(
                "Changed",
                columns,
                rows,
                [image("picture")],
                ratio=2 / 3,
                alt="The same photograph, moved or recoloured; what comes from outside it is black.",
            ),
        ],
        readouts=[
            readout("quantity", "it sets the", missing="–"),
            readout("value", "to", format=".2~f", missing="–"),
            readout("outside", "from outside the picture, %", format=".0f"),
            readout("clipped", "pixels with a channel at 0 or 1, %", format=".0f", missing="–"),
        ],
        assets={"temple": photo},
        backdrop=_original,
        caption="One photograph, moved, bent, recoloured or mirrored: the label stays as long as you see the temple.",
        alt="A photograph of a temple, and what a change makes of it.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · windows

WINDOW, VIEW, LARGEST = 224, 20, 480


def _view(temple: Any, top: float, left: float, short: float, mirrored: bool) -> list[list[list[float]]]:
    """Return a window of 224 × 224 of the photograph at that size, in 20 × 20 pixels."""
    scale = len(temple) / short  # pixels of the small photograph to one of the large
    rows = []
    for i in range(VIEW):
        row = []
        for j in range(VIEW):
            across = VIEW - 1 - j if mirrored else j
            y = (top + (i + 0.5) * WINDOW / VIEW) * scale - 0.5
            x = (left + (across + 0.5) * WINDOW / VIEW) * scale - 0.5
            row.append(_colour_at(temple, x, y))
        rows.append(row)
    return rows


def _places(how: str, short: float, draw: float) -> list[list[float]]:
    """Return ten windows: short side of the resized photograph, top, left, and whether it is mirrored (0 or 1)."""
    places, u = [], uniforms(int(draw), 40)
    for n in range(10):
        if how == "ten":
            down, across = short - WINDOW, np.divmod(3 * short + 1, 2)[0] - WINDOW
            k = n % 5
            top = np.divmod(down, 2)[0] if k == 4 else (down if k > 1 else 0)
            left = np.divmod(across, 2)[0] if k == 4 else (across if k % 2 else 0)
            places.append([short, top, left, 1 if n > 4 else 0])
        else:
            side = short + int((u[4 * n] * (LARGEST - short + 1)) // 1)
            columns = np.divmod(3 * side + 1, 2)[0]
            top = (u[4 * n + 1] * (side - WINDOW + 1)) // 1
            left = (u[4 * n + 2] * (columns - WINDOW + 1)) // 1
            places.append([side, top, left, 1 if u[4 * n + 3] < 0.5 else 0])
    return places


def _windows(how: str, short: float, draw: float, temple: Any) -> Data:
    rows, columns = len(temple), len(temple[0])
    mosaic = [[[1.0, 1.0, 1.0] for j in range(5 * VIEW + 4)] for i in range(2 * VIEW + 1)]
    data: Data = {}
    shares = []
    places = _places(how, short, draw)
    for n in range(10):
        side, top, left, mirrored = places[n][0], places[n][1], places[n][2], places[n][3]
        view = _view(temple, top, left, side, mirrored == 1)
        down, across = (n // 5) * (VIEW + 1), (n % 5) * (VIEW + 1)
        for i in range(VIEW):
            for j in range(VIEW):
                mosaic[down + i][across + j] = view[i][j]
        scale = rows / side
        x0, x1 = left * scale, min((left + WINDOW) * scale, columns)
        y0, y1 = rows - top * scale, max(rows - (top + WINDOW) * scale, 0.0)
        data["window " + str(n + 1)] = {"x": [x0, x1, x1, x0, x0], "y": [y0, y0, y1, y1, y0]}
        shares.append(100 * (x1 - x0) * (y0 - y1) / (rows * columns))
    data["views"] = {"x": [0, 5 * VIEW + 4], "y": [0, 2 * VIEW + 1], "z": mosaic}
    data["mean"] = sum(shares) / 10
    data["least"] = min(shares)
    data["most"] = max(shares)
    return data


@experiment(page=PAGE)
def windows(**values: Any) -> Experiment:
    """Show the random windows of the ResNet recipe on a photograph, or the ten fixed ones of testing.

    Controls: ``how`` (``"random"`` or ``"ten"``); ``short``, the photograph's shorter side in pixels, of random windows
    the least, while the largest is 480; ``draw``.

    >>> 20 < windows().data["mean"] < 40
    True
    """
    return Experiment(
        "windows",
        [
            choice(
                "how",
                "Windows",
                {"random": "random, for training", "ten": "ten fixed ones, for testing"},
                "random",
                shows={"draw": ["random"]},
            ),
            slider("short", "short side (random: up to 480)", 224, 480, 256, step=16, format=".0f"),
            slider("draw", "draw", 1, 20, 1, step=1, format="d"),
        ],
        _windows,
        [
            panel(
                "The photograph and its windows",
                *_axes(48, 72),
                [
                    image("original"),
                    *[line(f"window {n}", color="#FFD60A", width=1.5, casing="#333") for n in range(1, 11)],
                ],
                ratio=2 / 3,
                alt="A photograph with ten square frames on it.",
            ),
            panel(
                "What the network gets",
                axis("five side by side", (0, 104), ticks=()),
                axis("in two rows", (0, 41), ticks=()),
                [image("views")],
                ratio=41 / 104,
                alt="Ten square views of the photograph, in two rows of five.",
            ),
        ],
        readouts=[
            readout("mean", "a window shows, on average, %", format=".0f", color=_ACCENT),
            readout("least", "smallest, %", format=".0f"),
            readout("most", "largest, %", format=".0f"),
        ],
        assets={"temple": photo},
        backdrop=_original,
        columns=1,
        caption="Ten windows of the ResNet recipe, random or fixed, and what the network gets to see, here in coarse"
        " pixels.",
        alt="Ten windows of a photograph of a temple, and what they show.",
        values=values,
    )


# ---------------------------------------------------------------- 4 · blend


def _blend(
    how: str, first: float, second: float, lam: float, side: float, middle: list[float], blended: bool, digits: Any
) -> Data:
    one, two = digits[int(first)], digits[int(second)]
    top = min(max(int((8 - middle[1]) // 1), 0), 7) - int(side // 2)
    left = min(max(int(middle[0] // 1), 0), 7) - int(side // 2)
    picture, covered = [], 0
    for i in range(8):
        row = []
        for j in range(8):
            inside = top <= i and i < top + side and left <= j and j < left + side
            covered = covered + (1 if inside else 0)
            if how == "mixup":
                row.append(lam * one[i][j] + (1 - lam) * two[i][j])
            elif inside:
                row.append(two[i][j] if how == "cutmix" else 0.0)
            else:
                row.append(one[i][j])
        picture.append(row)
    x0, x1, y0, y1 = max(left, 0), min(left + side, 8), 8 - max(top, 0), 8 - min(top + side, 8)
    square: Data = {"x": [], "y": []} if how == "mixup" else {"x": [x0, x1, x1, x0, x0], "y": [y0, y0, y1, y1, y0]}
    share = lam if how == "mixup" else 1 - covered / 64
    weight = share if blended and how != "cutout" else 1.0
    label = [0.0 for k in range(10)]
    label[int(first)] = label[int(first)] + 100 * weight
    label[int(second)] = label[int(second)] + 100 * (1 - weight)
    return {
        "picture": {"x": [0, 8], "y": [0, 8], "z": picture},
        "square": square,
        "label": {"y": label},
        "share": 100 * share,
        "of_first": label[int(first)],
        "of_second": None if how == "cutout" else label[int(second)],
    }


def _frame() -> Data:
    return {"frame": {"x": [0, 8], "y": [0, 8]}}


@experiment(page=PAGE)
def blend(**values: Any) -> Experiment:
    """Blend two digits (mixup), cover a part of one (cutout), or paste a part of the other there (CutMix).

    Controls: ``how`` (``"mixup"``, ``"cutout"``, ``"cutmix"``), ``first`` and ``second`` digit, ``lam`` (λ of mixup),
    ``side`` and ``middle`` of the square, ``blended`` (whether labels are blended, too).

    >>> blend(lam=0.75).data["of_first"]
    75.0
    """
    return Experiment(
        "blend",
        [
            choice(
                "how",
                "Method",
                {"mixup": "mixup", "cutout": "cutout", "cutmix": "CutMix"},
                "mixup",
                shows={
                    "second": ["mixup", "cutmix"],
                    "lam": ["mixup"],
                    "side": ["cutout", "cutmix"],
                    "blended": ["mixup", "cutmix"],
                    "middle": ["cutout", "cutmix"],
                },
            ),
            slider("first", "first digit", 0, 9, 3, step=1, format="d"),
            slider("second", "second digit", 0, 9, 6, step=1, format="d"),
            slider("lam", "share λ of the first", 0, 1, 0.7, step=0.05),
            slider("side", "side of the square, pixels", 0, 8, 4, step=1, format="d"),
            point("middle", "Middle of the square", (5.5, 3.5), within="frame"),
            switch("blended", "blend the labels, too", True),
        ],
        _blend,
        [
            panel(
                "The training image",
                *_axes(8, 8),
                [
                    image("picture"),
                    line("square", color="#FFD60A", width=1.5, casing="#333"),
                    drag("middle", label="Middle of the square", color=_ACCENT),
                ],
                ratio=1.0,
                alt="An image of eight by eight pixels, made of two digits, or with a part covered.",
            ),
            panel(
                "Its label",
                axis("digit", names=_DIGITS),
                axis("probability, %", (0, 100)),
                [bars("label", color=_FORTH)],
                alt="The label as probabilities of the ten digits.",
            ),
        ],
        readouts=[
            readout("share", "λ, share of the first image, %", format=".0f"),
            readout("of_first", "label: first digit, %", format=".0f", color=_FORTH),
            readout("of_second", "second digit, %", format=".0f", color=_FORTH, missing="–"),
        ],
        digits=4,
        assets={"digits": _digits()},
        backdrop=_frame,
        caption="A training image made by mixup, cutout or CutMix from two digits or one, and its label.",
        alt="A training image made of two digits, and its label as bars.",
        values=values,
    )
