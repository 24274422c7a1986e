r"""Formulas of docstrings, written in Unicode so that `help()` shows them, as LaTeX for a page.

`v ← ρ v + ∇f(x)` becomes `v\leftarrow \rho v+\nabla f(x)`. The rules are those of a reader: letters are symbols,
and words are words; a slash between spaces is a fraction, one without is a slash; a root extends over what it touches,
or over the parentheses after it.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby, pairwise

SYMBOLS = {
    "←": r"\leftarrow ", "→": r"\to ", "−": "-", "-": "-", "+": "+", "±": r"\pm ", "·": r"\cdot ", "×": r"\times ",
    "=": "=", "≈": r"\approx ", "<": "<", ">": ">", "≤": r"\le ", "≥": r"\ge ", "∝": r"\propto ", "∈": r"\in ",
    "≠": r"\ne ", "~": r"\sim ", "∘": r"\circ ", "∂": r"\partial ",
    ",": ",", ";": r";\;", ":": r":\;", "/": "/", ".": ".", "!": "!", "%": r"\%", "'": "'",
}  # fmt: skip
#: Signs that a numerator cannot contain.
STOPS = set("←→−-+±=≈≠~<>≤≥∝∈,;:.")
LETTERS = {"∇": r"\nabla ", "Σ": r"\sum ", "Π": r"\prod ", "∞": r"\infty ", "…": r"\dots ", "ℓ": r"\ell ", "#": r"\#"}
MARKS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar"}
#: Opening signs, and what may close them: an interval such as [0, 1) has one of each.
PAIRS = {"(": ")]", "[": "])", "{": "}", "‖": "‖", "|": "|", "⌊": "⌋", "⌈": "⌉"}
CLOSE = set(")]}⌋⌉")
FENCES = {"{": r"\{", "}": r"\}", "‖": r"\|", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil "}
FUNCTIONS = {"argmax", "argmin", "cos", "exp", "log", "max", "min", "sin", "tanh"}
#: Where a narrow screen may break a formula, beside the signs where KaTeX does: after words, points and clauses.
BREAK = r"\allowbreak "
COMMA, CLAUSE = "," + BREAK, r",\;" + BREAK
#: Words of two letters; any other two are a product, as in xy.
SHORT_WORDS = set("an as at be by if in is it no of on or so to up".split())
TOKEN = re.compile(
    r"`[^`]+`|[A-Za-z]{2,}(?:_[a-z]{2,})+|[A-Za-z]{2,}(?:['’-][A-Za-z]+)*|\d+(?:\.\d+)?(?:e-?\d+)?|\.\d+|\S"
)
#: In a sentence: words, the signs between symbols, what a symbol looks like, and what is no formula alone.
CODE_OR_WORD = re.compile(r"[^\s`]*`[^`]*`\S*|\S+")
SIGNS = set("←→−+±=≈≠~<>≤≥∝·∘×/")
PART = re.compile(
    r"[A-Za-z]'?$|[A-Za-z]'?[()]|\w{1,2}/(\w{1,2}$|\()|\d+[a-z]{1,3}$|[\d.]+$|\d+\)/\w$"  # x  f(x)  1/t  2n  .66  1)/2
    r"|d[a-np-zA-Z]$|[A-Za-z]_[A-Za-z]$|[a-z]\[\w\]$|(max|min|log|exp)\("  # dy  E_z  a[i]  max(
    r"|(?!.*\w{3}-\w).*[Α-ω∇∂√‖|∞≤≥≈≠~←→·∘±½¼¾…ℓΣ∝⌈⌊=<>+−^\u0302-\u0305⁰-₟ᵀ-ᵿⁿ²³¹]"
)
NUMBERS = re.compile(r"[\d.,\s…()]*|\d+e-?\d+")


class Unreadable(ValueError):
    """A formula with a sign that has no rule here."""


@dataclass
class Piece:
    """A part of a formula: its LaTeX, and its properties for the rules."""

    tex: str
    kind: str = "symbol"  # symbol, differential, group, text, or stop: a sign that ends a product
    inside: str = ""  # of a group, the content of its parentheses


def tex_of(formula: str) -> str:
    r"""Return the LaTeX of one formula.

    Args:
        formula: one line, in Unicode.

    Raises:
        Unreadable: a sign has no rule.

    >>> tex_of("x ← x − α m̂ / (√v̂ + ε)")
    'x\\leftarrow x-\\frac{\\alpha \\hat{m}}{\\sqrt{\\hat{v}}+\\epsilon}'
    >>> tex_of("(v starts at 0)")
    '(v\\text{ starts }\\allowbreak \\text{at }\\allowbreak 0)'
    """
    letters = unicodedata.normalize("NFD", formula).replace("=\u0338", "≠").replace("′", "'")
    reader = _Reader(letters)
    row = reader.row()
    if reader.at < len(reader.tokens):
        raise Unreadable(f"{reader.tokens[reader.at][0]!r} closes nothing in {formula!r}")
    return _joined(row)


def set_formulas(text: str) -> str:
    r"""Put the formulas of a sentence between dollar signs.

    A formula is a run of symbols: single letters (except the word a), numbers beside them, signs. Text in
    backquotes, and what has no rule, is not changed.

    >>> set_formulas("It grows to g/(1 − ρ), and a larger ρ is less friction.")
    'It grows to $g/(1-\\rho)$, and a larger $\\rho$ is less friction.'
    """
    words = [*CODE_OR_WORD.findall(text), "", ""]
    out: list[str] = []
    run: list[str] = []
    for word, after in pairwise(words):
        if run and (_ends(run) or not _is_formula(word, run, after)):
            out, run = [*out, *_set(run)], []
        if _is_formula(word, run, after):
            run.append(word)
        else:
            out.append(word)
    return " ".join(out).strip()


def _is_formula(word: str, run: list[str], after: str) -> bool:
    """Check whether a word is part of a formula, from the words of it so far and the next one."""
    core = word.strip("().,;:?!")
    if not core or "`" in word or word.startswith("*"):
        return False
    core = unicodedata.normalize("NFD", core) if len(core) == 1 else core  # ŷ
    if core in ("a", "A") or re.match(r"[a-z]+_[a-z]{2,}$", core):  # an article, a name in code
        return after in SIGNS or bool(run and (run[-1] in SIGNS or (core[1:] and not _closed(run))))
    return bool(PART.match(core) or (core in FUNCTIONS and (run or re.match(r"[A-Zb-z]\W*$", after))))


def _ends(run: list[str]) -> bool:
    """Check whether the last word ends a formula: with a comma or a full stop outside of parentheses."""
    return run[-1][-1] in ".,;:?!" and _closed(run)


def _closed(run: list[str]) -> bool:
    """Check that no parenthesis is open."""
    so_far = " ".join(run)
    return so_far.count("(") <= so_far.count(")")


def _set(run: list[str]) -> list[str]:
    """Set a run of words as a formula, if it is one; the sentence's parentheses and stops stay outside."""
    if run[0] == "→" and run[1:]:
        return [run[0], *_set(run[1:])]
    text, before, after = " ".join(run), "", ""
    while text and (text[-1] in ".,;:?!" or (text[-1] == ")" and text.count(")") > text.count("("))):
        text, after = text[:-1], text[-1] + after
    while text.startswith("(") and text.count("(") > text.count(")"):
        text, before = text[1:], before + "("
    if not text or run[0] in SIGNS or text.split()[-1] in SIGNS or NUMBERS.fullmatch(text):
        return run
    try:
        return [f"{before}${tex_of(text)}${after}"]
    except Unreadable:
        return run


