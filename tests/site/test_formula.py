"""Formulas in Unicode as LaTeX: exact in the cases that matter, and readable to KaTeX in every docstring."""

import inspect

import pytest

from course_lib import data, deep, ensembles, nn, optim
from course_lib.data import augment
from course_lib.site import katex
from course_lib.site.docstrings import read_doc
from course_lib.site.entries import formulas_of
from course_lib.site.formula import Unreadable, set_formulas, tex_of

DOCUMENTED = {
    f"{package.__name__.removeprefix('course_lib.')}.{name}": obj
    for package in (optim, nn, data, augment, ensembles, deep)
    for name in package.__all__
    if (inspect.isclass(obj := getattr(package, name)) or inspect.isfunction(obj)) and obj.__doc__
}


@pytest.mark.parametrize(
    ("formula", "tex"),
    [
        ("v ← ρ v + ∇f(x)", r"v\leftarrow \rho v+\nabla f(x)"),
        ("m̂ = m/(1 − β₁ᵗ)", r"\hat{m}=m/(1-\beta_{1}^{t})"),  # a tight slash stays one
        ("x ← x − α m̂ / u", r"x\leftarrow x-\frac{\alpha \hat{m}}{u}"),  # a wide one is a fraction, from the sign on
        ("α = rᵀr / pᵀHp", r"\alpha =\frac{r^{T}r}{p^{T}Hp}"),
        ("r = (f − g) / (m(0) − m(p))", r"r=\frac{f-g}{m(0)-m(p)}"),
        ("√(v / (1 − β₂ᵗ)) + ε", r"\sqrt{\frac{v}{1-\beta_{2}^{t}}}+\epsilon"),
        ("(a / b)²", r"\left(\frac{a}{b}\right)^{2}"),
        ("√‖∇f‖ ‖g‖", r"\sqrt{\|\nabla f\|}\|g\|"),
        ("p = −Q |Λ|⁻¹ Qᵀ g", r"p={-}Q|\Lambda|^{-1}Q^{T}g"),
        ("α_end + ½ (α₀ − α_end)", r"\alpha_{\text{end}}+\tfrac{1}{2}(\alpha_{0}-\alpha_{\text{end}})"),
        ("γ^⌊t/every⌋", r"\gamma^{\lfloor t/\text{every}\rfloor}"),
        ("e^(−kt)", "e^{-kt}"),
        ("(xᵢ₊₁ − xᵢ²)²", "(x_{i+1}-x_{i}^{2})^{2}"),
        ("r'ᵀr' < ℓ*", r"r^{\prime T}r^{\prime}<\ell^{*}"),
        ("max(v̄, v)", r"\max (\bar{v},v)"),
        ("tanh² x + 10 cos 2πx", r"\tanh^{2}x+10\cos 2\pi x"),
        ("sign(β₁ m)", r"\operatorname{sign}(\beta_{1}m)"),
        ("(π (t mod P)/P)", r"(\pi (t\bmod P)/P)"),
        ("slow + α (fast − slow)", r"\text{slow}+\alpha (\text{fast}-\text{slow})"),
        ("x, then Adam's step", r"x,\;\allowbreak \text{then }\allowbreak \text{Adam's }\allowbreak \text{step}"),
        ("f(x), a draw", r"f(x),\;\allowbreak \text{a }\allowbreak \text{draw}"),
        ("P(a row is out)", r"P(\text{a }\allowbreak \text{row }\allowbreak \text{is }\allowbreak \text{out})"),
        ("minimum −1/4 at (0, ±1)", r"\text{minimum }\allowbreak {-}1/4\text{ at }\allowbreak (0,\pm 1)"),
        ("min(1, max_norm/‖g‖)", r"\min (1,\texttt{max\_norm}/\|g\|)"),
        ("`steps` times", r"\texttt{steps}\text{ times}"),
        ("dx = dy Wᵀ", r"dx=dy\,W^{T}"),
        ("dγ = Σ dy x̂", r"d\gamma=\sum dy\,\hat{x}"),
        ("∂L/∂s = dz f′(z)", r"\partial L/\partial s=dz\,f^{\prime}(z)"),
        ("y = z ∘ x / p, z ~ Bernoulli(p)", r"y=\frac{z\circ x}{p},\;\allowbreak z\sim \operatorname{Bernoulli}(p)"),
        ("u ~ U[0, 1), v ~ U(0, 1]", r"u\sim U[0,1),\;\allowbreak v\sim U(0,1]"),
        ("Σ_{k ≠ yₙ} x_{jk} ~ {1, 2}", r"\sum_{k\ne y_{n}}x_{jk}\sim \{1,2\}"),
        ("ŷ = argmaxₖ #{m : ŷₘ = k}", r"\hat{y}=\argmax_{k}\#\{m:\;\hat{y}_{m}=k\}"),
        ("p(y | x) ∝ (Πₘ |pₘ|)^(1/M)", r"p(y\mid x)\propto (\prod_{m}|p_{m}|)^{1/M}"),
        ("d x + (1 − dᵗ) dy", r"d\,x+(1-d^{t})\,dy"),  # a factor d, and a gradient
        ("Σ_b |acc_b − fan_in|", r"\sum_{b}|\text{acc}_{b}-\texttt{fan\_in}|"),
        ("max pool → max x", r"\text{max }\allowbreak \text{pool}\to \max x"),
        ("log pₙ,ᵧₙ + sᵧ", r"\log p_{n,y_{n}}+s_{y}"),  # Unicode has no y below the line
        ("log softmax(s)", r"\log \operatorname{softmax}(s)"),
    ],
)
def test_formulas_read_as_a_reader_would(formula, tex):
    assert tex_of(formula) == tex
    katex.render(tex)


