"""The book's own search: what it indexes, and what a reader's words find."""

import json
from pathlib import Path

import pytest
import yaml
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from course_lib.site import search
from course_lib.site.boxes import box

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def index(site):
    text = (site / "_static/search-index.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("course.index = ").rstrip().removesuffix(";"))


def test_every_chapter_and_term_is_in_the_index(site, index):
    pages = {address.split("#")[0] for address, *_ in index}
    for notebook in (ROOT / "book").glob("*.ipynb"):
        assert f"book/{notebook.stem}.html" in pages
    terms = [title for address, title, *_ in index if "#term-" in address]
    assert {"momentum", "batch normalization"} <= set(terms)
    assert len(terms) > 60


def test_every_address_of_the_index_is_there(site, index):
    ids = {}
    for address, *_ in index:
        page, _, anchor = address.partition("#")
        if page not in ids:
            ids[page] = (site / page).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in ids[page], address


def test_the_index_holds_words_and_no_formulas(index):
    texts = " ".join(text for *_, text in index)
    assert "\\frac" not in texts and "course_lib.chapters" not in texts
    assert "ravine" in texts


def test_questions_are_places_of_their_own(site, index):
    questions = {address: title for address, title, *_ in index if "#question-" in address}
    assert len(questions) > 60
    assert not set(questions.values()) & {text for *_, text in index}
    for address, title in questions.items():
        page, _, anchor = address.partition("#")
        assert f'id="{anchor}"' in (site / page).read_text(encoding="utf-8"), title


def test_synonyms_are_in_use(index):
    synonyms = yaml.safe_load((ROOT / search.SYNONYMS).read_text(encoding="utf-8"))
    names = {title: names for _, title, _, names, _ in index}
    for title, others in synonyms.items():
        assert set(others) <= set(names[title])


def test_entries_of_a_page():
    page = new_document("page")
    outer, inner = nodes.section(ids=["a"]), nodes.section(ids=["b"])
    outer += [nodes.title("", "A page"), nodes.paragraph("", "Its own "), inner]
    inner += [
        nodes.title("", "Below"),
        nodes.paragraph("", "", nodes.Text("for "), nodes.math("", "x^2"), nodes.Text(" 5 times")),
    ]
    question = box("", nodes.title("", "Why?"), nodes.paragraph("", "Because."), ids=["q"], classes=["question"])
    inner += [question, box("", nodes.title("", "Deeper"), nodes.paragraph("", "A proof."), ids=["d"])]
    item, glossary = nodes.definition_list_item(), addnodes.glossary()
    item += [nodes.term("", "thing", ids=["term-thing"]), nodes.definition("", nodes.paragraph("", "What it is."))]
    glossary += nodes.definition_list("", item)
    inner += [glossary, nodes.literal_block("", "code")]
    page += outer
    assert list(search.entries(page, "p.html")) == [
        ("p.html", "A page", "A page", [], "Its own"),
        ("p.html#b", "Below", "A page", [], "for times A proof."),
        ("p.html#q", "Why?", "A page", [], "Because."),
        ("p.html#term-thing", "thing", "A page", [], "What it is."),
    ]


def test_names_of_a_place():
    synonyms = {"cosine decay": ["annealing"], "Curve": ["cosine decay"], "batch norm": ["BN"], "Sum": ["total"]}
    terms = {"cosine decay": ["余弦退火", "코사인 어닐링"], "SGD": ["随机梯度下降", "확률적 경사 하강법"]}
    called = {"annealing": "cosine decay"}

    def names(title):
        return search.other_names(title, synonyms, terms, called)

    assert names("cosine decay") == ["cosine decay", "annealing", "余弦退火", "코사인 어닐링"]
    assert names("CosineDecay") == ["cosine decay", "annealing", "余弦退火", "코사인 어닐링"]
    assert names("Curve") == ["curve", "cosine decay", "余弦退火", "코사인 어닐링"]
    assert names("Annealing") == ["annealing", "余弦退火", "코사인 어닐링"]
    assert names("Sgd") == ["sgd", "随机梯度下降", "확률적 경사 하강법"]
    assert names("Sum") == ["sum", "total"]


#: What readers type, and a place that must be among the first three.
WANTED = [
    # one word, or a name
    ("nesterov", "book/03_momentum.html"),
    ("ravine", "book/03_momentum.html#a-ravine"),
    ("momentum", "book/glossary.html#term-momentum"),
    ("adam", "book/optimizers.html#adam"),
    ("polyak", "book/ensembles.html#ema"),
    ("overfitting", "book/glossary.html#term-overfitting"),
    ("lasso", "book/regularization.html#l1"),
    ("LoRA", "book/glossary.html#term-low-rank-adapter"),
    ("nan", "book/14_bugs.html#what-crashes-or-explodes"),
    ("batch size", "book/glossary.html#term-minibatch"),
    ("early stopping", "book/glossary.html#term-early-stopping"),
    ("cosine annealing", "book/schedules.html#cosine"),
    ("batch norm", "book/networks.html#batchnorm"),
    # another form of the words, another spelling
    ("learning rates", "book/glossary.html#term-learning-rate"),
    ("Batch Normalisation", "book/glossary.html#term-batch-normalization"),
    ("warm up", "book/05_schedules.html#warm-up"),
    ("warmup", "book/05_schedules.html#warm-up"),
    ("gradient check", "book/glossary.html#term-gradient-check"),
    ("local minima", "book/glossary.html#term-local-minimum"),
    ("optimiser", "book/optimizers.html"),
    ("newton's method", "book/glossary.html#term-Newton-s-method"),
    # a question, or what is wrong
    ("which optimizer should I use", "book/optimizers.html"),
    ("learning rate too high", "book/05_schedules.html#four-curves"),
    ("how to choose the learning rate", "book/05_schedules.html"),
    ("why is my loss nan", "book/14_bugs.html#what-crashes-or-explodes"),
    ("loss explodes", "book/14_bugs.html#what-crashes-or-explodes"),
    ("loss not decreasing", "book/01_first_step.html#babysitting"),
    ("my network does not learn anything", "book/01_first_step.html#babysitting"),
    ("val loss goes up", "book/glossary.html#term-overfitting"),
    ("how many epochs", "book/01_first_step.html#question-why-not-a-tiny-rate-and-many-epochs"),
    ("dead relu", "book/glossary.html#term-dead"),
    ("adam vs sgd", "book/04_adaptive.html"),
    ("weight decay adamw", "book/symptoms.html#weight-decay-in-adam-is-unlike-adamw-s"),
    ("when to use L-BFGS", "book/06_second_order.html"),
    ("how many layers to freeze", "book/12_transfer.html#question-which-layers-should-i-freeze"),
    ("is my test set leaking", "book/glossary.html#term-leak"),
    ("random search vs grid search", "book/training.html#grid-search"),
    # code
    ("forgot zero_grad", "book/glossary.html#term-gradient-accumulation"),
    ("model.eval()", "book/12_transfer.html#batch-norm-moves-though-nothing-trains"),
    ("ReduceLROnPlateau", "book/glossary.html#term-reduce-on-plateau"),
    # other languages: without gaps, with others, within a sentence, as few sources say
    ("动量", "book/glossary.html#term-momentum"),
    ("学习率", "book/glossary.html#term-learning-rate"),
    ("过拟合怎么办", "book/glossary.html#term-overfitting"),
    ("Adam 优化器", "book/optimizers.html"),
    ("批归一化", "book/glossary.html#term-batch-normalization"),
    ("과적합", "book/glossary.html#term-overfitting"),
    ("드롭아웃", "book/glossary.html#term-dropout"),
    ("가중치감쇠", "book/glossary.html#term-weight-decay"),
    ("학습률이 너무 높으면", "book/glossary.html#term-learning-rate"),
]


@pytest.mark.browser
def test_a_reader_finds(page):
    shown = page("search.html")
    found = shown.evaluate(
        "all => all.map(words => course.find(words).found.map(place => place.address))", [words for words, _ in WANTED]
    )
    lost = {
        words: links[:5]
        for (words, wanted), links in zip(WANTED, found, strict=True)
        if not any(wanted in link for link in links[:3])
    }
    assert lost == {}


@pytest.mark.browser
def test_the_page_shows_what_is_found_in_that_order(page):
    shown = page("search.html?q=learning rate")
    links = shown.locator("#search-results li a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert links == shown.evaluate("course.find('learning rate').found.slice(0, 40).map(place => place.address)")


@pytest.mark.browser
@pytest.mark.parametrize("words", ["动量", "모멘텀"])
def test_a_hit_says_by_which_name_it_was_found(page, words):
    shown = page(f"search.html?q={words}")
    first = shown.locator("#search-results li").first
    assert first.locator("a").inner_text().lower() == "momentum"
    name = first.locator("[lang]")
    assert name.inner_text() == words and name.get_attribute("lang") == ("zh-Hans" if words == "动量" else "ko")


@pytest.mark.browser
def test_a_question_that_was_found_is_open(page):
    shown = page("search.html?q=which layers should I freeze")
    shown.locator("#search-results li a").first.click()
    shown.wait_for_load_state()
    assert shown.locator("details.question[open]").count() == 1
    assert shown.locator("details.question[open] > p").first.is_visible()


@pytest.mark.browser
def test_hits_are_titled_by_what_they_are(page):
    shown = page("search.html?q=momentum")
    titles = shown.locator("#search-results li a").all_inner_texts()
    assert "Glossary" not in titles
    assert len(set(titles)) > 0.8 * len(titles)
    shown.locator("#search-results li a").first.click()
    shown.wait_for_load_state()
    assert shown.locator("article h1").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("words", ["zzyzx", "(", "<b>bold</b>", "\\", "' \" &"])
def test_odd_words_find_nothing_and_break_nothing(page, server, words):
    shown = page("search.html")
    shown.locator("main input[type=search]").fill(words)
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/search.html?q=*")
    assert shown.locator("#search-results b").count() == 0
    assert shown.locator("main input[type=search]").input_value() == words