class _Reader:
    """Read tokens from left to right; each is (text, whether a space is before it)."""

    def __init__(self, formula: str) -> None:
        self.formula, self.at = formula, 0
        self.tokens = [(found[0], found.start() > 0 and formula[found.start() - 1].isspace())
                       for found in TOKEN.finditer(formula)]  # fmt: skip

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead][0] if self.at + ahead < len(self.tokens) else ""

    def spaced(self, ahead: int = 0) -> bool:
        return self.at + ahead < len(self.tokens) and self.tokens[self.at + ahead][1]

    def row(self, until: str = "") -> list[Piece]:
        """Read up to a closing sign, or to the end."""
        pieces: list[Piece] = []
        while self.peek() and self.peek() not in CLOSE | set(until):
            if self.peek() == "/" and self.spaced() and self.spaced(1):
                self.at += 1
                start = max((i + 1 for i, piece in enumerate(pieces) if piece.kind in ("stop", "text")), default=0)
                top, bottom = pieces[start:], [self.factor()]
                while self.peek() and not self.spaced() and self.peek() not in STOPS | CLOSE | set("|‖/"):
                    bottom.append(self.factor())
                pieces[start:] = [Piece(rf"\frac{{{_bare(top)}}}{{{_bare(bottom)}}}")]
            elif self.peek() == "," and pieces and (not until or pieces[-1].kind == "group"):
                self.at += 1
                pieces.append(Piece(COMMA if until else CLAUSE, "stop"))
            else:
                spaced, piece = self.spaced(), self.factor()
                if spaced and pieces and _needs_air(pieces[-1], piece):
                    pieces.append(Piece(r"\,"))
                pieces.append(piece)
        return pieces

    def factor(self) -> Piece:
        """Read one symbol, number, word or group, with its marks, indices and powers."""
        token, spaced = self.tokens[self.at] if self.at < len(self.tokens) else ("", False)
        self.at += 1
        if token == "√":
            under = self.factor()
            return Piece(rf"\sqrt{{{_bare([under])}}}")
        if token == "|" and spaced and self.spaced():
            return Piece(r"\mid ", "stop")  # given
        if token in PAIRS:
            inner = _joined(self.row(until=PAIRS[token]))
            if not self.peek() or self.peek() not in PAIRS[token]:
                raise Unreadable(f"{token!r} is not closed in {self.formula!r}")
            left, right = (FENCES.get(sign, sign) for sign in (token, self.peek()))
            self.at += 1
            tall = r"\frac" in inner
            tex = rf"\left{left}{inner}\right{right}" if tall else f"{left}{inner}{right}"
            return self.scripted(Piece(tex, "group" if token in "({" else "symbol", inner))
        if token == "d" and unicodedata.category(self.peek()[:1] or " ") in ("Lu", "Ll"):
            if self.spaced():
                return Piece("d", "differential")  # a factor d, which must not look like one
            return Piece(f"d{self.factor().tex.strip()}", "differential")
        if token == "−" and spaced and not self.spaced():
            return Piece("{-}", "stop")  # a number's own sign
        if token in SYMBOLS:
            return Piece(SYMBOLS[token], "stop" if token in STOPS else "symbol")
        if len(token) > 1 and not token[0].isdigit() and token[0] != ".":
            return self.word(token, spaced)
        return self.scripted(Piece(_symbol(token, self.formula)))

    def word(self, token: str, spaced: bool) -> Piece:
        if token[0] == "`" or "_" in token:
            return Piece(rf"\texttt{{{token.strip('`')}}}".replace("_", r"\_"))
        if token in FUNCTIONS and not (self.spaced() and re.match("[a-z]{3,}", self.peek()) and self.peek(1) != "("):
            return self.scripted(Piece(rf"\{token} "))
        if token == "mod":
            return Piece(r"\bmod ", "stop")
        if self.peek() == "(" and not self.spaced():
            return Piece(rf"\operatorname{{{token}}}")
        if len(token) == 2 and token not in SHORT_WORDS:
            self.tokens[self.at - 1 : self.at] = [(token[0], spaced), (token[1], False)]
            self.at -= 1
            return self.factor()
        return self.scripted(Piece(" " * spaced + token + " " * self.spaced(), "text"))

    def scripted(self, piece: Piece) -> Piece:
        """Add marks, primes, indices and powers."""
        upper = lower = ""
        while self.peek() and not self.spaced():
            token = self.peek()
            kind, _, code = unicodedata.decomposition(token).partition(" ") if len(token) == 1 else ("", "", "")
            if token == "ᵧ" or (lower and token == "," and self.peek(1) == "ᵧ"):
                self.at += 1  # Unicode has no subscript y: a look-alike replaces it
                below = self.scripted(Piece("y")) if token == "ᵧ" else Piece(",")
                lower += below.tex
            elif token in MARKS:
                self.at += 1
                piece = Piece(rf"\{MARKS[token]}{{{piece.tex.strip()}}}")
            elif token in "'*":
                self.at += 1
                upper += r"\prime " if token == "'" else token
            elif kind in ("<super>", "<sub>"):
                self.at += 1
                sign = _symbol(chr(int(code, 16)), self.formula)
                upper, lower = (upper + sign, lower) if kind == "<super>" else (upper, lower + sign)
            elif token in "^_":
                self.at += 1
                sign = self.factor()
                inside = rf"\text{{{sign.tex.strip()}}}" if sign.kind == "text" else _bare([sign])
                upper, lower = (upper + inside, lower) if token == "^" else (upper, lower + inside)
            else:
                break
        if not upper and not lower:
            return piece
        tex = rf"\text{{{piece.tex.strip()}}}" if piece.kind == "text" else piece.tex.strip()
        lower, upper = (rf"{sign}{{{part.strip()}}}" if part else "" for sign, part in (("_", lower), ("^", upper)))
        return Piece(tex + lower + upper)


