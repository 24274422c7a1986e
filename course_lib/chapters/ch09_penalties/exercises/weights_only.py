"""L2 on a layer's weights, and not on its biases."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(lam: float) -> Case:
        W, dW = rng.standard_normal((2, 4, 3))
        b, db = rng.standard_normal((2, 3))
        return Case.one(f"λ = {lam}", W=W, b=b + 5, dW=dW, db=db, lam=lam)

    small = Case.one(
        "λ = 0.1",
        W=np.array([[1.0, -2.0], [0.5, 3.0], [-4.0, 2.0]]),
        b=np.array([5.0, 4.0]),
        dW=np.array([[0.2, 0.1], [-0.3, 0.4], [0.6, -0.5]]),
        db=np.array([0.1, -0.2]),
        lam=0.1,
    )
    return [small, *(case(lam) for lam in (0.2, 0.3, 0.5, 1.0, 0.0))]


weights_only = Exercise(
    name="weights_only",
    page="09_penalties",
    number=3,
    title="Weights only",
    prompt=(
        "A dense layer has the weights `W` and the biases `b`; `dW` and `db` are the loss's gradients. Add L2, ½λ‖W‖²"
        " with the strength `lam`, to what it is usually applied to. Return both gradients."
    ),
    source="""\
def weights_only(W, b, dW, db, lam):
    dW = dW + lam * W
    db = db
    return dW, db
""",
    returns=("dW", "db"),
    cases=cases,
    hints=(
        "One of the two is returned as it came.",
        "A bias does not multiply any input.",
        "The gradient of ½λ‖W‖² is λW.",
    ),
    asks={
        "W": "which of the two gradients should `W` change?",
        "b": "what should the penalty do to `b`?",
        "dW": "what should be added to `dW`?",
        "db": "what should be added to `db`?",
        "lam": "what should `lam` multiply?",
    },
    limits={"lam": (0, None)},
    explanation=(
        "Weights decide how strongly the layer reacts to its inputs: that has a price. A bias only says where the"
        " output lies, and a price on it would pull predictions to 0."
    ),
    after="`add_penalty_grad(L2(lam), params, grads)` does so for a whole network; it takes the weights alone.",
    accepts={
        "in one line": """\
def weights_only(W, b, dW, db, lam):
    return dW + lam * W, db
""",
        "copied": """\
def weights_only(W, b, dW, db, lam):
    new = np.array(dW)
    new += lam * W
    return new, np.array(db)
""",
        "float32": """\
def weights_only(W, b, dW, db, lam):
    return np.asarray(dW + lam * W, dtype=np.float32), np.asarray(db, dtype=np.float32)
""",
    },
    mutants=(
        Mutant(
            "biases too",
            "db = db",
            "db = db + lam * b",
            (
                "You penalize the bias. It sets where a unit switches, not how steep it is; penalizing it pulls "
                "predictions to zero."
            ),
        ),
        Mutant(
            "biases only",
            "dW = dW + lam * W\n    db = db",
            "db = db + lam * b",
            "You penalize the bias and not the weights: the other way round.",
        ),
        Mutant("twice", "lam * W", "2 * lam * W", "½λ‖W‖² has the slope λW."),
        Mutant("minus", "dW + lam * W", "dW - lam * W", "With a minus the weights grow."),
        Mutant("squares", "lam * W", "lam * W**2", "W² is in the penalty; its slope is W."),
        Mutant(
            "by the number of weights",
            "lam * W",
            "lam * W / W.size",
            "The penalty is a sum over weights: do not divide by their number.",
        ),
        Mutant("L1's slope", "lam * W", "lam * np.sign(W)", "sign(W) is L1's slope; L2's grows with the weight."),
        Mutant("nothing", "dW = dW + lam * W\n    ", "", "Nothing is penalized."),
        Mutant(
            "in place",
            "dW = dW + lam * W",
            "dW += lam * W",
            "The numbers are right, but the caller's array `dW` is changed: make a new one.",
        ),
    ),
)
