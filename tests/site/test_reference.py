"""The reference pages: docstrings taken apart, sources linked, and the built pages held against the library."""

import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from sklearn.metrics import brier_score_loss

from course_lib import deep, ensembles, nn, optim
from course_lib.claims import source_of
from course_lib.optim import COMPOUND, METHODS, SECOND_ORDER, Method, Optimizer
from course_lib.site import entries, reference
from course_lib.site.docstrings import read_doc
from course_lib.site.entries import defaults, label, set_source
from course_lib.site.reference import PACKAGES, expand, fences

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
BIB = reference.references(BOOK / "references.bib")
ROWS = METHODS | COMPOUND | SECOND_ORDER
PAGES = {path: path.read_text("utf-8") for path in BOOK.glob("*.md") if "{library}" in path.read_text("utf-8")}
LISTED = [
    (name, obj, path.stem)
    for path, text in PAGES.items()
    for kind, found in fences(text)
    if kind not in reference.LINKS
    for name, obj in found.items()
]
ENTRIES = {name: page for name, _, page in LISTED}
OBJECTS = {name: obj.cls if isinstance(obj, Method) else obj for name, obj, _ in LISTED}
#: Every public class and function of the library, as its entry is called.
PUBLIC = {
    name: obj
    for package in PACKAGES
    for public in importlib.import_module(f"course_lib.{package}").__all__
    if callable(obj := getattr(importlib.import_module(f"course_lib.{package}"), public))
    for name in ([public] if package == "optim" else [f"{package}.{public}"])
}
#: Pages whose examples can be run as they stand.
NEW_PAGES = ("networks", "training", "regularization", "data", "ensembles", "transfer")


# -- docstrings ---------------------------------------------------------------------------------


class Rolling(Optimizer):
    """Roll, and do not stop.

    x ← x − α g        (g = ∇f(x))

    Its second paragraph holds
    a formula:

        y = α x
        z = α y

    A third one.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule (or
            two). Or more.
        rho: |ρ| < 1.

    Attributes:
        place, speed: where it is, and how fast.

    Returns:
        Its shadow, of
        length ρ.

    Raises:
        ValueError: never.

    1. First α,
       or so.
    2. Then ρ.

    >>> 1 + 1
    2

    Source: Kingma and Ba, Adam: A method for stochastic optimization, 2015, algorithm 1; of the idea: Nobody, Nothing,
    1900.
    """

    slots = ("v",)

    def __init__(self, lr: float, *, rho: float = 1e-05) -> None:
        super().__init__(lr, rho=rho)

    def update(self, x, dx, v):
        x -= self.lr * dx


ROLLING = Method(Rolling, "kingma2015", "torch.optim.SGD(params, lr=lr)", {"lr": 0.5})


def test_a_docstring_is_taken_apart():
    doc = read_doc(Rolling)
    assert doc.sentence == "Roll, and do not stop."
    assert doc.formula == ("x ← x − α g        (g = ∇f(x))",)
    second, last = "Its second paragraph holds a formula:", "1. First α, or so.\n2. Then ρ."
    assert doc.prose == (second, " y = α x\nz = α y", "A third one.", last)
    assert doc.attributes == {"place, speed": "where it is, and how fast."}
    assert doc.returns == "Its shadow, of length ρ."
    assert doc.args == {
        "lr": "learning rate α ≥ 0: a number or a schedule (or two). Or more.",
        "rho": "|ρ| < 1.",
    }
    assert doc.example == ">>> 1 + 1\n2"
    assert doc.source.startswith("Kingma and Ba") and doc.source.endswith("Nothing, 1900.")


