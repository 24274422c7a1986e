"""The questions of chapter 9, *Penalties*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "09_penalties"

# ---------------------------------------------------------------- predictions

by_heart = Predict(
    "by_heart",
    PAGE,
    "A network with 64 hidden units trains on 300 digits for 100 epochs. The labels of 30 % of them are wrong. What"
    " share of these 300 labels does it reproduce in the end?",
    options={
        "right": "about 70 %: the right ones",
        "some": "about 85 %",
        "all": "more than 95 %, nearly all of the wrong ones too",
    },
    right="all",
    line="You said {said}; it reproduces {claim:by-heart.train:.1f} % of them, and classifies"
    " {claim:by-heart.test:.1f} % of new digits correctly.",
)

believed = Predict(
    "believed",
    PAGE,
    "The network gets an L2 penalty, and of nine strengths λ you take the one that is best on the test digits. What"
    " share of its training labels does it reproduce then? (30 % of them are wrong.)",
    options={"all": "still more than 95 %", "right": "about 70 %", "few": "about 50 %"},
    right="right",
    line="You said {said}; at λ = {lam} it reproduces {at_train} % of its labels, and classifies {at_test} % of the"
    " test digits correctly.",
    shows=("strength", {"kind": "L2", "lam": 0.02, "wrong": "30"}),
)

corner = Predict(
    "corner",
    PAGE,
    "Two weights. The loss alone is least at (2, 0.6), and each weight has its own part of it. Now λ|w₁| + λ|w₂| is"
    " added, and λ rises from 0 to 1. What does the smaller weight, w₂, do?",
    options={
        "never": "it falls towards 0, but never gets there",
        "zero": "it gets to 0, and stays there, while w₁ is still large",
        "together": "it gets to 0 at the same λ as w₁",
    },
    right="zero",
    line="You said {said}; at λ = {lam} the smaller weight is {w2}, and the larger one {w1}.",
    shows=("geometry", {"kind": "L1", "lam": 1.0, "c": 0.0}),
)

twins = Predict(
    "twins",
    PAGE,
    "The same loss minimum, (2, 0.6), but the two inputs are now nearly the same: their correlation is 0.9. There is an"
    " L2 penalty with λ = 1. What becomes of the smaller weight, 0.6?",
    options={"shrinks": "it shrinks to about 0.3", "stays": "it stays about 0.6", "grows": "it grows"},
    right="grows",
    line="You said {said}; the two weights become {claim:twins.first:.2f} and {claim:twins.second:.2f}.",
)

exact = Predict(
    "exact",
    PAGE,
    "Twenty weights, of which the data want fourteen at 0. The loss has an L1 penalty, and gradient descent makes 200"
    " steps. How many weights are exactly 0 then?",
    options={"fourteen": "fourteen", "half": "about half of the fourteen", "none": "none"},
    right="none",
    line="You said {said}; {zeros} weights are exactly zero, and the largest of the fourteen is still {largest}.",
    shows=("shrink", {"how": "subgradient", "lr": 0.2, "lam": 0.3}),
)

stops = Predict(
    "stops",
    PAGE,
    "No penalty. Gradient descent starts at 0, in a bowl with curvature 1 in one direction and 0.01 in the other. The"
    " rate is 0.5, and it stops after 20 steps. How far has it come?",
    options={
        "alike": "equally far in both directions",
        "steep": "all the way in the steep direction, a tenth of the way in the flat one",
        "flat": "all the way in the flat direction, a tenth of the way in the steep one",
    },
    right="steep",
    line="You said {said}; in the flat direction it has gone {share_flat} % of the way, and a penalty with λ = {lam}"
    " would have left it at {share_ridge} %.",
    shows=("stopping", {"t": 20, "lr": 0.5, "h": 0.01}),
)

intercept = Predict(
    "intercept",
    PAGE,
    "You fit a line with an intercept to targets near 100, and the input has mean 0. By mistake L2 with λ = 1 is on"
    " all parameters, the intercept included; the loss is half the mean squared error. Where does the intercept end?",
    options={"near": "at about 100", "little": "at about 90", "half": "at about 50"},
    right="half",
    line="You said {said}; it ends at {claim:intercept.penalized:.0f}, and without a penalty on it at"
    " {claim:intercept.free:.0f}.",
)

clean = Predict(
    "clean",
    PAGE,
    "With 30 % wrong labels L2 gains more than ten points. Now all labels are right. What does it gain on 200"
    " digits, in a larger network (two layers of 256 units)?",
    options={"ten": "about ten points again", "three": "about three points", "none": "less than half a point"},
    right="none",
    line="You said {said}; it gains {claim:clean-gain.l2:.1f} points, the mean of twenty seeds.",
)

# ---------------------------------------------------------------- a price on size

one_step = Number(
    "one_step",
    PAGE,
    "SGD with the rate α = 0.1, and L2 with λ = 0.5. A weight is 2, and the loss has no slope there. What is the weight"
    " after one step?",
    right=1.9,
    tolerance=0.01,
    confusions={
        1.0: "You subtracted λw without the rate.",
        1.95: "You subtracted αλ, whatever the weight: that is L1.",
        1.8: "You took 2λw for the gradient. The ½ in the penalty cancels the 2.",
        2.0: "That is the weight without the penalty.",
    },
    otherwise="The penalty's gradient is λw; the step subtracts α times that.",
    why="2 − 0.1 · 0.5 · 2, or the factor 1 − αλ = 0.95.",
    others=(
        {
            "question": "SGD with the rate α = 0.2, and L2 with λ = 0.5. A weight is 3, and the loss has no slope"
            " there. What is the weight after one step?",
            "right": 2.7,
            "confusions": {
                1.5: "You subtracted λw without the rate.",
                2.9: "You subtracted αλ, whatever the weight: that is L1.",
                2.4: "You took 2λw for the gradient. The ½ in the penalty cancels the 2.",
                3.0: "That is the weight without the penalty.",
            },
            "why": "3 − 0.2 · 0.5 · 3, or the factor 1 − αλ = 0.9.",
        },
        {
            "question": "SGD with the rate α = 0.1, and L2 with λ = 2. A weight is −3, and the loss has no slope"
            " there. What is the weight after one step?",
            "right": -2.4,
            "confusions": {
                3: "You subtracted λw without the rate.",
                -3.6: "That moves the weight away from 0. The penalty's gradient is λw, and the step subtracts it.",
                -2.8: "You subtracted αλ, whatever the weight: that is L1.",
                -1.8: "You took 2λw for the gradient. The ½ in the penalty cancels the 2.",
                -3.0: "That is the weight without the penalty.",
            },
            "why": "−3 + 0.1 · 2 · 3, or the factor 1 − αλ = 0.8.",
        },
    ),
)

sum_not_mean = Choose(
    "sum_not_mean",
    PAGE,
    "Somebody sums the loss over a batch of 50 where you take its mean, and adds the penalty with the same λ to it."
    " What is different?",
    options={
        "nothing": "nothing, once the rate is adapted",
        "weaker": "the penalty is fifty times weaker beside the loss",
        "stronger": "the penalty is fifty times stronger beside the loss",
    },
    right="weaker",
    why={
        "nothing": "The rate scales both. What counts is the penalty beside the loss.",
        "weaker": "The loss is fifty times as large, the penalty is not. A λ holds for one way to write the loss.",
        "stronger": "It is the loss that has grown.",
    },
)

# ---------------------------------------------------------------- two shapes

soft_value = Number(
    "soft_value",
    PAGE,
    "Two weights with the loss minimum (2, 0.6) and uncorrelated inputs. Under L1 with λ = 0.4, what is w₂?",
    right=0.2,
    tolerance=0.01,
    confusions={
        0.429: "That is 0.6/1.4, what L2 would make of it.",
        0.36: "You took 40 % off. L1 takes the same amount from every weight.",
        0.6: "That is without a penalty.",
        0.0: "At λ = 0.6 it would be 0.",
        1.6: "That is w₁.",
    },
    otherwise="Move 0.6 towards 0 by λ.",
    why="0.6 − 0.4.",
)

select = Choose(
    "select",
    PAGE,
    "Of many inputs you want few to be used. But where several are nearly the same, all of them should share the"
    " weight. Which penalty is made for that?",
    options={"l2": "L2, the squares", "l1": "L1, the sizes", "elastic": "the elastic net"},
    right="elastic",
    why={
        "l2": "L2 shares, but makes no weight exactly 0: all inputs stay in use.",
        "l1": "L1 makes zeros, but how similar inputs share does not matter to it.",
        "elastic": "Its L1 part makes the zeros, its L2 part the sharing.",
    },
)

# ---------------------------------------------------------------- zeros

prox_step = Number(
    "prox_step",
    PAGE,
    "A weight is 0.25, and the loss has the slope 0.3 there. With α = 0.1 and L1 of strength λ = 2, what is the weight"
    " after a step on the loss and a proximal step?",
    right=0.02,
    tolerance=0.004,
    confusions={
        0.22: "That is after the step on the loss alone.",
        0.05: "You left out the step on the loss.",
        0.0: "You moved it by λ. The proximal step has the length αλ.",
        0.08: "You went against the slope's sign: the step on the loss subtracts αg.",
    },
    otherwise="First 0.25 − α · 0.3, then towards 0 by αλ.",
    why="0.25 − 0.03 = 0.22, and then 0.2 towards 0.",
)

# ---------------------------------------------------------------- limits

rule_of_thumb = Number(
    "rule_of_thumb",
    PAGE,
    "Gradient descent from 0, without a penalty and with the rate 0.02, stops after 500 steps. Which strength of L2"
    " is about as strict in the flat directions?",
    right=0.1,
    tolerance=0.005,
    confusions={
        10: "That is αt. Longer training is a weaker penalty, so it is one over that.",
        0.002: "You left out the rate.",
        25000: "You divided by the rate. It belongs to the steps: αt.",
    },
    otherwise="The rule is 1/(αt).",
    why="1/(0.02 · 500).",
    others=(
        {
            "question": "Gradient descent from 0, without a penalty and with the rate 0.1, stops after 200 steps."
            " Which strength of L2 is about as strict in the flat directions?",
            "right": 0.05,
            "tolerance": 0.002,
            "confusions": {
                20: "That is αt. Longer training is a weaker penalty, so it is one over that.",
                0.005: "You left out the rate.",
                2000: "You divided by the rate. It belongs to the steps: αt.",
            },
            "why": "1/(0.1 · 200).",
        },
        {
            "question": "Gradient descent from 0, without a penalty and with the rate 0.01, stops after 500 steps."
            " Which strength of L2 is about as strict in the flat directions?",
            "right": 0.2,
            "tolerance": 0.01,
            "confusions": {
                5: "That is αt. Longer training is a weaker penalty, so it is one over that.",
                0.002: "You left out the rate.",
            },
            "why": "1/(0.01 · 500).",
        },
    ),
)

# ---------------------------------------------------------------- what is not penalized

groups = Choose(
    "groups",
    PAGE,
    "A network of convolutions (their weights are called kernels), batch norm and a dense layer. To what is the penalty"
    " usually applied?",
    options={
        "all": "to all parameters, biases included",
        "matrices": "to the kernels and the dense layer's matrix",
        "norm": "to all but the dense layer's parameters",
    },
    right="matrices",
    why={
        "all": "Biases, and γ and β of batch norm, are usually left out.",
        "matrices": "What multiplies inputs is penalized; what shifts, or sets a scale, is not.",
        "norm": "The dense layer's matrix multiplies inputs like the kernels do.",
    },
)
