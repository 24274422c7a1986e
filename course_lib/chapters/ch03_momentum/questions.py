"""The questions of chapter 3, *Momentum and Nesterov*: predictions in the order of the text, then self-checks.

Symbols as there: velocity v, gradient g, rate α, momentum ρ, curvature λ.
"""

from course_lib.questions import Choose, Number, Predict

PAGE = "03_momentum"

# ---------------------------------------------------------------- predictions

memory = Predict(
    "memory",
    PAGE,
    "You give gradient descent a memory: at each step it repeats four fifths of its last step, and adds the new one."
    " Same rate, same loss. How many steps will it need to divide the loss by 1000?",
    options={"more": "more: it overshoots", "same": "about as many", "half": "about half", "fifth": "about a fifth"},
    right="fifth",
    line="You said {said}; it was {steps_Momentum} steps against {steps_SGD}, about a fifth.",
    shows=("race", {"kappa": 100, "lr": 1.3, "rho": 0.8}),
)

four_rules = Predict(
    "four_rules",
    PAGE,
    "One of the four rules is momentum, one is gradient descent in disguise, and two walk uphill."
    " Which one is momentum?",
    options={"A": "A", "B": "B", "C": "C", "D": "D"},
    right="D",
    line="You said {said}; it is D. A and C walk uphill. B never uses its velocity: it is gradient descent.",
)

slowest = Predict(
    "slowest",
    PAGE,
    "At α = 0.9 and without momentum, the error falls to a millionth within ten steps in the steepest direction, and in"
    " over a thousand in the flattest one. Set ρ = 0.99 at the same α. Which direction is now the slowest?",
    options={
        "flattest": "still the flattest, λ = 1/κ",
        "steepest": "the steepest, λ = 1",
        "none": "none: all are equally slow",
    },
    right="none",
    line="You said {said}; each step multiplies the error by {shallow} in the flattest direction, and by {steep} in the"
    " steepest. All five stall alike.",
    shows=("eigen", {"kappa": 100, "lr": 0.9, "rho": 0.99}),
)

too_fast = Predict(
    "too_fast",
    PAGE,
    "Nesterov momentum looks ahead before it steps. Raise the rate in the ravine to α = 1.5, with ρ = 0.8."
    " Which method explodes first?",
    options={"SGD": "gradient descent", "Momentum": "momentum", "Nesterov": "Nesterov", "none": "none of them"},
    right="Nesterov",
    line="You said {said}; Nesterov explodes, for its limit is the lowest. Momentum has a thousandth of the loss after"
    " {steps_Momentum} steps, gradient descent after {steps_SGD}.",
    shows=(
        "race",
        {
            "place": "race-too-fast",
            "caption": "At α = 1.5 gradient descent and momentum arrive, and Nesterov momentum leaves the picture.",
            "kappa": 100,
            "lr": 1.5,
            "rho": 0.8,
        },
    ),
)

tremble = Predict(
    "tremble",
    PAGE,
    "At α = 0.05, SGD trembles around the minimum, for its gradients are noisy. You add ρ = 0.9 and change nothing"
    " else. Will it tremble less, as much, or more?",
    options={"less": "less", "same": "as much", "more": "more"},
    right="more",
    line="You said {said}; the variance is {Momentum variance} with momentum and {SGD variance} without:"
    " {ratio:.0f} times as large.",
    shows=("noise", {"lr": 0.05, "rho": 0.9}),
)

ridge = Predict(
    "ridge",
    PAGE,
    "Three methods start exactly on the ridge of a saddle, at y = 0. Does momentum carry one across the saddle point"
    " and down?",
    options={
        "momentum": "yes: it carries momentum and Nesterov down",
        "late": "yes, but it takes long",
        "never": "no: none of them ever gets down",
    },
    right="never",
    line="You said {said}; all three end at the saddle point. On the ridge no gradient points off it, and a sum of"
    " zeros is zero.",
    shows=(
        "race",
        {
            "place": "race-ridge",
            "caption": "Exactly on the ridge, y = 0, no method ever leaves it; a little beside it, all three do.",
            "surface": "saddle",
            "start": (1.0, 0.0),
        },
    ),
)

side = Predict(
    "side",
    PAGE,
    "SGD, momentum and Nesterov train the same network at seven rates. Against what will their lines coincide?",
    options={
        "left": "the rate α",
        "right": "the effective rate α/(1 − ρ)",
        "neither": "neither of them",
    },
    right="right",
    line="You said {said}; they nearly coincide against the effective rate, until SGD fails.",
)

