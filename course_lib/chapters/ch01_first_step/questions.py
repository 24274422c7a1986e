"""The questions of chapter 1, *Before the first step*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "01_first_step"

# ---------------------------------------------------------------- predictions

three_scales = Predict(
    "three_scales",
    PAGE,
    "The same ten layers three times, on the same digits, each at its best rate. Only the initial weights differ: once"
    " they are right, once 0.3 times as large, once 10 times. Which of the networks learn?",
    options={
        "all": "all three: training corrects the weights",
        "two": "two of them: only the large weights fail",
        "one": "one of them",
    },
    right="one",
    line="You said {said}; with weights of 0.3, 1 and 10 times the right size the mean accuracies are"
    " {claim:three-scales.small:.0f} %, {claim:three-scales.right:.0f} % and {claim:three-scales.large:.0f} %.",
)

saturated = Predict(
    "saturated",
    PAGE,
    "At s = 10 three in four of the tanh units of layer 10 are saturated: their slope is below 0.01. A gradient of"
    " size 1 starts there. How large is it when it arrives at layer 1?",
    options={
        "vanished": "almost zero: saturated units let nothing through",
        "one": "about as large as it was",
        "exploded": "more than a thousand times as large",
    },
    right="exploded",
    line="You said {said}; it is {gradient} times as large, though {flat} % of the units pass almost nothing.",
    shows=("depth", {"activation": "tanh", "scale": 10.0}),
)

dying = Predict(
    "dying",
    PAGE,
    "A hidden layer of 100 ReLUs is trained by SGD for five epochs, at the rate 0.5, then anew at 2. How many of its"
    " units are zero for every training digit, after five epochs at the rate 2?",
    options={"few": "about 5, as at 0.5", "half": "about 40", "most": "more than 80"},
    right="most",
    line="You said {said}; on average over ten seeds it is {claim:dead.low:.0f} at the rate 0.5, and"
    " {claim:dead.high:.0f} at 2.",
)

half_lost = Predict(
    "half_lost",
    PAGE,
    "Ten tanh layers kept a third of the signal at s = 1. A ReLU sets about half of its inputs to zero. How large are"
    " the outputs of the tenth ReLU layer at s = 1, if those of the first have the standard deviation 0.6?",
    options={"same": "about as large", "few": "about 0.03", "tiny": "below 0.001"},
    right="few",
    line="You said {said}; it is {last}. The gradient loses about as much on its way back.",
    shows=(
        "depth",
        {
            "place": "depth-relu",
            "caption": "ReLUs at s = 1: signal and gradient shrink by the same factor in every layer. At s = √2 they"
            " keep their size.",
            "activation": "relu",
            "scale": 1.0,
        },
    ),
)

moved = Predict(
    "moved",
    PAGE,
    "Inputs of mean 0 and standard deviation 1: at the rate 1/λmax one step fits the line. Now all inputs are moved"
    " by 3. How many steps does it take, at the new 1/λmax, until a hundredth of the error is left?",
    options={"ten": "about 10", "hundred": "about 50", "many": "more than 500"},
    right="many",
    line="You said {said}; it is {steps}, as the condition number has risen from one to {kappa}.",
    shows=("fitting", {"mean": 3.0}),
)

tenfold = Predict(
    "tenfold",
    PAGE,
    "You multiply all weights before a batch norm by 10. What happens to what comes out of it in training?",
    options={"ten": "it is 10 times as large", "root": "it grows, but less than 10 times", "same": "nothing"},
    right="same",
    line="You said {said}; no output changes by more than {claim:scale-free.change:.0e}.",
)

nine_hundred = Predict(
    "nine_hundred",
    PAGE,
    "Ten classes. Before the first step the loss is 918, and from the third epoch on it is 2.3, for good. What is"
    " wrong?",
    options={
        "rate": "the rate is too low",
        "weights": "the initial weights are too large",
        "labels": "the labels are shuffled",
    },
    right="weights",
    line="You said {said}; the weights are ten times too large. After a few steps {dead} % of a layer are dead, and a"
    " guess is left.",
    shows=("runs", {"run": "b", "named": False}),
)

draws = Predict(
    "draws",
    PAGE,
    "You draw nine rates uniformly between 0.0001 and 3. How many of them lie above 0.1?",
    options={"half": "about half", "seven": "about seven", "nine": "all, or nearly all"},
    right="nine",
    line="You said {said}; here {above} of the {n} are above it, and the best accuracy found is {best} %.",
    shows=(
        "search",
        {
            "how": "uniform",
            "n": 9,
            "caption": "Nine trials that are uniform between the bounds all lie at the upper right, beside the good"
            " region. On a log scale they find it.",
        },
    ),
)

# ---------------------------------------------------------------- what learning is

learning = Choose(
    "learning",
    PAGE,
    "A program names digits better and better on the very digits that it was trained on. What is missing to call it"
    " learning in the sense of this chapter?",
    options={
        "task": "a task T, what is to be done",
        "measure": "a measure P on other digits",
        "experience": "experience E, data to learn from",
    },
    right="measure",
    why={
        "task": "The task is there: to name digits.",
        "measure": "What is meant to improve is the accuracy on digits that were not seen.",
        "experience": "The training digits are the experience.",
    },
)

# ---------------------------------------------------------------- depth

factor = Number(
    "factor",
    PAGE,
    "In each of ten layers a gradient is multiplied by 0.5. By how much has it been multiplied after all ten?",
    right=0.001,
    tolerance=0.0001,
    confusions={
        5.0: "That is the sum of ten halves. Factors multiply.",
        0.5: "That is one layer.",
        0.05: "That is 0.5 divided by ten. Factors multiply.",
    },
    otherwise="0.5 to the tenth power.",
    why="0.5¹⁰ is about 1/1000. Depth turns a small loss into a large one.",
    others=(
        {
            "question": "In each of five layers a gradient is multiplied by 0.1. By how much has it been multiplied"
            " after all five?",
            "right": 1e-5,
            "tolerance": 1e-7,
            "confusions": {
                0.5: "That is the sum of five tenths. Factors multiply.",
                0.1: "That is one layer.",
                0.02: "That is 0.1 divided by five. Factors multiply.",
            },
            "otherwise": "0.1 to the fifth power.",
            "why": "0.1⁵ = 10⁻⁵. Depth turns a small loss into a large one.",
        },
        {
            "question": "In each of six layers a gradient is multiplied by 2. By how much has it been multiplied"
            " after all six?",
            "right": 64,
            "tolerance": 0.5,
            "confusions": {
                12: "That is the sum of six twos. Factors multiply.",
                2: "That is one layer.",
                32: "That is five layers.",
                36: "That is 6². Six factors of 2 are 2⁶.",
            },
            "otherwise": "2 to the sixth power.",
            "why": "2⁶ = 64. Depth turns a small gain into a large one, too.",
        },
    ),
)

# ---------------------------------------------------------------- activations

slope_of_sigmoid = Number(
    "slope_of_sigmoid",
    PAGE,
    "The slope of the sigmoid σ(z) is σ(z)(1 − σ(z)). What is the largest value it can have?",
    right=0.25,
    tolerance=0.005,
    confusions={
        0.5: "That is the sigmoid's value at 0. Its slope there is 0.5 · (1 − 0.5).",
        1.0: "That is the slope of tanh at 0.",
    },
    otherwise="Put σ = ½ into σ(1 − σ).",
    why="¼, at z = 0. So with small weights ten layers pass at most 4⁻¹⁰ of the gradient, times the weights.",
)

saturate_or_die = Choose(
    "saturate_or_die",
    PAGE,
    "Which of these can a ReLU do?",
    options={
        "saturate": "saturate, so that a large positive input passes no gradient",
        "die": "die, so that no training example passes a gradient",
        "both": "both",
    },
    right="die",
    why={
        "saturate": "For a positive input its slope is 1, however large the input is.",
        "die": "If z is negative for every example, its slope is 0 for every example.",
        "both": "It does not saturate on the right: for a positive input its slope is 1, however large the input is.",
    },
)

# ---------------------------------------------------------------- initialization

weights_std = Number(
    "weights_std",
    PAGE,
    "A layer of ReLUs has 200 inputs and 50 units. What is the standard deviation of its weights by He's rule?",
    right=0.1,
    tolerance=0.001,
    confusions={
        0.01: "That is the variance, 2/200. Take its root.",
        0.2: "You divide by the 50 units. A unit sums over its 200 inputs.",
        0.0707: "That is 1/√200, Xavier's rule of the lecture. A ReLU needs the 2.",
        0.0894: "That is √(2/250), Glorot and Bengio's mean of both fans.",
    },
    otherwise="The root of 2/fan_in.",
    why="√(2/200) = 0.1.",
    others=(
        {
            "question": "A layer of ReLUs has 800 inputs and 100 units. What is the standard deviation of its"
            " weights by He's rule?",
            "right": 0.05,
            "tolerance": 0.0005,
            "confusions": {
                0.0025: "That is the variance, 2/800. Take its root.",
                0.1414: "You divide by the 100 units. A unit sums over its 800 inputs.",
                0.0354: "That is 1/√800, Xavier's rule of the lecture. A ReLU needs the 2.",
            },
            "why": "√(2/800) = 0.05.",
        },
        {
            "question": "A layer of ReLUs has 50 inputs and 400 units. What is the standard deviation of its weights"
            " by He's rule?",
            "right": 0.2,
            "tolerance": 0.002,
            "confusions": {
                0.04: "That is the variance, 2/50. Take its root.",
                0.0707: "You divide by the 400 units. A unit sums over its 50 inputs.",
                0.1414: "That is 1/√50, Xavier's rule of the lecture. A ReLU needs the 2.",
            },
            "why": "√(2/50) = 0.2.",
        },
    ),
)

# ---------------------------------------------------------------- data

validation_mean = Choose(
    "validation_mean",
    PAGE,
    "You center the training data by their mean. What do you subtract from the validation data?",
    options={"own": "their own mean", "train": "the mean of the training data", "both": "the mean of all data"},
    right="train",
    why={
        "own": "Then the same digit means something else to the network in validation.",
        "train": "The mean belongs to the network: it is learnt from the training data, and then kept.",
        "both": "Then training has used the validation data, which is a leak.",
    },
)

# ---------------------------------------------------------------- batch norm

which_axis = Choose(
    "which_axis",
    PAGE,
    "A batch has the shape (50, 64): 50 examples, 64 features. How many means does batch norm compute, and how many"
    " layer norm?",
    options={"a": "64 and 50", "b": "50 and 64", "c": "64 and 64", "d": "1 and 1"},
    right="a",
    why={
        "a": "Batch norm has a mean for each feature, over the examples; layer norm one for each example.",
        "b": "The other way round: batch norm averages over the batch, so it has a mean for each feature.",
        "c": "Layer norm averages over the features of each example.",
        "d": "Neither averages over everything.",
    },
)

one_example = Choose(
    "one_example",
    PAGE,
    "A trained network with batch norm is to classify one single image. What does batch norm normalize by?",
    options={
        "itself": "the mean and variance of this image",
        "running": "the running mean and variance from training",
        "none": "nothing: it is left out",
    },
    right="running",
    why={
        "itself": "Over one example every feature is its own mean: only β would be left.",
        "running": "They are kept for this, and the answer does not depend on other images.",
        "none": "The layers after it expect normalized inputs.",
    },
)

# ---------------------------------------------------------------- babysitting

first_loss = Number(
    "first_loss",
    PAGE,
    "A network is to tell 100 classes apart, by softmax and cross-entropy. Which loss do you expect before the first"
    " step?",
    right=4.605,
    tolerance=0.02,
    confusions={
        2.303: "That is log 10, for ten classes.",
        0.01: "That is the probability of each class. The loss is minus its logarithm.",
        2.0: "That is the logarithm to the base 10. The cross-entropy uses the natural one.",
    },
    otherwise="All classes are about equally likely: −log(1/C) = log C.",
    why="log 100 = 4.605.",
)

ten_examples = Choose(
    "ten_examples",
    PAGE,
    "A network memorizes ten examples without trouble. Which fault is excluded by that?",
    options={
        "labels": "the labels are shuffled",
        "gradient": "the gradient has the wrong sign",
        "few": "there are too few examples",
    },
    right="gradient",
    why={
        "labels": "Ten wrong labels are memorized as easily as ten right ones.",
        "gradient": "With the wrong sign the loss on the ten would rise.",
        "few": "Ten are memorized, however few others there are.",
    },
)

# ---------------------------------------------------------------- search

middle = Number(
    "middle",
    PAGE,
    "On a log scale, which rate lies half-way between 0.0001 and 1?",
    right=0.01,
    tolerance=0.0005,
    confusions={
        0.5: "That is half-way on the number line. On a log scale the exponents are averaged: −4 and 0.",
        0.001: "That is a quarter of the way: the exponents go from −4 to 0.",
        0.1: "That is three quarters of the way: the exponents go from −4 to 0.",
    },
    otherwise="Average the exponents, −4 and 0.",
    why="10⁻²: a hundred times the one, a hundredth of the other.",
    others=(
        {
            "question": "On a log scale, which rate lies half-way between 0.00001 and 0.1?",
            "confusions": {},
            "right": 0.001,
            "tolerance": 0.00005,
            "otherwise": "Average the exponents, −5 and −1.",
            "why": "10⁻³: a hundred times the one, a hundredth of the other.",
        },
        {
            "question": "On a log scale, which rate lies half-way between 0.001 and 10?",
            "confusions": {
                5: "That is half-way on the number line. On a log scale the exponents are averaged: −3 and 1."
            },
            "right": 0.1,
            "tolerance": 0.005,
            "otherwise": "Average the exponents, −3 and 1.",
            "why": "10⁻¹: a hundred times the one, a hundredth of the other.",
        },
    ),
)
