"""The questions of chapter 4, *Adaptive rates*: predictions in the order of the text, then self-checks.

Symbols as there: gradient g, rate α, sum or mean of squares s, first and second moment m and v.
"""

from course_lib.questions import Choose, Number, Predict

PAGE = "04_adaptive"

# ---------------------------------------------------------------- predictions

own_rates = Predict(
    "own_rates",
    PAGE,
    "In this ravine, momentum arrives after more than a hundred steps. Now divide each coordinate's step by the size of"
    " that coordinate's own gradients, use no momentum, and take α = 2. How many steps will be needed?",
    options={
        "more": "more than with momentum",
        "same": "about as many",
        "half": "about half as many",
        "tenth": "a tenth, or fewer",
    },
    right="tenth",
    line="You said {said}; the new method, AdaGrad, arrives after {steps_AdaGrad} steps, momentum after"
    " {steps_Momentum}.",
    shows=(
        "turned",
        {
            "place": "turned-upright",
            "caption": "As long as the valley lies along the axes, AdaGrad is at the minimum within a few steps."
            " RMSProp and Adam are explained below.",
            "angle": 0,
        },
    ),
)

stuck = Predict(
    "stuck",
    PAGE,
    "A steep ridge leads down to a saddle point. It lies at an angle to both axes, and the way out is gentle. At α ="
    " 0.1, gradient descent has left after 67 steps. When has AdaGrad left?",
    options={
        "sooner": "sooner: it divides by small gradients there",
        "same": "at about the same time",
        "ten": "more than ten times later",
    },
    right="ten",
    line="You said {said}; at this α AdaGrad has left at step {leaves}.",
    shows=("trap", {"method": "AdaGrad", "lr": 0.1, "clear": False}),
)

settle = Predict(
    "settle",
    PAGE,
    "RMSProp with α = 0.1 and δ = 0.99 comes down the bowl x²/2, with exact gradients. Where is it in the end, after"
    " thousands of steps?",
    options={
        "minimum": "at the minimum",
        "half": "jumping between −α/2 and α/2",
        "far": "jumping ever further",
    },
    right="half",
    line="You said {said}; it jumps between {claim:rmsprop-swings.high:.2f} and its negative, for ever.",
)

cancel = Predict(
    "cancel",
    PAGE,
    "Both moments start at zero, so in the first step both are small. On a slope of 1, with β₁ = 0.9 and β₂ = 0.999,"
    " how long is the first step, m/√v times α?",
    options={
        "one": "α: the two small numbers cancel",
        "tenth": "about α/10: m is small",
        "three": "about 3 α",
        "thirty": "about 30 α: v is small",
    },
    right="three",
    line="You said {said}; it is {first_neither} α, and the steps go on growing to {largest} α.",
    shows=("first_steps", {"gradient": 1, "beta1": 0.9, "beta2": 0.999}),
)

turn = Predict(
    "turn",
    PAGE,
    "Turn the valley by two degrees against the axes, and change nothing else. Which of the five methods will take"
    " a different path down the valley?",
    options={
        "none": "none: two degrees are nothing",
        "adaptive": "the three adaptive ones",
        "others": "gradient descent and momentum",
        "all": "all five",
    },
    right="adaptive",
    line="You said {said}; AdaGrad now needs {steps_AdaGrad} steps, RMSProp {steps_RMSProp} and Adam {steps_Adam}."
    " Momentum still needs {steps_Momentum}: it does not know the axes.",
    shows=("turned", {"angle": 2}),
)

rare = Predict(
    "rare",
    PAGE,
    "A slope pushes x to the left with size 3 in every third step, and to the right with size 1 in the other two."
    " On average it pushes to the left. Where does Adam go with a very short memory, β₁ = 0 and β₂ = 0.1?",
    options={"left": "to −1, as it should", "middle": "nowhere", "right": "to +1, the wrong end"},
    right="right",
    line="You said {said}; Adam ends at {Adam end}, AMSGrad at {AMSGrad end} and SGD at {SGD end}.",
    shows=("counterexample", {"C": 3.0, "beta2": 0.1}),
)