# ---------------------------------------------------------------- A velocity

gain = Number(
    "gain",
    PAGE,
    "A slope stays at 1, and ρ = 0.8. To what velocity v does momentum, v ← ρv + g, grow?",
    right=5,
    tolerance=0.02,
    confusions={
        1: "That is a running mean. Here v is a *sum*: each old gradient is kept with the weight ρ, ρ², and so on.",
        0.8: "That is ρ, the share that is kept at each step, not what adds up.",
        1.8: "That is the velocity after two steps, 1 + ρ. It goes on growing.",
        0.556: "That is 1/(1 + ρ), for a slope that flips at each step. This one is steady.",
    },
    otherwise="Add up the weights: 1 + ρ + ρ² + … is a geometric series.",
    why="The weights 1 + ρ + ρ² + … add up to 1/(1 − ρ).",
    others=(
        {
            "question": "A slope stays at 1, and ρ = 0.75. To what velocity v does momentum, v ← ρv + g, grow?",
            "right": 4,
            "confusions": {
                1: "That is a running mean. Here v is a *sum*: each old gradient is kept with the weight ρ, ρ², and"
                " so on.",
                0.75: "That is ρ, the share that is kept at each step, not what adds up.",
                1.75: "That is the velocity after two steps, 1 + ρ. It goes on growing.",
                0.571: "That is 1/(1 + ρ), for a slope that flips at each step. This one is steady.",
            },
        },
        {
            "question": "A slope stays at 2, and ρ = 0.9. To what velocity v does momentum, v ← ρv + g, grow?",
            "right": 20,
            "tolerance": 0.05,
            "confusions": {
                2: "That is a running mean. Here v is a *sum*: each old gradient is kept with the weight ρ, ρ², and"
                " so on.",
                10: "That is for a slope of 1.",
                3.8: "That is the velocity after two steps, 2(1 + ρ). It goes on growing.",
            },
            "why": "The weights 1 + ρ + ρ² + … add up to 1/(1 − ρ) = 10, and the slope is 2.",
        },
    ),
)

friction = Choose(
    "friction",
    PAGE,
    "ρ is sometimes called the friction. What happens to the friction when ρ rises from 0.9 to 0.99?",
    options={"more": "It grows by a tenth.", "less": "It falls to a tenth.", "same": "It stays, only v grows."},
    right="less",
    why={
        "more": "That takes the name at its word. But ρ is the share of the velocity that is *kept*.",
        "less": "Friction is what is lost, 1 − ρ: it falls from 0.1 to 0.01.",
        "same": "v does grow, but because less of it is lost at each step: 1 − ρ is the friction.",
    },
)

effective = Number(
    "effective",
    PAGE,
    "You train with α = 0.02 and ρ = 0.99. What is the effective rate along a steady slope?",
    right=2,
    tolerance=0.005,
    confusions={
        0.02: "That is α, the rate of the first step. Then the velocity grows.",
        0.2: "That would be ρ = 0.9. Here 1 − ρ is 0.01.",
        0.0002: "You multiplied by 1 − ρ. The velocity grows by the factor 1/(1 − ρ), so divide.",
        0.0398: "That is α(1 + ρ). Only the first two steps add up to it.",
    },
    otherwise="The effective rate is α/(1 − ρ).",
    why="α/(1 − ρ) = 0.02/0.01. A small α can be a large rate.",
    others=(
        {
            "question": "You train with α = 0.2 and ρ = 0.95. What is the effective rate along a steady slope?",
            "right": 4,
            "confusions": {
                0.2: "That is α, the rate of the first step. Then the velocity grows.",
                2: "That would be ρ = 0.9. Here 1 − ρ is 0.05.",
                0.01: "You multiplied by 1 − ρ. The velocity grows by the factor 1/(1 − ρ), so divide.",
                0.39: "That is α(1 + ρ). Only the first two steps add up to it.",
            },
            "why": "α/(1 − ρ) = 0.2/0.05. A small α can be a large rate.",
        },
        {
            "question": "You train with α = 0.05 and ρ = 0.9. What is the effective rate along a steady slope?",
            "right": 0.5,
            "tolerance": 0.002,
            "confusions": {
                0.05: "That is α, the rate of the first step. Then the velocity grows.",
                5: "That would be ρ = 0.99. Here 1 − ρ is 0.1.",
                0.095: "That is α(1 + ρ). Only the first two steps add up to it.",
            },
            "why": "α/(1 − ρ) = 0.05/0.1. A small α can be a large rate.",
        },
    ),
)