def test_an_entry_shows_what_the_registry_says():
    """A new class and its row are all that a new method needs."""
    text = entries.method_entry("Rolling", ROLLING, BIB)
    assert text.startswith("(library-rolling)=\n### Rolling\n\nRoll, and do not stop.")
    assert r"$\displaystyle x\leftarrow x-\alpha g$ $\displaystyle (g=\nabla f(x))$" in text
    assert "```python\nclass Rolling(Optimizer):\n    slots" in text and "x -= self.lr * dx\n```" in text
    assert r"| `lr` | `0.5` | learning rate $\alpha \ge 0$. Or more. |" in text
    assert r"| `rho` | `1e-5` | $\|\rho\|<1$. |" in text  # a table takes the strokes for walls
    assert (
        "**Source** {cite:t}`kingma2015`, *Adam: A method for stochastic optimization*, algorithm 1; of the idea:"
        in text
    )
    assert "**Tested against** `torch.optim.SGD(params, lr=lr)`" in text


def test_a_row_is_all_that_a_page_needs(monkeypatch):
    monkeypatch.setitem(METHODS, "Rolling", ROLLING)
    text = expand(PAGES[BOOK / "optimizers.md"], BIB)
    assert "\n### Rolling\n" in text and "| {ref}`Rolling <library-rolling>` | Roll, and do not stop. | `v` |" in text


def test_an_entry_says_what_a_class_takes_has_and_gives():
    text = entries.entry("nn.Rolling", Rolling, BIB)
    assert text.startswith("(library-nn-rolling)=\n### Rolling\n\nRoll, and do not stop.")
    assert r"1. First $\alpha$, or so." + "\n" + r"2. Then $\rho$." in text
    assert "- `rho=1e-5` $|\\rho|<1$.\n- `.place`, `.speed` where it is, and how fast.\n" in text
    assert "- **Returns** Its shadow, of length $\\rho$.\n:::" in text
    assert "```pycon\n>>> 1 + 1\n2\n```" in text
    for word in ("Setting", "Tested against", "```python", "Keeps"):  # they are of optimizers
        assert word not in text
    brief = entries.entry("nn.Rolling", Rolling, BIB, "brief")
    assert "`rho=1e-5`" in brief and "pycon" not in brief and "A third one" not in brief


def test_code_shows_the_lines_that_are_the_lesson():
    text = entries.entry("nn.Dense", nn.Dense, BIB, "code")
    assert f"```python\n{source_of(nn.Dense, only=('forward', 'backward', 'fill_grads'))}\n```" in text
    assert "__init__" not in text and "y = x @ W" in text
    text = entries.entry("ensembles.EMA", ensembles.EMA, BIB, "code")
    assert "x_test[...] = d * x_test + (1 - d) * x" in text and "1 - self.decay**self.t" in text
    assert "F.max_pool2d" in entries.entry("deep.SmallCNN", deep.SmallCNN, BIB, "code")
    assert "```python" not in entries.entry("nn.he", nn.he, BIB, "code")


def test_a_sentence_may_end_with_a_question():
    def nothing():
        """Give both: are they alike?"""

    assert read_doc(nothing).sentence == "Give both: are they alike?"


@pytest.mark.parametrize("text", [None, "", "a beginning in lower case.", "No full stop", "x ← y"])
def test_without_a_sentence_there_is_no_entry(text):
    def nothing():
        pass

    nothing.__doc__ = text
    with pytest.raises(ValueError, match="nothing: its docstring must begin with a sentence"):
        read_doc(nothing)


@pytest.mark.parametrize("name", PUBLIC)
def test_docstrings_have_the_form_that_pages_need(name):
    """One sentence; formulas at once after it; every argument described; a doctest that is shown."""
    obj = PUBLIC[name]
    doc = read_doc(obj)
    if name in ENTRIES:
        for line in (*doc.formula, *(line for text in doc.prose if text[0] == " " for line in text.splitlines())):
            assert len(set(re.findall(r"[a-z]{4,}", line))) < 10, f"a sentence without a full stop: {line}"
        own = {n for n, p in inspect.signature(obj).parameters.items() if p.kind is not p.VAR_KEYWORD}
        described = {n for names in [*doc.args, *doc.attributes] for n in names.replace("*", "").split(", ")}
        assert own <= described or not doc.args, f"tell of all arguments, or of none: {own - described}"


