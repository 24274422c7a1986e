"""One step of Adam."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import from_rest, of_the_step

MOMENTS = "m = beta1 * m + (1 - beta1) * dx\n    v = beta2 * v + (1 - beta2) * dx * dx"
CORRECTIONS = "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)"


def cases(rng: np.random.Generator) -> list[Case]:
    usual = {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    others = {
        "a rate of 1": {"lr": 1.0},
        "no memory of the gradient": {"beta1": 0.0},
        "short memories": {"beta1": 0.5, "beta2": 0.8},
        "a large ε": {"eps": 0.1},
    }
    x, m, v, *gradients = rng.standard_normal((6, 3)).round(3)
    given = tuple({"dx": dx, "t": t, **usual, "eps": 1e-3} for t, dx in enumerate(gradients, start=8))
    return [
        *from_rest(rng, ["m", "v"], usual, others, clock=True),
        Case("on its way", {"x": x, "m": 0.1 * m, "v": 0.1 * v**2}, given),
    ]


adam = Exercise(
    name="adam",
    page="04_adaptive",
    number=4,
    title="One step of Adam",
    prompt=(
        "You get the point `x`, the gradient `dx` there, the two moments `m` and `v` as the last step left them (zero "
        "before the first), and `t`, the number of *this* step, counted from 1. Make one step of Adam. Return the new "
        "point and the new moments, as new arrays."
    ),
    source="""\