@pytest.mark.parametrize(
    "bad", ["x ← ☃", "(x", "x)", "[x", "x]", "{x", "x}", "{x)", "(x}", "‖x", "x + √", "☃ / x", "⌊t"]
)
def test_what_has_no_rule_is_said(bad):
    with pytest.raises(Unreadable):
        tex_of(bad)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("With T steps, m and v start at 0.", "With $T$ steps, $m$ and $v$ start at 0."),
        ("A larger ρ (say, 0.9) is a gift.", r"A larger $\rho$ (say, 0.9) is a gift."),
        ("so α < 2/λ, or (as above) |1 − αλ|.", r"so $\alpha <2/\lambda$, or (as above) $|1-\alpha \lambda|$."),
        ("at (1, 0), where a > 0 and a step", "at (1, 0), where $a>0$ and a step"),
        ("near (−1, 1, …, 1).", r"near $(-1,1,\dots ,1)$."),
        ("a schedule step → rate, 1e-3, p-norms", "a schedule step → rate, 1e-3, p-norms"),
        ("*less* and **m** and `x += α v` and `a, b`.", "*less* and **m** and `x += α v` and `a, b`."),
        ("`a` is ρ, `b` is v", r"`a` is $\rho$, `b` is $v$"),
        ("a snowman ☃ = x", "a snowman ☃ = x"),
        ("dx = dy, and so they do.", r"$dx=dy$, and so they do."),
        ("half of log C, at most min(N − 1, D)", r"half of $\log C$, at most $\min (N-1,D)$"),
        ("name → ‖ΔW‖, shape (n_in, n_out)", r"name → $\|\Delta W\|$, shape (n_in, n_out)"),
        ("2/((1 + a²) fan_in) and n_out = n_in", r"$2/((1+a^{2})\texttt{fan\_in})$ and $n_{\text{out}}=n_{\text{in}}$"),
        ("region i is a[i−1] … a[i] − 1", r"region $i$ is $a[i-1]\dots a[i]-1$"),
        ("ŷ, the labels of M(M − 1)/2 pairs", r"$\hat{y}$, the labels of $M(M-1)/2$ pairs"),
    ],
)
def test_formulas_are_found_in_sentences(text, expected):
    assert set_formulas(text) == expected


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_formula_of_the_library_is_readable(name):
    doc = read_doc(DOCUMENTED[name])
    for line in [*doc.formula, *(line for text in doc.prose if text[0] == " " for line in text[1:].splitlines())]:
        for formula in formulas_of(line):
            katex.render(tex_of(formula))
    for text in (doc.sentence, *doc.prose, *doc.args.values()):
        for formula in set_formulas(text).split("$")[1::2]:
            katex.render(formula)
