"""The questions of *Symptoms and causes*: six cases. Each wrong answer is told what it would have looked like."""

from course_lib.questions import Choose

PAGE = "symptoms"

climbs = Choose(
    "climbs",
    PAGE,
    "Ten classes. The first loss is about log 10, ten examples are learnt by heart, and the first epoch is good. Then"
    " both curves climb back nearly to chance. What is wrong?",
    options={
        "low": "the rate is too low",
        "high": "the rate is too high",
        "labels": "the training labels are shuffled",
        "weights": "the initial weights are too large",
    },
    right="high",
    why={
        "low": "Then both curves would fall, steadily and slowly, and update : weight would be far below 1e-2.",
        "high": "The steps are nearly a tenth as long as the weights, and after 20 of them half of a layer is dead.",
        "labels": "Then validation would never have been better than chance. Here it was, after one epoch.",
        "weights": "Then the loss before the first step would be in the hundreds. Here it is about log 10.",
    },
)

apart = Choose(
    "apart",
    PAGE,
    "The training loss falls by 0.1 in 15 epochs. The validation loss does not fall at all. The four checks before"
    " the first epoch are as they should be. What is wrong?",
    options={
        "labels": "the training labels are shuffled",
        "few": "there are too few examples",
        "low": "the rate is too low",
        "dead": "most units are dead",
    },
    right="labels",
    why={
        "labels": "There is nothing to learn but by heart. The checks cannot tell: ten wrong labels are learnt, too.",
        "few": "Then both curves would fall, and the validation loss would stay above the other.",
        "low": "Then both curves would fall together, and update : weight would be below 1e-3.",
        "dead": "Then the share of dead units would say so, and the training loss would stand still at log 10.",
    },
)

heavy = Choose(
    "heavy",
    PAGE,
    "The loss before the first step is about log 10 and the rate is right. In the first epoch the training loss is"
    " more than three times as high, and from the third on both are log 10, for good. Few units are dead. What is"
    " wrong?",
    options={
        "moved": "all inputs are moved by 3",
        "penalty": "the penalty is too strong",
        "small": "the initial weights are 100 times too small",
        "sign": "the gradient has the wrong sign",
    },
    right="penalty",
    why={
        "moved": "Then the first loss itself would be too high, and all units of a layer would be dead.",
        "penalty": "What fit reports in training has the penalty in it, the validation loss has not. Large weights are"
        " paid for until none are left, and a guess remains.",
        "small": "Then no curve would begin above log 10, and update : weight would be far below 1e-2.",
        "sign": "Then ten examples would not be learnt, and both losses would climb.",
    },
)

smooth = Choose(
    "smooth",
    PAGE,
    "Momentum with α = 1 and ρ = 0.9 in a ravine. Your program's loss falls at once, has no bump, and is then"
    " multiplied by the same number in every step. Which line is wrong?",
    options={
        "uphill": "the velocity is added, not subtracted",
        "discarded": "the velocity is kept, and never used",
        "mean": "the velocity is a mean, not a sum",
        "mixed": "two conventions of the sign are mixed",
    },
    right="discarded",
    why={
        "uphill": "Then the loss would climb from the first step on.",
        "discarded": "This is gradient descent: each direction shrinks by its own factor, and the slowest is left.",
        "mean": "Then the first step would be a tenth as long: the loss would start slowly, and it would have bumps.",
        "mixed": "Then two signs would cancel, and the loss would climb from the first step on.",
    },
)

longer = Choose(
    "longer",
    PAGE,
    "An optimizer that should be Adam is handed the gradient 1 in every step. All of Adam's steps are α long. Yours"
    " begin at about 3 α and become longer. Which line is wrong?",
    options={
        "one": "only the first moment is corrected",
        "none": "neither moment is corrected",
        "pasted": "the last line is RMSProp's",
        "rate": "the rate is three times too high",
    },
    right="none",
    why={
        "one": "Then the first step would be 1/√0.001 = 31.6 α long, and the next ones shorter.",
        "none": "The first step is 0.1/√0.001 = 3.16 α long. The mean then fills faster than the root of the squares.",
        "pasted": "Then all steps would be α long: on a steady slope the corrected mean is the gradient itself.",
        "rate": "Then all steps would be 3 α long, the first like the last.",
    },
)

same_accuracy = Choose(
    "same_accuracy",
    PAGE,
    "A network with dropout keeps its units with the probability p = 0.8. The accuracy is as it should be, the gradient"
    " check finds nothing, and the test loss is five times too high. What is wrong?",
    options={
        "twice": "a softmax before a loss that takes one itself",
        "left": "dropout is left on in testing",
        "factor": "testing multiplies by 1 − p, not by p",
        "sum": "the gradient is that of the sum, not of the mean",
    },
    right="factor",
    why={
        "twice": "Then the loss could not be below 1.46, the least for ten classes, however good the network is.",
        "left": "Then the accuracy would fall, too, and two calls would give two answers.",
        "factor": "All scores but the bias are a quarter of what they should be: the largest nearly always wins.",
        "sum": "Then the gradient check would find it, and the loss would hardly differ under Adam.",
    },
)
