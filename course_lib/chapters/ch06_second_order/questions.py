"""The questions of chapter 6, *Second-order methods*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "06_second_order"

# ---------------------------------------------------------------- predictions

how_many = Predict(
    "how_many",
    PAGE,
    "On Rosenbrock's curved valley, from (−1.2, 1), momentum takes 850 steps until no component of the gradient exceeds"
    " a millionth; that is at the best of 41 rates. Newton's method has no rate. How many steps does it take?",
    options={"few": "fewer than ten", "tenth": "about a tenth, 85", "half": "about half, 400"},
    right="few",
    line="You said {said}; it takes {steps} steps, and nothing was tuned.",
    shows=(
        "newton",
        {
            "on": "Rosenbrock",
            "start": [-1.2, 1],
            "place": "newton-valley",
            "caption": "Newton's path through Rosenbrock's valley: six steps, and one of them leads far out. The colour"
            " says that all starts end in the minimum.",
        },
    ),
)

uphill = Predict(
    "uphill",
    PAGE,
    "Put the point at x = 0.35, right of the hill's top at 0. The curve falls to the right there, and bends downwards:"
    " its curvature is negative. Where does one step lead, to where the parabola is flat?",
    options={
        "right": "down to the right, into the valley",
        "left": "up to the left, to near the top",
        "stay": "nowhere",
    },
    right="left",
    line="You said {said}; with the curvature {curvature} the step is {step}, to x = {after}, and the loss changes by"
    " {rise}.",
    shows=("model", {"x": 0.35, "damping": 0}),
)

top = Predict(
    "top",
    PAGE,
    "Himmelblau's function has four minima, four saddles between them, and one hilltop. Newton starts near the top, on"
    " the slope. Where does it end?",
    options={"minimum": "in the nearest minimum", "saddle": "in a saddle", "top": "on the top"},
    right="top",
    line="You said {said}; where it ends, after {steps} steps, is the {end}: the loss rises from {before} to {after}.",
    shows=("newton", {"on": "Himmelblau", "start": [-0.5, 0.3]}),
)

damped = Predict(
    "damped",
    PAGE,
    "Add λ = 10 to every curvature of Himmelblau's function. In what does Newton still end, from all over the plane?",
    options={
        "all": "in minima, saddles and on the top",
        "two": "in minima and saddles",
        "minima": "in minima alone",
    },
    right="two",
    line="You said {said}; {minima} % of all starts end in a minimum, {saddles} % in a saddle, {tops} % on the top.",
    shows=(
        "newton",
        {
            "on": "Himmelblau",
            "start": [-0.5, 0.3],
            "damping": 10,
            "place": "newton-damped",
            "caption": "The same map with λ added to every curvature: the larger λ, the fewer starts end in a saddle.",
        },
    ),
)

one_pair = Predict(
    "one_pair",
    PAGE,
    "L-BFGS minimizes the digits' loss, until it is within a millionth of the lowest. How many steps does it take if it"
    " keeps only the last pair (s, y), compared with the last thirty?",
    options={"same": "as many", "double": "more, but less than twice as many", "ten": "more than ten times as many"},
    right="double",
    line="You said {said}; it takes {claim:memory.one} steps with one pair, {claim:memory.thirty} with thirty.",
)

ask_more = Predict(
    "ask_more",
    PAGE,
    "A line search halves its step until the loss falls by a share c₁ of what the slope promises. You raise c₁ from"
    " 0.0001 to 0.9. What becomes of the step that is accepted?",
    options={"longer": "it is longer, for more is asked", "same": "it is the same", "shorter": "it is much shorter"},
    right="shorter",
    line="You said {said}; after {count} trials a step of {a} is accepted, where before the first trial was.",
    shows=("search", {"on": "Himmelblau", "start": [-4, -0.5], "first": 2, "c1": 0.9}),
)

half_data = Predict(
    "half_data",
    PAGE,
    "L-BFGS gets a new random batch of 700 of the 1,437 digits whenever it evaluates the loss or its gradient: about"
    " half of all examples. What happens?",
    options={
        "fine": "nearly what happens with all examples",
        "slow": "it needs about twice as many steps",
        "stops": "it stops by itself, far from the minimum",
    },
    right="stops",
    line="You said {said}; after {steps} steps its line search finds no lower point, and it stops at an excess loss of"
    " {end_fresh}.",
    shows=("batches", {"batch": 700, "seed": 0}),
)

# ---------------------------------------------------------------- The quadratic model

one_step = Number(
    "one_step",
    PAGE,
    "The loss is x⁴. Where does one Newton step from x = 3 lead?",
    right=2,
    tolerance=0.01,
    confusions={
        4: "That is the other way: the step is minus the slope over the curvature.",
        0: "The minimum is there, but the loss is no parabola, and its model only touches it at 3.",
        -105: "That is a step of gradient descent with rate 1. Divide the slope by the curvature.",
    },
    otherwise="The slope is 4x³, the curvature 12x².",
    why="Slope 108, curvature 108: the step is −1. Each step takes a third of x off.",
)

# ---------------------------------------------------------------- Attracted by all that is flat

along = Number(
    "along",
    PAGE,
    "At a point the Hessian has the eigenvalues 4 and −2; along the two eigenvectors the slopes are 8 and 2. What is"
    " Newton's step along the second?",
    right=1,
    tolerance=0.01,
    confusions={
        -1: "That would go down, as with the curvature's absolute value. Newton divides by −2 itself.",
        -2: "That is along the first: −8/4.",
        -4: "You multiplied by the curvature. Newton divides by it.",
    },
    otherwise="Along each eigenvector the step is −slope/curvature.",
    why="−2/(−2) = 1: up the slope, towards where the model is flat.",
)

# ---------------------------------------------------------------- Damping

enough = Number(
    "enough",
    PAGE,
    "A saddle has the curvatures 6 and −8. Above which damping λ does it no longer attract Newton's steps?",
    right=4,
    tolerance=0.01,
    confusions={
        8: "Above 8 every curvature plus λ is positive, and each step leads down. But the saddle lets go before.",
        3: "That is half of 6. Along a positive curvature the factor λ/(c + λ) is always below 1.",
        6: "The positive curvature always attracts. Look at −8.",
    },
    otherwise="Ask where λ/(c + λ) is −1, with c = −8.",
    why="The factor λ/(−8 + λ) has a size above 1 from λ = 4 on.",
)

# ---------------------------------------------------------------- Cost

hessian_bytes = Number(
    "hessian_bytes",
    PAGE,
    "A network has 100,000 weights, and a number takes 8 bytes. How many gigabytes (10⁹ bytes) does its Hessian take?",
    right=80,
    tolerance=1,
    confusions={
        0.0008: "That is the gradient. The Hessian has n² entries.",
        40: "That is one half of the symmetric matrix, which would do. Asked is all of it.",
        8000: "That is a million weights… squared, times 8. Here there are 10⁵.",
    },
    otherwise="10⁵ times 10⁵ entries, 8 bytes each.",
    why="10¹⁰ entries of 8 bytes.",
)

# ---------------------------------------------------------------- BFGS

secant = Number(
    "secant",
    PAGE,
    "In one dimension: at x = 1 the gradient is 5, at x = 3 it is 9. Which H, the estimate of one over the curvature,"
    " satisfies the secant condition?",
    right=0.5,
    tolerance=0.01,
    confusions={
        2: "That is y/s, the curvature. H is its inverse.",
        3: "Take differences: of the places and of the gradients.",
        -0.5: "Both differences are taken the same way round: 3 − 1 and 9 − 5.",
    },
    otherwise="H y = s, with s = 3 − 1 and y = 9 − 5.",
    why="s = 2, y = 4, H = s/y.",
    others=(
        {
            "question": "In one dimension: at x = 2 the gradient is 3, at x = 6 it is 5. Which H, the estimate of"
            " one over the curvature, satisfies the secant condition?",
            "right": 2,
            "confusions": {
                0.5: "That is y/s, the curvature. H is its inverse.",
                -2: "Both differences are taken the same way round: 6 − 2 and 5 − 3.",
            },
            "otherwise": "H y = s, with s = 6 − 2 and y = 5 − 3.",
            "why": "s = 4, y = 2, H = s/y.",
        },
        {
            "question": "In one dimension: at x = 1 the gradient is 2, at x = 2 it is 6. Which H, the estimate of"
            " one over the curvature, satisfies the secant condition?",
            "right": 0.25,
            "confusions": {
                4: "That is y/s, the curvature. H is its inverse.",
                -0.25: "Both differences are taken the same way round: 2 − 1 and 6 − 2.",
            },
            "otherwise": "H y = s, with s = 2 − 1 and y = 6 − 2.",
            "why": "s = 1, y = 4, H = s/y.",
        },
    ),
)

# ---------------------------------------------------------------- Line search

too_short = Choose(
    "too_short",
    PAGE,
    "Any step that is short enough satisfies Armijo's condition. What keeps a Wolfe search from accepting a step of"
    " a billionth?",
    options={
        "armijo": "Armijo's condition, with a larger c₁",
        "curvature": "the curvature condition: the slope there is still steep",
        "nothing": "nothing: it begins with 1 and halves",
    },
    right="curvature",
    why={
        "armijo": "On a smooth loss a step that is short enough keeps nearly all of the promise, whatever c₁ < 1 is.",
        "curvature": "After a tiny step the slope is what it was, and not at most c₂ times as steep.",
        "nothing": "That is backtracking. A Wolfe search also lengthens the step.",
    },
)

# ---------------------------------------------------------------- The family

which_method = Choose(
    "which_method",
    PAGE,
    "A logistic regression has 5,000 weights and 20,000 examples; all its gradients together take 10 ms. What do you"
    " try first?",
    options={"adam": "Adam, batches of 32", "newton": "Newton", "lbfgs": "L-BFGS, all examples"},
    right="lbfgs",
    why={
        "adam": "It will get there. But you would tune a rate, and a schedule, for a loss that can be had exactly.",
        "newton": "Its Hessian has 25 million entries. To make it and solve takes some 10¹² operations a step, as"
        " thousands of gradients do.",
        "lbfgs": "The full batch fits, nothing is random, and some hundred evaluations take a second or two.",
    },
)