def _symbol(sign: str, formula: str) -> str:
    """Return the LaTeX of one letter, digit or sign."""
    if sign in LETTERS:
        return LETTERS[sign]
    if sign in SYMBOLS:
        return SYMBOLS[sign]
    name = unicodedata.name(sign, "") if len(sign) == 1 else ""
    if greek := re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", name):
        letter = greek[2].replace("LAMDA", "LAMBDA").lower()
        return rf"\{letter if greek[1] == 'SMALL' else letter.capitalize()} "
    if re.fullmatch(r"[A-Za-z]|[\d.]+(e-?\d+)?", sign):
        return sign
    if name.startswith("VULGAR FRACTION"):
        top, bottom = unicodedata.normalize("NFKD", sign).split("\u2044")
        return rf"\tfrac{{{top}}}{{{bottom}}}"
    raise Unreadable(f"no rule for {sign!r} in {formula!r}")


def _bare(pieces: list[Piece]) -> str:
    """Return LaTeX without the parentheses that a fraction, a root or a power makes redundant."""
    return pieces[0].inside if len(pieces) == 1 and pieces[0].kind == "group" else _joined(pieces).strip()


def _joined(pieces: list[Piece]) -> str:
    """Join pieces; successive words are one text, without a space beside a sign that has its own."""
    edge = Piece("", "stop")
    around = zip([edge, *pieces], pieces, [*pieces[1:], edge], strict=False)
    runs = [(kind, list(run)) for kind, run in groupby([_article(*three) for three in around], key=_is_text)]
    out = ""
    for i, (is_text, run) in enumerate(runs):
        part = "".join(piece.tex for piece in run)
        if is_text:
            before, after = runs[i - 1][1][-1] if i else edge, runs[i + 1][1][0] if i + 1 < len(runs) else edge
            part = part.lstrip() if before.kind == "stop" and before.tex not in {",", COMMA, "{-}"} else part
            part = part.rstrip() if after.kind == "stop" and after.tex != "{-}" else part
            words = re.findall(r" ?\S+ ?", re.sub(" +", " ", part))
            part = "".join(rf"\text{{{word}}}" + BREAK * word.endswith(" ") for word in words)
        out += part
    return out.strip()


def _needs_air(left: Piece, right: Piece) -> bool:
    """Check whether two factors need a thin space: dy W is not d, y and W."""
    kinds, signs = {left.kind, right.kind}, {*SYMBOLS.values(), LETTERS["Σ"]} & {left.tex, right.tex}
    return "differential" in kinds and not signs and not kinds & {"stop", "text"}


def _is_text(piece: Piece) -> bool:
    return piece.kind == "text"


def _article(before: Piece, piece: Piece, after: Piece) -> Piece:
    """Make an a between words a word: there it is no symbol."""
    alone = piece.tex == "a" and _is_text(after) and (_is_text(before) or before.tex in {"", ",", COMMA, CLAUSE})
    return Piece(" a ", "text") if alone else piece