# ---------------------------------------------------------------- Four rules

mean_form = Number(
    "mean_form",
    PAGE,
    "A run keeps a mean, v ← ρv + (1 − ρ)g and x ← x − αv, with α = 1 and ρ = 0.9. With which α does the sum,"
    " v ← ρv + g, walk the same path?",
    right=0.1,
    tolerance=0.001,
    confusions={
        1: "Then every step is ten times as long: the sum is 1/(1 − ρ) times the mean.",
        10: "That is the other way round. The sum is ten times as large as the mean, so its rate is a tenth.",
        0.9: "That is αρ. The two velocities differ by the factor 1 − ρ.",
    },
    otherwise="Compare the velocities: the sum is 1/(1 − ρ) times the mean.",
    why="The sum is ten times as large as the mean, so a tenth of the rate gives the same steps.",
)

drop = Choose(
    "drop",
    PAGE,
    "In mid-run you divide α by 10. In which form does the *next* step at once become about ten times shorter?",
    options={
        "outside": "v ← ρv + g, x ← x − αv",
        "inside": "v ← ρv − αg, x ← x + v",
        "both": "in both: they walk the same path",
    },
    right="outside",
    why={
        "outside": "The new α multiplies the whole velocity, the old part of it, too.",
        "inside": "Old gradients are in v with the old α, and only fade with ρ: about 1/(1 − ρ) steps are still long.",
        "both": "They walk the same path as long as α is constant. Here it changes.",
    },
)

# ---------------------------------------------------------------- Every direction on its own

regime_of = Choose(
    "regime_of",
    PAGE,
    "Curvature λ = 0.01, rate α = 1, momentum ρ = 0.5. What does the error in this direction do?",
    options={
        "overdamped": "It creeps.",
        "critical": "It is critical.",
        "ringing": "It rings.",
        "divergent": "It grows.",
    },
    right="overdamped",
    why={
        "overdamped": "The critical ρ is (1 − √(αλ))² = 0.81, and 0.5 is less: there is too much friction.",
        "critical": "That needs ρ = (1 − √(αλ))². With √(αλ) = 0.1 it is 0.81.",
        "ringing": "It rings above ρ = (1 − √(αλ))² = 0.81. Is 0.5 more or less than that?",
        "divergent": "That needs αλ ≥ 2(1 + ρ) = 3. Here αλ is 0.01.",
    },
)

ringing_rate = Number(
    "ringing_rate",
    PAGE,
    "A direction rings with ρ = 0.81. By what factor does its error shrink per step?",
    right=0.9,
    tolerance=0.002,
    confusions={
        0.81: "That is the *product* of the two roots. They are conjugates, so each has the size √ρ.",
        0.19: "That is 1 − ρ, the friction: what the velocity loses.",
        0.1: "That is 1 − √ρ, the share that the error loses per step. The factor is what remains.",
    },
    otherwise="While it rings, the two roots are conjugates whose product is ρ.",
    why="Two conjugate roots with the product ρ have the size √ρ, whatever α and λ are.",
    others=(
        {
            "question": "A direction rings with ρ = 0.64. By what factor does its error shrink per step?",
            "right": 0.8,
            "confusions": {
                0.64: "That is the *product* of the two roots. They are conjugates, so each has the size √ρ.",
                0.36: "That is 1 − ρ, the friction: what the velocity loses.",
                0.2: "That is 1 − √ρ, the share that the error loses per step. The factor is what remains.",
            },
        },
        {
            "question": "A direction rings with ρ = 0.49. By what factor does its error shrink per step?",
            "right": 0.7,
            "confusions": {
                0.49: "That is the *product* of the two roots. They are conjugates, so each has the size √ρ.",
                0.51: "That is 1 − ρ, the friction: what the velocity loses.",
                0.3: "That is 1 − √ρ, the share that the error loses per step. The factor is what remains.",
            },
        },
    ),
)