@pytest.mark.parametrize("name", ROWS)
def test_docstring_and_registry_name_the_same_paper(name):
    doc, row = read_doc(ROWS[name].cls), ROWS[name]
    assert row.paper in BIB, f"{row.paper} is not in book/references.bib"
    assert f"{{cite:t}}`{row.paper}`, *" in set_source(doc.source, BIB), "the title differs"
    assert doc.formula


@pytest.mark.parametrize("name", ROWS)
def test_registry_and_constructor_have_the_same_defaults(name):
    row = ROWS[name]
    for key, p in inspect.signature(row.cls).parameters.items():
        if p.default is not p.empty and key in row.defaults:
            assert row.defaults[key] == p.default, key
    missing = {key for key, value in defaults(row).items() if value is inspect.Parameter.empty}
    assert missing <= {"inner"}, "a row must have a first rate"


@pytest.mark.parametrize("name", ENTRIES)
def test_every_source_is_in_the_references(name):
    source = read_doc(OBJECTS[name]).source
    for part in set_source(source, BIB).split("; "):
        assert not part or part.startswith(("found in 1970", "photographs by")) or "{cite:t}" in part, part
        for key in re.findall(r"\{cite:t\}`(\w+)`", part):
            assert BIB[key].fields["year"] in source


def test_a_title_is_found_whatever_stands_between_its_words():
    text = "Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983."
    assert set_source(text, BIB) == "{cite:t}`nesterov1983`, *" + text[10:-7] + "*."
    assert set_source("Nobody, Nothing, 1900.", BIB) == "Nobody, Nothing, 1900."
    assert set_source("Nobody, Nothing, 1900.", BIB, "kingma2015") == "{cite:t}`kingma2015`; Nobody, Nothing, 1900."
    assert set_source("", BIB) == ""
    text = "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015; Incorporating Nesterov momentum into Adam"
    first, second = set_source(text, BIB).split("; ")  # a subtitle may be left out; Adam alone is no title
    assert first == "{cite:t}`he2015`, *Delving deep into rectifiers*" and second.startswith("{cite:t}`dozat2016`")
    text = "Yosinski, Clune, Bengio and Lipson, How transferable are features in deep neural networks?, 2014."
    assert set_source(text, BIB) == "{cite:t}`yosinski2014`, *How transferable are features in deep neural networks?*"
    title = "TorchVision: PyTorch's computer vision library"
    text = f"TorchVision maintainers and contributors, {title}, 2016 (the weights)."
    assert set_source(text, BIB) == f"{{cite:t}}`torchvision2016`, *{title}* (the weights)."


# -- pages --------------------------------------------------------------------------------------


def test_pages_miss_nothing():
    kinds = (optim.Optimizer, optim.Schedule, optim.SecondOrder, optim.Surface)
    found = {name for name in optim.__all__ if isinstance(o := getattr(optim, name), type) and issubclass(o, kinds)}
    abstract = {"Surface", "Surface2D"}  # the page says in words what they have
    found |= {name for name in PUBLIC if "." in name}  # of optim some helpers have no entry; of the others all have
    assert found - abstract - set(ENTRIES) == set(), "name it in a fence of a page in book/"
    assert set(ROWS) <= set(ENTRIES)
    for name in (n for n in deep.__all__ if not callable(getattr(deep, n))):
        assert [path.stem for path, text in PAGES.items() if f"`{name}`" in text] == ["transfer"], name
    assert len(ENTRIES) == len(LISTED), "two entries of one name"
    assert len({label(name) for name in ENTRIES}) == len(ENTRIES), "two entries of one anchor"


@pytest.mark.parametrize(
    ("fence", "message"),
    [
        ("\nNadir", r"course_lib\.optim has no Nadir"),
        (" nn\nAdam", r"course_lib\.nn has no Adam"),
        (" nn\nannotations", r"course_lib\.nn has no annotations"),
        (" nothing\nAdam", f"must be one of {', '.join(PACKAGES)}, not 'nothing'"),
        (" nn code brief\nDense", "not 'code brief'"),
        (" nn data\nDense", "not 'nn data'"),
    ],
)
def test_a_name_that_is_not_there_stops_the_build(fence, message):
    with pytest.raises(ValueError, match=message):
        expand(f"```{{library}}{fence}\n```", BIB)


