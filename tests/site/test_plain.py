"""Plain notebooks: no raw markup, right numbers, and errors that name the place."""

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from course_lib import chapters, cli, studies
from course_lib.site import notebooks, plain, repository
from course_lib.site.markup import MarkupError

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "book").glob("*.ipynb"))
SITE = "https://descent-book.github.io/descent/book"
PIXEL = b"\x89PNG, or as good as one"

#: One cell with all that an author may write.
EVERYTHING = r"""
(a-target)=
## A title

% a comment
Plain needs {claim}`faster.plain` steps, {claim}`faster.ratio:.1f` ({claim}`faster.ratio`) times more
{claim}`faster`, of {claim}`faster.large`; `{code}` and
``{eq}`x` `` stay, and $\{a\}`x`$ does. {term}`Terms <term>`, {term}`SGD`, {abbr}`AVX`.

$$
a = b
$$ (eq-first)

By {eq}`eq-last` and {eq}`eq-first`, as in {cite:p}`polyak1964,lessard2016`; {cite:t}`su2016` too.
{move}`Set ρ <race?rho=0.95&surface=saddle>`, {move}`there <race-again?start=1,-2&noise=true>`. See {fig}`steps`.
[Notation](notation.md), [a term](glossary.md#sgd), [here](#a-target), {ref}`Adam <library-adam>`, {doc}`this <data>`,
[elsewhere](https://example.org/a), ![A dot](dot.png)

```python
{eq}`left as it is`
```

::::{admonition} A box with {eq}`eq-first`
:class: question

$$
\begin{aligned}
c &= d \\
&< e
\end{aligned}
$$ (eq-box)

:::{note}
Inside, {measured}`transfer/ROW.COLUMN`.
:::
::::

:::{admonition} Going deeper
:class: dropdown

$$
f
$$
:::

:::{answer} faster
It is ten.
:::

$$ g = h $$ (eq-last)
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book in a folder of its own; `book.write(cells)` writes its chapter."""
    folder = tmp_path / "book"
    folder.mkdir()
    for name in ("pyproject.toml", "book/references.bib", "book/optimizers.md", "book/glossary.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("notation.md", "data.md"):
        (folder / name).write_text("# A page\n", "utf-8")
    (folder / "dot.png").write_bytes(PIXEL)
    package = tmp_path / "chapters" / "ch99_trial"
    package.mkdir(parents=True)
    claims = {"faster": {"plain": "691", "ratio": "5.91", "ratio:.1f": "5.9", "large": "12,345"}}
    (package / "numbers.json").write_text(json.dumps(claims), "utf-8")
    for numbers in Path(chapters.__file__).parent.glob("*/numbers.json"):
        shutil.copytree(numbers.parent, package.parent / numbers.parent.name, ignore=shutil.ignore_patterns("*.py*"))
    monkeypatch.setattr(chapters, "__file__", str(package.parent / "__init__.py"))
    monkeypatch.delenv("COURSE_SITE_URL", raising=False)

    def write(*cells):
        path = folder / "99_trial.ipynb"
        notebook = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(notebooks.dumps(notebooks.clean(notebook)), "utf-8")
        return path

    return write


def markdown(text, name="text"):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}


def code(text, name, *tags):
    new = {"execution_count": None, "outputs": [], "source": text.splitlines(keepends=True)}
    return {"cell_type": "code", "id": name, "metadata": {"tags": list(tags)}} | new


CODE = (
    code("%pip install x", "colab", "colab", "remove-cell"),
    code("import numpy", "setup", "setup"),
    code("show_figure(draw, name='steps', caption='c', alt='a')\nexplore.race(kappa=3)", "first"),
    code("explore.race(place='race-again')", "again", "answer:faster"),
    code("def half(x):\n    ex.todo()", "half", "exercise:half"),
    code("ex.half.check(half);", "half-check", "remove-output"),
)


def everything():
    row, column = studies.load("transfer").names[1], next(iter(studies.load("transfer").values))
    return EVERYTHING.replace("ROW", row).replace("COLUMN", column)


def source(cell):
    return "".join(cell["source"])


def shown(path):
    return source(next(c for c in plain.make_plain(path)["cells"] if c["cell_type"] == "markdown"))


def test_a_bug_to_catch_is_a_call(book):
    texts = [source(cell) for cell in plain.make_plain(ROOT / "book/04_adaptive.ipynb")["cells"]]
    call = (
        "choose a call that tells every wrong Adam from the right one (run `ex.adam.catch(…)`, with arguments by name)"
    )
    assert any(call in text for text in texts)
    with pytest.raises(plain.MarkupError, match="no exercise with a bug to catch on this page 'adam'"):
        shown(book(markdown("{catch}`A call <adam>`"), *CODE))