def adam_step(x, dx, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * dx
    v = beta2 * v + (1 - beta2) * dx * dx
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * m_hat / (np.sqrt(v_hat) + eps)
    return x, m, v
""",
    returns=("x", "m", "v"),
    cases=cases,
    hints=(
        "Five lines: two decaying means, their two corrections, one step.",
        "`m` averages gradients, with `beta1`; `v` averages their squares, with `beta2`. In both, the weights of old "
        "and new add up to 1.",
        "A mean that starts at 0 has the weight 1 − βᵗ after t steps. Divide each moment by its own weight, under a "
        "new name: what you return, and keep, are the moments themselves.",
        "The step is the rate times the corrected first moment, over the root of the corrected second; `eps` is added "
        "to the root.",
    ),
    asks={
        "x": "what should be taken from `x`?",
        "dx": "where should `dx` come in, and in which power?",
        "m": "what should become of the old `m`?",
        "v": "what should become of the old `v`?",
        "t": "what should the correction at step `t` do, and to what?",
        "lr": "which ratio should `lr` multiply?",
        "beta1": "what should `beta1` do to the first moment, and to its correction?",
        "beta2": "what should `beta2` do to the second moment, and to its correction?",
        "eps": "where should `eps` stand?",
    },
    limits={"v": (0, None), "t": (1, None), "lr": (0, None), "beta1": (0, 1), "beta2": (0, 1), "eps": (0, None)},
    explanation=(
        "Both moments start at 0, so each is divided by the weight it has gathered, and the first step is α whatever "
        "the slope. The corrected values are for this step only; the next one goes on from the plain moments."
    ),
    after="It is what `course_lib.optim.Adam` and PyTorch's `Adam` do. Neither counts from t = 0: 1 − β⁰ would be 0.",
    accepts={
        "the corrections in the rate": """\
def adam_step(x, dx, m, v, t, lr, beta1, beta2, eps):
    m = m + (1 - beta1) * (dx - m)
    v = v + (1 - beta2) * (dx**2 - v)
    root = np.sqrt(1 - beta2**t)
    rate = lr * root / (1 - beta1**t)
    return x - rate * m / (np.sqrt(v) + eps * root), m, v
""",
        "copied": """\
def adam_step(x, dx, m, v, t, lr, beta1, beta2, eps):
    x, m, v = np.array(x), np.array(m), np.array(v)
    m *= beta1
    m += (1 - beta1) * dx
    v *= beta2
    v += (1 - beta2) * np.square(dx)
    x -= lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return x, m, v
""",
        "float32": """\
def adam_step(x, dx, m, v, t, lr, beta1, beta2, eps):
    m = np.asarray(beta1 * m + (1 - beta1) * dx, dtype=np.float32)
    v = np.asarray(beta2 * v + (1 - beta2) * dx * dx, dtype=np.float32)
    step = lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return np.asarray(x - step, dtype=np.float32), m, v
""",
    },
    mutants=(
        Mutant(
            "no correction",
            CORRECTIONS,
            "m_hat = m\n    v_hat = v",
            "The bias correction is missing: at the usual betas your first step is 3.16 α.",
        ),
        Mutant(
            "only the first moment",
            "v / (1 - beta2**t)",
            "v",
            "You correct m only (or compute the corrected v and divide by the root of `v`): at the usual betas your "
            "first step is 31.6 α.",
        ),
        Mutant(
            "only the second moment",
            "m / (1 - beta1**t)",
            "m",
            "You correct v only (or compute the corrected m and step along `m`): your first step is α/10 at β₁ = 0.9, "
            "and it takes some twenty steps to reach α.",
        ),
        Mutant(
            "RMSProp's line",
            "lr * m_hat /",
            "lr * dx /",
            "Your last line is RMSProp's, with `dx`: the first moment is computed and never used.",
        ),
        Mutant(
            "t one ahead",
            CORRECTIONS,
            "m_hat = m / (1 - beta1 ** (t + 1))\n    v_hat = v / (1 - beta2 ** (t + 1))",
            "You are one step ahead: `t` is the number of this step already, 1 in the first. (Often `t` is increased "
            "twice.)",
        ),
        Mutant(
            "t one behind",
            CORRECTIONS,
            "m_hat = m / (1 - beta1 ** (t - 1))\n    v_hat = v / (1 - beta2 ** (t - 1))",
            "You are one step behind, as if `t` counted from 0: in the first step 1 − β⁰ is 0, and you divide by it.",
        ),
        Mutant(
            "t never advanced",
            CORRECTIONS,
            "m_hat = m / (1 - beta1)\n    v_hat = v / (1 - beta2)",
            "You correct every step as if it were the first: `t` has to enter, as a power of β.",
        ),
        Mutant(
            "beta times t",
            CORRECTIONS,
            "m_hat = m / (1 - beta1 * t)\n    v_hat = v / (1 - beta2 * t)",
            "The correction has a power, βᵗ, not a product β·t: each step multiplies by β once more.",
        ),
        Mutant(
            "power of the difference",
            CORRECTIONS,
            "m_hat = m / (1 - beta1) ** t\n    v_hat = v / (1 - beta2) ** t",
            "The power is of β alone: 1 − βᵗ, and not (1 − β)ᵗ.",
        ),
        Mutant(
            "beta times t in the first moment",
            "m / (1 - beta1**t)",
            "m / (1 - beta1 * t)",
            "The first moment's correction has a power, β₁ᵗ, not a product β₁·t.",
        ),
        Mutant(
            "old first moment used",
            f"{MOMENTS}\n    m_hat = m / (1 - beta1**t)",
            f"old = m\n    {MOMENTS}\n    m_hat = old / (1 - beta1**t)",
            "The step uses the old first moment: the new one is returned, but `m_hat` is made of the one that came.",
        ),
        Mutant(
            "old second moment used",
            f"{MOMENTS}\n    {CORRECTIONS}",
            f"old = v\n    {MOMENTS}\n    {CORRECTIONS}".replace("v_hat = v /", "v_hat = old /"),
            "The step uses the old second moment: the new one is returned, but `v_hat` is made of the one that came.",
        ),
        Mutant(
            "beta squared",
            CORRECTIONS,
            "m_hat = m / (1 - beta1**2)\n    v_hat = v / (1 - beta2**2)",
            "The exponent is `t`, the number of steps so far. Yours is always 2.",
        ),
        Mutant(
            "multiplied by the correction",
            CORRECTIONS,
            "m_hat = m * (1 - beta1**t)\n    v_hat = v * (1 - beta2**t)",
            "Moments that start at 0 are too small. You multiply by 1 − βᵗ and make them smaller still: divide.",
        ),
        Mutant(
            "only the root corrected twice",
            "v / (1 - beta2**t)",
            "v / (1 - beta2**t) ** 2",
            "You correct `v` twice (or its root by the whole 1 − β₂ᵗ): v is divided by it once, under the root.",
        ),
        Mutant(
            "both corrected with beta 1",
            "1 - beta2**t",
            "1 - beta1**t",
            "You correct both moments with β₁. The second one has a memory of its own: correct it with β₂.",
        ),
        Mutant(
            "both corrected with beta 2",
            "1 - beta1**t",
            "1 - beta2**t",
            "You correct both moments with β₂. The first one has a memory of its own: correct it with β₁.",
        ),
        Mutant(
            "corrected moments kept",
            "return x, m, v",
            "return x, m_hat, v_hat",
            "You return the corrected moments, and the next step will correct them again. Keep m and v themselves.",
        ),
        Mutant(
            "one beta for both",
            "v = beta2 * v + (1 - beta2) * dx * dx",
            "v = beta1 * v + (1 - beta1) * dx * dx",
            "You average the squares with β₁. The second moment has a memory of its own, β₂.",
        ),
        Mutant(
            "weights swapped",
            MOMENTS,
            "m = (1 - beta1) * m + beta1 * dx\n    v = (1 - beta2) * v + beta2 * dx * dx",
            "β is the share that is kept. You keep 1 − β, and take β of what is new.",
        ),
        Mutant(
            "betas exchanged",
            MOMENTS + "\n    " + CORRECTIONS,
            "m = beta2 * m + (1 - beta2) * dx\n    v = beta1 * v + (1 - beta1) * dx * dx\n"
            "    m_hat = m / (1 - beta2**t)\n    v_hat = v / (1 - beta1**t)",
            "β₁ and β₂ are exchanged: β₁ is the memory of the gradient, β₂ that of its square.",
        ),
        Mutant(
            "betas exchanged in the moments",
            MOMENTS,
            "m = beta2 * m + (1 - beta2) * dx\n    v = beta1 * v + (1 - beta1) * dx * dx",
            "β₁ and β₂ are exchanged in the two moments: β₁ is the memory of the gradient, β₂ that of its square. (The "
            "corrections have them right.)",
        ),
        Mutant(
            "new gradient at full weight",
            "(1 - beta1) * dx",
            "dx",
            "`m` is a mean here, not momentum's sum: the new gradient needs the weight 1 − β₁.",
        ),
        Mutant(
            "new square at full weight",
            "(1 - beta2) * dx * dx",
            "dx * dx",
            "`v` is a mean: the new square needs the weight 1 − β₂.",
        ),
        Mutant(
            "the gradient itself",
            "(1 - beta2) * dx * dx",
            "(1 - beta2) * dx",
            "You average the gradients themselves in `v`. Of both signs, they may come to less than 0, "
            "and the root of that is not a number: square them.",
        ),
        Mutant(
            "no square",
            "(1 - beta2) * dx * dx",
            "(1 - beta2) * np.abs(dx)",
            "The second moment is the mean of *squares*. You average |dx|.",
        ),
        Mutant(
            "v from m",
            "(1 - beta2) * dx * dx",
            "(1 - beta2) * m * m",
            "The second moment averages squares of the gradient, not of the first moment.",
        ),
        Mutant(
            "added to itself",
            "v = beta2 * v",
            "v = v + beta2 * v",
            "You *add* to the old second moment (`+=` for `=`): it nearly doubles at each step, and `x` soon stands "
            "still.",
        ),
        Mutant(
            "one second moment for all",
            "(1 - beta2) * dx * dx",
            "(1 - beta2) * np.mean(dx * dx)",
            "Every coordinate has its own second moment. You share one among all.",
        ),
        Mutant(
            "step before the moments",
            MOMENTS + "\n    " + CORRECTIONS + "\n    x = x - lr * m_hat / (np.sqrt(v_hat) + eps)",
            CORRECTIONS + "\n    x = x - lr * m_hat / (np.sqrt(v_hat) + eps)\n    " + MOMENTS,
            "You step with the old moments, which are 0 at first. Update them with this gradient, then step.",
        ),
        Mutant(
            "eps before the correction",
            "lr * m_hat / (np.sqrt(v_hat) + eps)",
            "lr * m_hat / ((np.sqrt(v) + eps) / np.sqrt(1 - beta2**t))",
            "You add ε to the root *before* its correction, which makes it larger in the first steps. Some libraries "
            "do that; here it is added to the corrected root.",
        ),
        Mutant(
            "betas hard-coded",
            MOMENTS,
            "m = 0.9 * m + 0.1 * dx\n    v = 0.999 * v + 0.001 * dx * dx",
            "You use numbers of your own for the two betas. They are arguments: other values are tried as well.",
        ),
        Mutant(
            "moments in place",
            MOMENTS,
            "m *= beta1\n    m += (1 - beta1) * dx\n    v *= beta2\n    v += (1 - beta2) * dx * dx",
            "The numbers are right, but the arrays `m` and `v` that the caller handed you are changed: `*=` and `+=` "
            "write into them. Make new ones: `m = ...`, `v = ...`.",
        ),
        *of_the_step("lr * m_hat", "√v̂"),
    ),
)