units = Predict(
    "units",
    PAGE,
    "Every pixel is multiplied by a factor of its own, drawn between about 1/30 and 30. Each method may choose its best"
    " rate anew. Whose training loss rises most?",
    options={
        "none": "nobody's: the first layer's weights can undo the factors",
        "momentum": "that of SGD and momentum",
        "adam": "Adam's",
        "all": "everybody's, by the same factor",
    },
    right="momentum",
    line="You said {said}; momentum's loss is {claim:units-hurt.momentum:.1f} times what it was, Adam's"
    " {claim:units-hurt.adam:.1f} times.",
)

# ---------------------------------------------------------------- A rate for each coordinate

first_adagrad = Number(
    "first_adagrad",
    PAGE,
    "AdaGrad takes its first step with α = 0.1. One coordinate's gradient is 100. How far does this coordinate move?",
    right=0.1,
    tolerance=0.001,
    confusions={
        10: "That is gradient descent's step, α·g. AdaGrad divides it by √s, and s is already g².",
        0.001: "You divided by g² itself. Take its root.",
        1: "That is g/√s. It is still multiplied by α.",
        0.01: "That is g/s. Take the root of s = 10,000, and multiply by α.",
    },
    otherwise="In the first step s = g², so √s = |g|.",
    why="s = g² = 10,000, so g/√s = 1, and the step is α, whatever the gradient.",
    others=(
        {
            "question": "AdaGrad takes its first step with α = 0.5. One coordinate's gradient is 20. How far does"
            " this coordinate move?",
            "right": 0.5,
            "tolerance": 0.005,
            "confusions": {
                10: "That is gradient descent's step, α·g. AdaGrad divides it by √s, and s is already g².",
                0.025: "You divided by g² itself. Take its root.",
                1: "That is g/√s. It is still multiplied by α.",
            },
            "why": "s = g² = 400, so g/√s = 1, and the step is α, whatever the gradient.",
        },
        {
            "question": "AdaGrad takes its first step with α = 0.2. One coordinate's gradient is 0.01. How far does"
            " this coordinate move?",
            "right": 0.2,
            "tolerance": 0.002,
            "confusions": {
                0.002: "That is gradient descent's step, α·g. AdaGrad divides it by √s, and s is already g².",
                20: "You divided by g² itself. Take its root.",
                1: "That is g/√s. It is still multiplied by α.",
            },
            "why": "s = g² = 0.0001, so g/√s = 1, and the step is α, whatever the gradient.",
        },
    ),
)

current = Choose(
    "current",
    PAGE,
    "A common mistake is to divide by the *present* gradient's size instead of √s. What does x do then?",
    options={
        "same": "the same: √s is about |g|",
        "alpha": "every step is ±α, in every coordinate",
        "zero": "it stands still: g/|g| is 0",
    },
    right="alpha",
    why={
        "same": "Only in the first step. Later s holds all squares so far, so √s is larger than |g|, and the steps "
        "are shorter than α.",
        "alpha": "g/|g| is the sign. Without the sum the steps never shrink, so such a method cannot settle.",
        "zero": "g/|g| is +1 or −1.",
    },
)

# ---------------------------------------------------------------- Over a long time

twice = Number(
    "twice",
    PAGE,
    "AdaGrad walks down a steady slope. After 10,000 steps it is some way from its start. After how many steps,"
    " counted from the start, is it twice as far, about?",
    right=40000,
    tolerance=500,
    confusions={
        20000: "That is a constant rate. AdaGrad's steps shrink like 1/√t.",
        80000: "The way grows like √t, so the steps grow like its square, not its cube.",
        30000: "That is how many *more* steps it takes. Count all of them.",
    },
    otherwise="The way after t steps is about 2α√t.",
    why="The way grows like √t: twice the way takes four times the steps.",
)