speedup = Number(
    "speedup",
    PAGE,
    "κ rises from 100 to 10,000. About how many times the steps does momentum need, each time at its best settings?",
    right=10,
    tolerance=2.5,
    confusions={
        100: "That is gradient descent, whose steps grow like κ. Momentum's grow like √κ.",
        1: "Momentum depends on κ, too, but only through its root.",
        50: "That is half of the ratio. The *root* of it counts.",
    },
    otherwise="Its steps grow like √κ.",
    why="Steps grow like √κ, and √10,000 / √100 = 10. Gradient descent would need 100 times as many.",
)

# ---------------------------------------------------------------- Look before you step

where = Choose(
    "where",
    PAGE,
    "Nesterov momentum keeps the point p and the velocity v. Where does it measure the gradient?",
    options={
        "here": "at p",
        "ahead": "at p − αρv, and then steps from p",
        "moved": "at p − αρv, and then steps from there",
        "last": "at the point before p",
    },
    right="ahead",
    why={
        "here": "That is the heavy ball. Nesterov measures where the velocity is about to carry it.",
        "ahead": "The look-ahead is a place to measure. Nothing is stored there.",
        "moved": "The look-ahead is no step. Stepping from there would apply the velocity twice.",
        "last": "That would look back. Nesterov looks ahead along the velocity.",
    },
)

nesterov_limit = Number(
    "nesterov_limit",
    PAGE,
    "The largest curvature is λ = 1, and ρ = 0.5. Below which rate α is Nesterov momentum stable?",
    right=1.5,
    tolerance=0.005,
    confusions={
        3: "That is the heavy ball's limit, 2(1 + ρ). Looking ahead lowers it.",
        2: "That is the limit of gradient descent. Nesterov's is lower still.",
        1: "That is the rate of the guarantee, α = 1/λ. Somewhat larger rates are stable, too.",
    },
    otherwise="Its limit is αλ = 2(1 + ρ)/(1 + 2ρ).",
    why="2(1 + ρ)/(1 + 2ρ) = 3/2. The heavy ball's limit is 3.",
)

# ---------------------------------------------------------------- What momentum does to noise

floor = Choose(
    "floor",
    PAGE,
    "A loss has stopped falling at its noise floor, at a small α. What lowers the floor?",
    options={
        "rho": "raise ρ from 0.9 to 0.99",
        "both": "raise ρ to 0.99 and divide α by 10",
        "lr": "keep ρ and divide α by 10",
        "wait": "train longer",
    },
    right="lr",
    why={
        "rho": "That smooths the path, but the effective rate α/(1 − ρ) grows ten times, and the floor with it.",
        "both": "Then α/(1 − ρ) stays as it was, and so does the floor.",
        "lr": "The floor is set by α/(1 − ρ), which is now a tenth.",
        "wait": "On the floor, each step's noise undoes what the gradient gains. More steps do not lower it.",
    },
)

floor_size = Number(
    "floor_size",
    PAGE,
    "For small α, SGD settles with the variance 0.005. You add ρ = 0.8 and keep α. What is the variance now, about?",
    right=0.025,
    tolerance=0.001,
    confusions={
        0.005: "That would be the same effective rate. Here α stays, so α/(1 − ρ) is five times as large.",
        0.001: "You multiplied by 1 − ρ, as if momentum averaged the noise. The variance grows with α/(1 − ρ).",
        0.009: "That is 1 + ρ times as much. Add up all the weights, not two of them.",
        0.05: "That would be ρ = 0.9. Here 1 − ρ is 0.2.",
        0.125: "You squared the factor. The variance grows like α/(1 − ρ) itself.",
    },
    otherwise="The floor is that of SGD at the effective rate α/(1 − ρ).",
    why="It is the floor of SGD at the rate α/(1 − ρ) = 5α.",
)

# ---------------------------------------------------------------- Saddles and bumps

near_ridge = Choose(
    "near_ridge",
    PAGE,
    "Near a ridge, momentum with α = 0.01 and ρ = 0.9 leaves a saddle several times sooner than gradient"
    " descent with α = 0.01. How could gradient descent leave as soon?",
    options={
        "rate": "with α = 0.1",
        "noise": "only with noise",
        "never": "it cannot: it has no velocity",
    },
    right="rate",
    why={
        "rate": "What counts is the effective rate, and 0.1 is momentum's.",
        "noise": "Noise helps exactly *on* the ridge. Near it, the gradient points off it already.",
        "never": "Gradient descent leaves, too: its distance from the ridge grows each step, faster at larger rates.",
    },
)