def test_everything_has_a_plain_form(book):
    text = shown(book(markdown(everything()), *CODE))
    assert "Plain needs 691 steps, 5.9 (5.91) times more\n✓, of 12,345; `{code}` and\n``{eq}`x` `` stay" in text
    assert r"$\{a\}`x`$ does. Terms, SGD, AVX." in text
    assert "(a-target)" not in text and "a comment" not in text
    assert "$$\na = b \\tag{1}\n$$" in text and "$$\ng = h \\tag{3}\n$$" in text
    assert (
        "By (3) and (1), as in ([Polyak 1964](https://doi.org/10.1016/0041-5553%2864%2990137-5); [Lessard et al."
        in text
    )
    assert "; [Su et al. 2016](http" in text
    assert 'Set ρ (run `explore.race(rho=0.95, surface="saddle")`)' in text
    assert "there (run `explore.race(start=(1, -2), noise=True)`). See Figure 1." in text
    assert f"[Notation]({SITE}/notation.html), [a term]({SITE}/glossary.html#sgd)" in text
    assert f"[here]({SITE}/99_trial.html#a-target), [Adam]({SITE}/optimizers.html#library-adam)" in text
    assert f"[this]({SITE}/data.html),\n[elsewhere](https://example.org/a), ![A dot](attachment:dot.png)" in text
    assert "```python\n{eq}`left as it is`\n```" in text
    box = "> **A box with (1)**\n>\n> $$ \\begin{aligned} c &= d \\\\ &< e \\end{aligned} \\tag{2} $$\n>\n> > **Note**"
    assert box in text
    results = studies.load("transfer")
    form = results.study.formats.get(next(iter(results.values)), ".1f")
    mean = format(results.mean(next(iter(results.values)))[1], form)
    assert re.search(rf"> > Inside, {mean} ± [\d.]+\.", text)
    assert "<details>\n<summary><b>Going deeper</b></summary>\n\n$$\nf\n$$\n\n</details>" in text
    assert "<summary><b>The answer</b></summary>\n\nIt is ten.\n\n</details>" in text


def test_cells_keep_tags_and_hide_what_gives_answers_away(book):
    made = plain.make_plain(book(markdown(everything()), *CODE))
    nbformat.validate(nbformat.from_dict(made))
    assert [cell["id"] for cell in made["cells"]][:3] == ["colab", "text", "setup"]
    hidden = {c["id"] for c in made["cells"] if c["metadata"].get("jupyter", {}).get("source_hidden")}
    assert hidden == {c["id"] for c in made["cells"] if c["metadata"].get("cellView") == "form"}
    assert hidden == {"colab", "setup", "again"}
    cells = {cell["id"]: cell for cell in made["cells"]}
    assert cells["half"]["metadata"]["tags"] == ["exercise:half"] and source(cells["half"]) == source(CODE[4])
    assert source(cells["half-check"]) == (
        "import numpy as np\nfrom course_lib.chapters.ch99_trial import ex\n\nex.half.check(half);"
    )
    assert cells["text"]["attachments"] == {"dot.png": {"image/png": plain.base64.b64encode(PIXEL).decode()}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{strange}`x`", "the role {strange} has no plain form"),
        ("one\n\n:::{strange} x\n:::", "the directive {strange} has no plain form"),
        ("```{code-cell}\n1\n```", "the directive {code-cell} has no plain form"),
        (":::{note}\nx", "the fence ':::{note}' is not closed"),
        (":::\nx\n:::", "names no directive"),
        ("{eq}`eq-frist`", "there is no equation 'eq-frist'; do you mean 'eq-first'?"),
        ("{fig}`none`", "there is no figure 'none'"),
        ("{cite:p}`polyak`", "there is no reference 'polyak'"),
        ("{claim}`slower.x`", "there is no claim with numbers 'slower'"),
        ("{claim}`faster.plane`", "number of the claim 'faster', 'plane'; do you mean 'plain'?"),
        ("{measured}`transfer`", "must be `study/row.column`"),
        ("{measured}`none/a.b`", "there is no study 'none'"),
        ("{measured}`transfer/a.b`", "row must be among"),
        ("{move}`x <no?rho=1>`", "there is no experiment on this page 'no'"),
        ("[x](missing.md)", "the link to 'missing.md' leads to no page"),
        ("[x](#missing)", "the link to '#missing' leads to no page"),
        ("{ref}`a-target`", "{ref} needs a text"),
        ("[](#a-target)", "a link without a text has no plain form"),
        ("![x](missing.png)", "there is no picture 'missing.png'"),
        ("a[^1]", "a footnote has no plain form here: '[^1]'"),
        ("term\n: what it is", "a list of definitions"),
        ("[x]{.small}", "attributes has no plain form"),
        ("- item\n\n  $$\n  a\n  $$ (eq-inside)", "a label has no plain form"),
        ("  :::{note}\n  x\n  :::", "a fence has no plain form"),
    ],
)
def test_what_is_unknown_is_an_error_that_names_the_place(book, text, words):
    first = markdown("(a-target)=\n# T\n\n$$\na\n$$ (eq-first)", "first")
    path = book(first, markdown(text, "second"))
    with pytest.raises(MarkupError, match=f"{re.escape('99_trial.ipynb, cell ')}'second': ") as error:
        plain.make_plain(path)
    assert words in str(error.value)