which_trap = Choose(
    "which_trap",
    PAGE,
    "Which saddle does AdaGrad take very long to leave, at a small α?",
    options={
        "upright": "one whose steep ridge lies along an axis",
        "across": "one whose steep ridge lies at an angle to both axes",
        "every": "every saddle",
    },
    right="across",
    why={
        "upright": "There the steepness is in one coordinate's sum alone. The way out has a small sum of its own.",
        "across": "Then both sums hold the steep gradients, and the way out is taken at rates made for the ridge.",
        "every": "Not one whose ridge lies along an axis: at α = 0.1 it leaves that after 7 steps, and gradient descent"
        " after 67.",
    },
)

# ---------------------------------------------------------------- Forgetting

rms_first = Number(
    "rms_first",
    PAGE,
    "RMSProp starts with s = 0 and keeps δ = 0.96 of it. How long is its first step, in units of α?",
    right=5,
    tolerance=0.05,
    confusions={
        1: "That would be AdaGrad, or δ in place of 1 − δ. After one step s is only the share 1 − δ of g².",
        25: "You forgot the root: s = 0.04 g², and √s = 0.2 |g|.",
        0.2: "That is √s/|g|. The step divides by it.",
        10: "That would be δ = 0.99.",
    },
    otherwise="After the first gradient, s = (1 − δ) g².",
    why="s = 0.04 g², so the step is α/√0.04 = 5 α.",
    others=(
        {
            "question": "RMSProp starts with s = 0 and keeps δ = 0.99 of it. How long is its first step, in units of"
            " α?",
            "right": 10,
            "confusions": {
                1: "That would be AdaGrad, or δ in place of 1 − δ. After one step s is only the share 1 − δ of g².",
                100: "You forgot the root: s = 0.01 g², and √s = 0.1 |g|.",
                0.1: "That is √s/|g|. The step divides by it.",
            },
            "why": "s = 0.01 g², so the step is α/√0.01 = 10 α.",
        },
        {
            "question": "RMSProp starts with s = 0 and keeps δ = 0.75 of it. How long is its first step, in units of"
            " α?",
            "right": 2,
            "confusions": {
                1: "That would be AdaGrad. After one step s is only the share 1 − δ of g².",
                4: "You forgot the root: s = 0.25 g², and √s = 0.5 |g|.",
                0.5: "That is √s/|g|. The step divides by it.",
                10: "That would be δ = 0.99.",
            },
            "why": "s = 0.25 g², so the step is α/√0.25 = 2 α.",
        },
    ),
)

smaller_swing = Choose(
    "smaller_swing",
    PAGE,
    "RMSProp swings around the minimum of a bowl without noise. What makes the swing smaller?",
    options={
        "wait": "more steps",
        "rate": "a lower α",
        "scale": "a loss multiplied by 1/100",
        "decay": "δ = 0.9 in place of 0.99",
    },
    right="rate",
    why={
        "wait": "In the swing, s is steady and every step is α long. It goes on like that.",
        "rate": "The swing has the size α/2. Lower α towards the end of training.",
        "scale": "Gradients and √s are then both divided by 100: the steps stay the same.",
        "decay": "In the swing all gradients have one size, and every mean of their squares is that size squared.",
    },
)

# ---------------------------------------------------------------- Adam

other_beta = Number(
    "other_beta",
    PAGE,
    "Without correction, with β₁ = 0.9 and β₂ = 0.99: how long is the first step on a steady slope, in units of α?",
    right=1,
    tolerance=0.02,
    confusions={
        3.16: "That is β₂ = 0.999. Put 0.99 into (1 − β₁)/√(1 − β₂).",
        10: "You forgot m: it is only a tenth of the slope.",
        0.1: "You forgot v: its root is only a tenth of the slope, too.",
    },
    otherwise="The first step is (1 − β₁)/√(1 − β₂).",
    why="0.1/√0.01 = 1. With these betas the two moments do cancel, in this first step only.",
)