def test_every_page_of_the_library_begins_with_an_index():
    for path, text in PAGES.items():
        kinds = [kind for kind, _ in fences(text)]
        assert kinds[0] == "index" or set(kinds) == {"line"}, path.name


@pytest.mark.parametrize("page", NEW_PAGES)
def test_examples_of_a_page_run(page, capsys):
    codes = re.findall(r"^```python\n(.*?)^```$", PAGES[BOOK / f"{page}.md"], re.MULTILINE | re.DOTALL)
    assert codes
    exec(compile("\n".join(codes), f"{page}.md", "exec"), {})
    assert "LOOK" not in capsys.readouterr().out


def test_index_lists_what_it_names_or_all():
    page = "```{library} index\n```\n\n```{library}\nCosine\nclip_norm\n```\n"
    assert expand(page, BIB).startswith(
        ":::{div} settings index\n| Name | In one sentence |\n|:--|:--|\n| {ref}`Cosine "
    )
    assert expand(page, BIB).count("{ref}`") == 2
    kept = expand("```{library} index\nSGD\nAMSGrad\n```\n", BIB)
    assert "| Name | In one sentence | Keeps |" in kept and "| nothing |" in kept and "| `m`, `v`, `v_max` |" in kept
    both = expand("```{library} index\n```\n\n```{library} nn code\nL2\n```\n\n```{library}\nl2\n```\n", BIB)
    assert "| {ref}`L2 <library-nn-l2>` |" in both and "| {ref}`l2 <library-l2-function>` |" in both


def test_other_fences_are_left_alone():
    page = "```python\nx = 1\n```\n\n    ```{library}\n    SGD\n    ```\n"
    assert expand(page, BIB) == page


def is_code(tag):
    """Where signs of markup may stand."""
    return tag.name in ("pre", "code") or "katex" in tag.get("class", ())


