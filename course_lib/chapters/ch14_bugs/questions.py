"""The questions of chapter 14, *Bugs in the wild*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "14_bugs"

# ---------------------------------------------------------------- predictions

lower = Predict(
    "lower",
    PAGE,
    "Two programs walk down the same ravine at the same rate, α = 0.07. One is AdaGrad. In the other a line is wrong:"
    " it divides each step by the size of the present gradient alone. Which has the lower loss after 100 steps?",
    options={
        "adagrad": "AdaGrad, far lower",
        "alike": "about the same",
        "bug": "the one with the bug, far lower",
    },
    right="bug",
    line="You said {said}; AdaGrad ends at a loss of {right_end}, the program with the bug at {wrong_end}.",
    shows=("gallery", {"bug": "present", "lr": 0.07}),
)

steady = Predict(
    "steady",
    PAGE,
    "Adam, and Adam with RMSProp's last line (`dx` in place of the corrected first moment), are both handed the"
    " gradient 1 in every step. How do their second steps compare?",
    options={
        "same": "they are the same",
        "shorter": "the double's is a tenth of Adam's",
        "longer": "the double's is about ten times as long",
    },
    right="same",
    line="You said {said}; Adam's is {right_second} α long, the double's {wrong_second} α.",
    shows=("probe", {"bug": "pasted", "signal": "steady"}),
)

softmaxes = Predict(
    "softmaxes",
    PAGE,
    "A network ends with a softmax, and the loss, which expects scores, takes the softmax of its probabilities once"
    " more. The backward pass is right for what is computed. Which of the three numbers gives it away?",
    options={"accuracy": "the accuracy", "loss": "the loss", "check": "the gradient check", "none": "none of them"},
    right="loss",
    line="You said {said}; the accuracy is {accuracy_wrong} % in place of {accuracy_right}, the loss {loss_wrong} in"
    " place of {loss_right}, and the gradient check finds nothing.",
    shows=("invisible", {"bug": "softmax"}),
)

company = Predict(
    "company",
    PAGE,
    "In testing, batch norm takes mean and variance of the batch that a digit comes in. The test digits are sorted:"
    " first all zeros, then all ones, and so on, in batches of 20. What becomes of the accuracy?",
    options={"same": "nothing much", "half": "it falls to about a half", "fifth": "it falls to about a fifth"},
    right="fifth",
    line="You said {said}; the accuracy is {accuracy} %, and {running} % with running statistics.",
    shows=("batches", {"order": "sorted", "size": 20}),
)

most = Predict(
    "most",
    PAGE,
    "Thirteen versions of the program have one thing wrong each. Of the ten checks, take the one that sees most of"
    " them. How many does it see?",
    options={"three": "three", "half": "six or seven", "nearly": "eleven or more"},
    right="three",
    line="You said {said}; no check sees more than {claim:seen.most} of the {claim:seen.bugs} bugs.",
)

# ---------------------------------------------------------------- self-checks

same_path = Choose(
    "same_path",
    PAGE,
    "A program computes `v = rho * v + dx` and then `x += -lr * dx`. Its path is exactly that of which method?",
    options={
        "descent": "gradient descent at the same rate",
        "momentum": "momentum at the same rate",
        "slower": "momentum at a tenth of the rate",
        "up": "none: it climbs",
    },
    right="descent",
    why={
        "descent": "x never sees v. A velocity that is computed and not used changes nothing.",
        "momentum": "Then the step would be along v.",
        "slower": "That is another bug of the gallery, a mean in place of the sum.",
        "up": "The step is −α times the gradient: downhill.",
    },
)

two_classes = Number(
    "two_classes",
    PAGE,
    "A network with two classes is trained with a softmax too many. Its probabilities, 1 and 0 at best, are taken for"
    " scores. What is the lowest loss that it can reach?",
    right=0.313,
    tolerance=0.004,
    confusions={
        0: "That is right for scores, which may grow without limit. Probabilities end at 1.",
        0.693: "That is log 2, for scores that are equal. At best they are 1 and 0.",
        1.461: "That is for ten classes. Here one other class is left, not nine.",
    },
    otherwise="The right class has the share e¹/(e¹ + e⁰).",
    why="−log(e/(e + 1)) = 0.313. Twenty examples that stop there betray the second softmax.",
)

untrue = Choose(
    "untrue",
    PAGE,
    "Four sentences from notes. Which one is right as it stands?",
    options={
        "mean": "The velocity of momentum is a running mean of gradients",
        "first": "Adam's first step moves coordinates with the gradients 0.01 and 100 equally far",
        "shrinks": "AdaGrad makes x smaller and smaller",
        "weights": "Dropout sets weights to zero",
    },
    right="first",
    why={
        "mean": "In the form of this book and of PyTorch it is a sum: on a steady slope it grows to 1/(1 − ρ) times the"
        " slope.",
        "first": "Both corrected moments then hold that one gradient, so m̂/√v̂ is ±1 in each coordinate. (A gradient of"
        " 0, or as small as ε, is another matter.)",
        "shrinks": "The step becomes smaller. Where x goes, the loss decides.",
        "weights": "It sets units' outputs to zero. Dropping weights is DropConnect.",
    },
)

condition = Choose(
    "condition",
    PAGE,
    "“Momentum averages the noise of the minibatches out.” SGD at α = 0.01 is replaced by momentum with ρ = 0.9. At"
    " which α is momentum's noise floor about the same as before?",
    options={"same": "0.01", "tenth": "0.001", "ten": "0.1"},
    right="tenth",
    why={
        "same": "Momentum's steps add up to 1/(1 − ρ) = 10 times as much: at the same α the floor is about ten times as"
        " high.",
        "tenth": "The effective rates α/(1 − ρ) are then equal, and so, at small rates, are the floors: nothing is"
        " averaged out.",
        "ten": "That is the wrong way round: it makes the effective rate a hundred times as large.",
    },
)

initial = Number(
    "initial",
    PAGE,
    "A network for 1,000 classes is untrained and undecided. What should its first loss be?",
    right=6.91,
    tolerance=0.05,
    confusions={
        2.3: "That is log 10, for ten classes.",
        3: "That is the logarithm to base 10. The loss takes the natural one.",
        1000: "That is C. Its logarithm is the loss.",
        0.001: "That is the probability of the right class. The loss is its negative logarithm.",
    },
    otherwise="Each class has the probability 1/1,000.",
    why="−log(1/1,000) = log 1,000 = 6.91.",
)

which_check = Choose(
    "which_check",
    PAGE,
    "The training loss of twenty examples stops at 1.46, with ten classes, whatever the rate. Gradient check: right."
    " What do you look at first?",
    options={
        "size": "the network may be too small",
        "softmax": "what the loss is given: scores or probabilities",
        "mode": "whether dropout is on in testing",
    },
    right="softmax",
    why={
        "size": "64 hidden units learn twenty examples by heart. And the number 1.46 is no accident.",
        "softmax": "−log(e/(e + 9)) = 1.46 is the least that a loss for scores can be, given probabilities.",
        "mode": "That would change predictions from call to call.",
    },
)