def test_two_equations_of_one_name(book):
    path = book(markdown("$$\na\n$$ (eq-a)\n\n$$\nb\n$$ (eq-a)"))
    with pytest.raises(MarkupError, match="cell 'text': another equation is called 'eq-a'"):
        plain.make_plain(path)


RAW = re.compile(r"\{[a-z][\w:-]*\}`|^\s*:{3,}|^\([\w:-]+\)=|\$\$ *\(\w|^`{3,}\{", re.MULTILINE)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_raw_markup_in_the_books_notebooks(path):
    made = plain.make_plain(path)
    nbformat.validate(nbformat.from_dict(made))
    before = [source(c) for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "markdown"]
    after = [source(c) for c in made["cells"] if c["cell_type"] == "markdown" and not re.match(r"figure-\d", c["id"])]
    assert RAW.search("\n".join(before)) and not [text for text in after if RAW.search(text)]
    order = re.findall(r"^\$\$ \(([\w:-]+)\)", "\n".join(before), re.MULTILINE)
    assert [int(n) for n in re.findall(r"\\tag\{(\d+)\}", "\n".join(after))] == list(range(1, len(order) + 1))
    for old, new in zip(before, after, strict=True):  # each reference has its equation's number
        named = [order.index(label) + 1 for label in re.findall(r"\{eq\}`([\w:-]+)`", old)]
        numbers = [
            int(n)
            for n in re.findall(r"(?<![\w$}])\((\d+)\)", re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", new, flags=re.DOTALL))
        ]
        assert named == numbers


@pytest.mark.parametrize("path", [path for path in CHAPTERS if path.stem[0].isdigit()], ids=lambda path: path.stem)
def test_a_reader_can_begin_with_the_exercises(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cells = [cell for cell in plain.make_plain(path)["cells"] if cell["cell_type"] == "code"]
    checks = [(stub, check) for stub, check in pairwise(cells) if "exercise:" in str(notebooks.tags_of(stub))]
    assert checks
    for stub, check in checks:
        namespace = {}  # of a new kernel
        exec(source(stub), namespace)
        exec(source(check), namespace)
        said = capsys.readouterr().out
        broken = "ex.todo()" not in source(stub)  # code to be repaired, whose mistake is named
        assert said.startswith("NOT YET" if broken else "NOT ATTEMPTED") and "NameError" not in said


def test_the_command_writes_them_all_or_none(tmp_path, book, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert cli.main(["notebooks", "--plain", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [path.name for path in CHAPTERS]
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "out" / path.name) for path in CHAPTERS]
    bad = book(markdown("{strange}`x`"))
    assert cli.main(["notebooks", "--plain", str(tmp_path / "none"), str(CHAPTERS[0]), str(bad)]) == 2
    assert not (tmp_path / "none").exists() and "cell 'text': the role {strange}" in capsys.readouterr().err


def test_the_sources_are_never_overwritten(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert cli.main(["notebooks", "--plain", "book"]) == 2
    assert "holds the sources" in capsys.readouterr().err


def test_links_lead_to_the_site(monkeypatch):
    monkeypatch.delenv("COURSE_SITE_URL", raising=False)
    owner, name = repository.current(ROOT).split("/")[-2:]
    assert plain.site_address(ROOT) == f"https://{owner}.github.io/{name}"
    monkeypatch.setenv("COURSE_SITE_URL", "https://example.org/book/")
    assert plain.site_address(ROOT) == "https://example.org/book"


def test_figures_are_numbered_as_they_appear():
    code = [
        "%matplotlib inline\nexplore.phase()",
        "ask.guess(); show_figure(draw, name='squares')",
        "explore.race()",
        "ask.text_only()\nexplore.race(place='race-again')\nexplore.race()",
    ]
    shown = plain._shown(code, {"guess": ("race-first", "race")})
    assert list(shown) == ["phase", "race-first", "squares", "race", "race-again"]
    assert [shown[place] for place in shown] == ["phase", "race", "", "race", "race"]