# -- the built site -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(site):
    return {
        path.stem: BeautifulSoup((site / "book" / f"{path.stem}.html").read_text("utf-8"), "html.parser")
        for path in PAGES
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_entry_is_on_its_page(pages, name):
    page = pages[ENTRIES[name]]
    own = name.rpartition(".")[2]
    anchor = page.find(id=label(name))
    section = anchor if anchor.name == "section" else anchor.find_parent("section")
    assert section.find(["h1", "h2", "h3"]).contents[0] == own
    doc = read_doc(OBJECTS[name])
    if doc.formula:
        assert section.select(".formulas .katex-html")
        assert not section.select(".formula-as-written")
    if "{cite:t}" in set_source(doc.source, BIB):
        assert section.select_one(".provenance a[href*='references.html#']")
    if name in ROWS:
        row = ROWS[name]
        shown = [tuple(td.text.strip() for td in tr.select("td")[:2]) for tr in section.select("tbody tr")]
        assert [key for key, _ in shown] == list(defaults(row))
        for key, value in shown:
            assert eval(value or "None") == row.defaults.get(key, eval(value or "None"))
        assert row.reference in section.select_one(".provenance").text.replace("\n", " ")
        for method in ("update", "direction", "update_curvature"):
            if method in vars(row.cls):
                lines = source_of(row.cls, only=method).splitlines()
                start = next(i for i, line in enumerate(lines) if f"def {method}" in line)
                assert "\n".join(lines[start:]) in section.select_one("div.highlight pre").text


def test_index_leads_to_every_method(pages):
    for page, rows in (("optimizers", METHODS | COMPOUND), ("second_order", SECOND_ORDER)):
        links = {a.text: a["href"] for a in pages[page].select(".index a")}
        assert links.items() >= {name: f"#{label(name)}" for name in rows}.items()


def test_pages_leave_nothing_unset(pages):
    for name, page in pages.items():
        text = "".join(page.select_one("article").find_all(string=lambda s: not s.find_parent(is_code)))
        text = text.replace("(*kernel,", "")  # a shape as Python writes it
        assert not re.search(r"\{\w+(:\w)?\}`|[$`*]|:::", text), name


def test_figures_are_described(pages):
    for name in ("schedules", "surfaces", "networks", "data"):
        (image,) = pages[name].select("article img")
        assert len(image["alt"]) > 100 and image["src"].endswith(".svg")


def test_pages_that_are_no_notebooks_offer_no_colab(site):
    for page in site.glob("book/*.html"):
        notebook = (BOOK / f"{page.stem}.ipynb").exists()
        assert ("colab.research.google.com/github" in page.read_text("utf-8")) == notebook, page.name


# -- notation -----------------------------------------------------------------------------------


def test_epsilons_and_decays_are_those_that_notation_names():
    text = (BOOK / "notation.md").read_text("utf-8")
    kept = {name: row.defaults["eps"] for name, row in METHODS.items() if "eps" in row.defaults}
    assert set(kept.values()) == {1e-8} and "`1e-8` unless you say otherwise" in text
    default = {n: {k: p.default for k, p in inspect.signature(getattr(torch.optim, n)).parameters.items()} for n in
               ("Adam", "RMSprop", "Adagrad", "Adamax")}  # fmt: skip
    assert [default[n]["eps"] for n in ("Adam", "RMSprop", "Adagrad", "Adamax")] == [1e-8, 1e-8, 1e-10, 1e-8]
    assert "torch's RMSprop, Adagrad | outside the root | `1e-8`, `1e-10`" in text
    assert default["RMSprop"]["alpha"] == METHODS["RMSProp"].defaults["decay"] == 0.99


def test_conventions_of_layers_are_those_that_notation_names():
    """What the page says of torch and of us, asked of both."""
    draw = np.random.default_rng(0)
    default = {name: {k: p.default for k, p in inspect.signature(getattr(torch.nn, name)).parameters.items()} for name
               in ("BatchNorm1d", "GELU", "LeakyReLU", "Dropout")}  # fmt: skip
    assert (default["BatchNorm1d"]["momentum"], default["BatchNorm1d"]["eps"]) == (0.1, 1e-5)
    ours = inspect.signature(nn.BatchNorm).parameters
    assert (ours["momentum"].default, ours["eps"].default) == (0.9, 1e-5)
    assert default["GELU"]["approximate"] == "none" and default["LeakyReLU"]["negative_slope"] == 0.01
    x = draw.normal(size=(200, 3))
    exact, by_tanh = (torch.nn.functional.gelu(torch.tensor(x), approximate=a).numpy() for a in ("none", "tanh"))
    y = nn.GELU().forward(x)
    assert np.allclose(y, by_tanh) and not np.allclose(y, exact, atol=1e-5)

    theirs = torch.nn.Linear(300, 40)
    assert theirs.weight.shape == (40, 300) and nn.Dense(300, 40, rng=draw).params["W"].shape == (300, 40)
    assert abs(theirs.weight).max().item() == pytest.approx(300**-0.5, rel=0.01)
    assert abs(theirs.bias).max().item() == pytest.approx(300**-0.5, rel=0.2)
    assert torch.nn.Conv2d(3, 4, (5, 7)).weight.shape == (4, 3, 5, 7)
    assert nn.Conv2d(3, 4, (5, 7), rng=draw).params["W"].shape == (5, 7, 3, 4)
    started = torch.nn.init.kaiming_normal_(torch.empty(400, 300))
    assert [started.var(), nn.he(draw, 300, 400).var()] == [pytest.approx(2 / 300, rel=0.03)] * 2

    labels = draw.integers(0, 3, 200)
    scores, right = torch.tensor(x), torch.tensor(labels)
    smooth = torch.nn.functional.cross_entropy(scores, right, label_smoothing=0.2).item()
    assert nn.softmax_cross_entropy(x, labels, smoothing=0.2)[0] == pytest.approx(smooth)
    margins = torch.nn.functional.multi_margin_loss(scores, right).item()
    assert nn.hinge(x, labels)[0] == pytest.approx(3 * margins)
    assert nn.squared_error(x, x + 2)[0] == torch.nn.functional.mse_loss(scores, scores + 2).item() == 4
    assert nn.L2(0.5).value(x) == pytest.approx(0.25 * (x**2).sum()) and np.allclose(nn.L2(0.5).grad(x), 0.5 * x)
    kept = nn.InvertedDropout(0.9, rng=draw).forward(np.ones((1000, 10)), train=True) > 0
    assert kept.mean() == pytest.approx(0.9, abs=0.02)
    dropped = torch.nn.Dropout(0.9)(torch.ones(1000, 10)) == 0
    assert dropped.double().mean().item() == pytest.approx(0.9, abs=0.02)


def test_the_checks_that_the_page_names_are_there():
    text = PAGES[BOOK / "networks.md"]
    for name in ("_check_batch", "_remembered", "_memory"):
        assert f"`{name}`" in text and hasattr(nn.Layer, name)


def test_conventions_of_averages_and_ensembles_are_those_that_notation_names():
    draw = np.random.default_rng(0)
    theirs = inspect.signature(torch.optim.swa_utils.get_ema_avg_fn).parameters["decay"].default
    assert (theirs, inspect.signature(ensembles.EMA).parameters["decay"].default) == (0.999, 0.995)
    points = draw.normal(size=(6, 3))
    model = torch.nn.Linear(3, 1, bias=False).double()
    averages = [torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=how) for how in
                (torch.optim.swa_utils.get_ema_multi_avg_fn(0.9), None)]  # fmt: skip
    x, still = np.zeros(3), optim.SGD(0.0)
    ours = [ensembles.EMA(still.clone(), decay=0.9), ensembles.SWA(still.clone(), start=1)]
    for point in points:
        x[:], model.weight.data[:] = point, torch.tensor(point)
        for one, other in zip(ours, averages, strict=True):
            one.step(x, grads=np.zeros(3))
            other.update_parameters(model)
    ema, swa = (other.module.weight.detach().numpy()[0] for other in averages)
    kept = 0.9 ** len(points)  # what torch's start at the first point adds, and our division takes out
    assert np.allclose(ema, ours[0].test_params(x) * (1 - kept) + kept * points[0])
    assert np.allclose(swa, ours[1].test_params(x))

    p = draw.dirichlet(np.ones(2), size=50)
    y = draw.integers(2, size=50)
    assert ensembles.brier(p, y) == pytest.approx(2 * brier_score_loss(y, p[:, 1]))
    assert inspect.signature(ensembles.ece).parameters["bins"].default == 15
    assert list(ensembles.reliability(np.array([[0.5, 0.5]]), np.array([0]), bins=4).count) == [0, 1, 0, 0]
    labels = draw.integers(2, size=(2, 50))
    (right, wrong), p = np.array([labels[0] == y, labels[1] == y]), np.eye(2)[labels]
    assert ensembles.disagreement(p).mean == np.mean(right != wrong)
    e = draw.normal(size=(4, 30))
    assert ensembles.variance_of_mean(*ensembles.spread(e)) == pytest.approx(e.mean(axis=0).var(ddof=0))


def test_the_table_of_strategies_is_that_of_the_library():
    rows = re.findall(r"^\| (similar|different) \| (.*) \| (.*) \|$", PAGES[BOOK / "transfer.md"], re.MULTILINE)
    assert [row[0] for row in rows] == ["similar", "different"]
    for similarity, few, many in rows:
        assert deep.choose_strategy(similarity, 1).strategy == few
        assert deep.choose_strategy(similarity, 10_000).strategy == many


@pytest.mark.parametrize("symbol", ["lr", "rho", "decay", "beta1", "beta2", "eps", "weight_decay"])
def test_notation_has_every_shared_setting(symbol):
    assert f"`{symbol}`" in (BOOK / "notation.md").read_text("utf-8").split("## Conventions")[0]