one_moment = Choose(
    "one_moment",
    PAGE,
    "A program corrects m, and forgets v. How long is its first step, at the usual betas?",
    options={
        "right": "right, for its direction comes from m",
        "long": "about thirty times too long",
        "short": "a tenth of what it should be",
        "three": "about three times too long",
    },
    right="long",
    why={
        "right": "The direction is right. The length is not, for v is still close to zero.",
        "long": "With m corrected, the first step is α/√(1 − β₂) = 31.6 α.",
        "short": "That is the reverse: v corrected, and m forgotten.",
        "three": "That is neither corrected. The small m then makes up for a part of it.",
    },
)

t_two = Number(
    "t_two",
    PAGE,
    "A loop counts t twice per step, so that Adam's first step uses t = 2 in both corrections. The corrected m is then"
    " 0.1 g/0.19. With β₂ = 0.999, how long is the step, in units of α?",
    right=0.744,
    tolerance=0.006,
    confusions={
        1: "That is t = 1. With t = 2, both moments are divided by too much.",
        0.526: "That is m alone. v is divided by too much as well: √(0.001/0.001999).",
        1.05: "You left out a root: it is 0.526/√0.5, not 0.526/0.5.",
        3.16: "That is without correction.",
    },
    otherwise="Divide 0.1/0.19 by √(0.001/0.001999).",
    why="0.526/√0.5 = 0.744. From the ninth step on they are too long, by up to 1.4 times, and nobody notices.",
)

# ---------------------------------------------------------------- Epsilon

eps_inside = Number(
    "eps_inside",
    PAGE,
    "All gradients of a coordinate are about 1e-5. Somebody writes √(v + 1e-8), with ε inside the root. How long are"
    " the steps, in units of α?",
    right=0.1,
    tolerance=0.006,
    confusions={
        1: "Outside the root, yes, nearly. Inside, ε is compared with v = 1e-10, and is a hundred times as large.",
        0.001: "You took 1e-5 against ε = 1e-8 without its root. √1e-8 is 1e-4.",
    },
    otherwise="√(1e-10 + 1e-8) is about 1e-4.",
    why="√v = 1e-5, but √(1e-10 + 1e-8) is about 1e-4: the steps are a tenth of what they should be.",
)

# ---------------------------------------------------------------- A turned valley

knows_axes = Choose(
    "knows_axes",
    PAGE,
    "Why does turning a valley not change momentum's path in it?",
    options={
        "sums": "its steps are sums of gradients, and sums turn with the valley",
        "small": "it does change, but too little to be seen",
        "memory": "its velocity remembers the direction of the valley",
    },
    right="sums",
    why={
        "sums": "Turned gradients have a turned sum. Only work on single coordinates, such as √s, sees the axes.",
        "small": "It does not change at all, up to rounding.",
        "memory": "Gradient descent has no memory, and does not change either.",
    },
)

# ---------------------------------------------------------------- Noise, and rare gradients

cure = Choose(
    "cure",
    PAGE,
    "In every third step a slope pushes x to the left with size 3, in the others to the right with size 1. Adam with"
    " β₁ = 0 and β₂ = 0.1 goes to the right. Which change makes it go to the left?",
    options={
        "shorter": "a shorter memory, β₂ = 0.05",
        "longer": "a longer memory, β₂ = 0.9",
        "rate": "ten times the rate",
    },
    right="longer",
    why={
        "shorter": "Then the small slopes are divided by nearly nothing but their own size, and win more clearly.",
        "longer": "The mean then still knows the large slope when the small ones come, and divides them by it, too.",
        "rate": "The rate multiplies all three pushes. Their sum keeps its sign.",
    },
)
