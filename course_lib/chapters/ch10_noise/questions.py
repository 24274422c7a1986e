"""The questions of chapter 10, *Noise as a regularizer*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "10_noise"

# ---------------------------------------------------------------- predictions

half_gone = Predict(
    "half_gone",
    PAGE,
    "Networks with two hidden layers of 128 units have learnt 300 digits; they read 94 % of others rightly. Now half of"
    " the hidden units are dropped, others for each digit, and the outputs of the rest are doubled. What is left of the"
    " accuracy?",
    options={"nearly": "nearly all: about 90 %", "third": "about two thirds", "chance": "chance: about 10 %"},
    right="third",
    line="You said {said}; it falls from {whole} to {accuracy} %.",
    shows=("missing", {"trained": "plain", "share": 0.5}),
)

mean_of_masks = Predict(
    "mean_of_masks",
    PAGE,
    "A network with six hidden units has 64 masks. Its output is a sum over the units, each kept with probability"
    " p = 0.8. One pass with all units, each scaled by 0.8: how near does it come to the mean over the 64 masks?",
    options={"exact": "it is the mean", "near": "near it, not equal", "far": "it is far off"},
    right="exact",
    line="You said {said}; the mean is {exact}, the scaled pass gives {shortcut}. Without the factor it is {unscaled}.",
    shows=("masks", {"keep": 0.8, "after": "sum"}),
)

wrong_factor = Predict(
    "wrong_factor",
    PAGE,
    "Networks trained with p = 0.8 are tested with the factor 1 − p = 0.2 in each of their two hidden layers. What"
    " suffers most?",
    options={
        "accuracy": "the accuracy: it is near chance",
        "loss": "the loss: it is several times as high",
        "neither": "neither: a factor changes no ranking",
    },
    right="loss",
    line="You said {said}; the loss rises from {claim:wrong-factor.right_loss:.1f} to"
    " {claim:wrong-factor.wrong_loss:.1f}, while the accuracy falls from {claim:wrong-factor.right:.0f} to"
    " {claim:wrong-factor.wrong:.0f} %.",
)

mask_lost = Predict(
    "mask_lost",
    PAGE,
    "A backward pass forgets the mask and draws a new one. The network has one hidden layer, p = 0.5, and a rate that"
    " is good for the right code. What happens to its test accuracy?",
    options={
        "chance": "it stays near chance",
        "points": "it loses ten points or more",
        "little": "it loses about a point",
    },
    right="little",
    line="You said {said}; with a new mask it is {claim:mask-lost.fresh:.1f} %, with the right one"
    " {claim:mask-lost.right:.1f} %, means of 16 seeds.",
)

sampling = Predict(
    "sampling",
    PAGE,
    "Networks were trained with dropout on partly wrong labels. In testing you take the mean of the probabilities under"
    " 64 random masks, in place of the one pass without a mask. What does the accuracy gain?",
    options={"more": "several points", "same": "less than a point", "less": "nothing: it loses several points"},
    right="same",
    line="You said {said}; the 64 passes have {claim:sampling.sampled:.0f} %, the single one"
    " {claim:sampling.shortcut:.0f} %.",
)

wrong_labels = Predict(
    "wrong_labels",
    PAGE,
    "Of 300 labels 30 % are wrong. Without dropout the networks learn all of them by heart. Which p ends highest in"
    " testing, at this width of 128?",
    options={"weak": "0.9: a little noise", "half": "0.5: half of the units", "strong": "0.2: nearly all dropped"},
    right="half",
    line="You said {said}; at {keep} the test accuracy is {end} %, against {plain} % without dropout. Try the others.",
    shows=("strength", {"labels": "wrong", "keep": 0.5}),
)

pooled = Predict(
    "pooled",
    PAGE,
    "A picture of 24×24 pixels is pooled with the ratio 1.6, so a row of 24 becomes one of 15. How many of a row's 15"
    " regions are one pixel wide?",
    options={"none": "none: all are 1.6 pixels wide", "six": "6", "nine": "9", "chance": "it depends on the draw"},
    right="six",
    line="You said {said}; {ones} of the {side} are one pixel wide, the others two. The draw decides which.",
    shows=("pooling", {"ratio": 1.6, "regions": "random", "draw": 1}),
)

by_the_way = Predict(
    "by_the_way",
    PAGE,
    "Batch norm trains with the means of a random minibatch: noise, too. Now 500 digits, 30 % of their labels wrong, 20"
    " seeds: what does it gain over the plain network?",
    options={"much": "several points, as dropout does", "some": "a point or two", "none": "nothing that shows"},
    right="none",
    line="You said {said}; it has {claim:batch-norm-not.batch_norm:.0f} %, the plain network"
    " {claim:batch-norm-not.plain:.0f} %.",
)

# ---------------------------------------------------------------- Half of the units gone

doubled = Choose(
    "doubled",
    PAGE,
    "Half of the inputs of a unit are dropped at random. Why are the others doubled?",
    options={
        "mean": "So that the sum has the same mean as with all inputs.",
        "same": "So that the sum is the same as with all inputs.",
        "variance": "So that the sum has the same variance as with all inputs.",
    },
    right="mean",
    why={
        "mean": "Each input is there half of the time, and counts double: its mean stays.",
        "same": "It would have to be so for every mask. Only the mean over the masks is kept.",
        "variance": "With all inputs nothing is random: the variance is 0. Dropping adds variance.",
    },
)

# ---------------------------------------------------------------- Six units, sixty-four networks

how_many = Number(
    "how_many",
    PAGE,
    "A network has two hidden layers of five units each, with dropout on both. How many masks, and so how many"
    " networks, are there?",
    right=1024,
    tolerance=0.5,
    confusions={
        64: "That is for six units. Here there are ten.",
        32: "That is one layer. Each mask of the first layer goes with each one of the second.",
        10: "That is the number of units. Each of them is kept or dropped.",
        100: "Every one of the ten units has two states: multiply twos.",
    },
    otherwise="Each of the ten units is kept or dropped, two choices a unit.",
    why="2¹⁰: ten units, two choices each. They all share one set of weights.",
)

# ---------------------------------------------------------------- Dropout, both ways round

torch_p = Number(
    "torch_p",
    PAGE,
    "A paper keeps units with probability 0.8. Which number do you write into torch's `nn.Dropout(p=…)`?",
    right=0.2,
    tolerance=0.001,
    confusions={
        0.8: "That drops 80 % of the units: torch's p is the probability to drop.",
        1.25: "That is the factor 1/0.8, which torch applies by itself.",
    },
    otherwise="torch's p is the probability to drop.",
    why="1 − 0.8: torch's p is the probability to drop, and it scales by 1/(1 − p) in training.",
)

factor = Number(
    "factor",
    PAGE,
    "Inverted dropout keeps units with probability 0.2. By which factor are the kept ones multiplied in training?",
    right=5,
    tolerance=0.01,
    confusions={
        0.2: "That is the factor of testing in the first form. The inverted form divides by it, in training.",
        1.25: "That divides by 1 − 0.2, the probability to drop.",
        0.8: "That is the probability to drop.",
        1: "Then the mean would be a fifth of the activation.",
    },
    otherwise="Divide by the probability to keep.",
    why="1/0.2, so that the mean is the activation itself.",
    others=(
        {
            "question": "Inverted dropout keeps units with probability 0.4. By which factor are the kept ones"
            " multiplied in training?",
            "right": 2.5,
            "confusions": {
                0.4: "That is the factor of testing in the first form. The inverted form divides by it, in training.",
                1.667: "That divides by 1 − 0.4, the probability to drop.",
                0.6: "That is the probability to drop.",
                1: "Then the mean would be four tenths of the activation.",
            },
            "why": "1/0.4, so that the mean is the activation itself.",
        },
        {
            "question": "Inverted dropout keeps units with probability 0.8. By which factor are the kept ones"
            " multiplied in training?",
            "right": 1.25,
            "confusions": {
                0.8: "That is the factor of testing in the first form. The inverted form divides by it, in training.",
                5: "That divides by 1 − 0.8, the probability to drop.",
                0.2: "That is the probability to drop.",
                1: "Then the mean would be four fifths of the activation.",
            },
            "why": "1/0.8, so that the mean is the activation itself.",
        },
    ),
)

# ---------------------------------------------------------------- Backward

dropped_gradient = Number(
    "dropped_gradient",
    PAGE,
    "Inverted dropout with p = 0.5 has dropped a unit, and dL/dy at the layer's output is 3 there. What is dL/dx?",
    right=0,
    tolerance=0.001,
    confusions={
        3: "The unit had no part in the output, so it cannot have changed the loss.",
        6: "That would be the gradient if the unit had been kept: 3/0.5.",
        1.5: "The mean over masks plays no part here: this mask has dropped it.",
    },
    otherwise="The factor of the forward pass is z/p, here with z = 0.",
    why="y does not depend on a dropped x, so its gradient is 0. Kept, it would be 3/0.5 = 6.",
)

# ---------------------------------------------------------------- The shortcut and the truth

exact_where = Choose(
    "exact_where",
    PAGE,
    "After which of these is the shortcut, one pass with the mean in place of the mask, exactly the mean over masks?",
    options={
        "linear": "dropout, then one dense layer, then nothing",
        "relu": "dropout, then a dense layer and a ReLU",
        "softmax": "dropout, then a dense layer and a softmax",
        "two": "dropout, a dense layer, dropout, and a ReLU at the end",
    },
    right="linear",
    why={
        "linear": "The mean of a sum is the sum of the means.",
        "relu": "Sums below 0 under some masks are cut off, and the mean of what is left is higher than the cut mean.",
        "softmax": "The mean of a curved function is not the function of the mean.",
        "two": "Two layers of masks alone would be fine, for they are independent; the ReLU is not linear.",
    },
)

# ---------------------------------------------------------------- What it buys, what it costs

training_loss = Choose(
    "training_loss",
    PAGE,
    "With dropout a training log shows a higher loss on the training set than on the validation set, from the first"
    " epoch on. What is the likeliest reason?",
    options={
        "mode": "The training loss is measured with units dropped, the validation loss without.",
        "leak": "Validation examples have slipped into the training set.",
        "under": "The network is too small for the data.",
    },
    right="mode",
    why={
        "mode": "Normal. To compare, test on the training set as well.",
        "leak": "That would bring the two nearer, but not put the validation loss below the other.",
        "under": "Then both losses would be high, and nearly alike.",
    },
)

# ---------------------------------------------------------------- DropConnect

variance = Number(
    "variance",
    PAGE,
    "A unit sums two inputs, x = (1, 2), with the weights (3, −1). DropConnect keeps each weight with probability"
    " ½. What is the variance of the sum?",
    right=3.25,
    tolerance=0.01,
    confusions={
        0.25: "That squares the sum, (3 − 2)². Each weight has its own coin: square first, then add.",
        13: "That is Σ x²w². The coin's variance, p(1 − p), is missing.",
        6.5: "That is p Σ x²w². A coin's variance is p(1 − p).",
        1.803: "That is the standard deviation.",
    },
    otherwise="p(1 − p) Σ x²w², with the squares taken before the sum.",
    why="¼ · (1·9 + 4·1).",
)

# ---------------------------------------------------------------- Layers and grids

expected_blocks = Number(
    "expected_blocks",
    PAGE,
    "A residual network has three blocks, and survival falls linearly to p₃ = 0.4. How many blocks are computed in a"
    " training step, on average?",
    right=1.8,
    tolerance=0.01,
    confusions={
        1.2: "That is 3 · 0.4: only the last block has 0.4. The first two survive more often.",
        2.1: "That is 3 times the mean of 1 and 0.4. The first block has 0.8, not 1.",
        3: "That is testing, where no block is skipped.",
    },
    otherwise="The three probabilities are 0.8, 0.6 and 0.4.",
    why="0.8 + 0.6 + 0.4.",
)

# ---------------------------------------------------------------- By the way

smoothed = Number(
    "smoothed",
    PAGE,
    "Of ten classes, label smoothing with ε = 0.2 asks for which probability of the right one?",
    right=0.82,
    tolerance=0.001,
    confusions={
        0.8: "The random class is the right one in a tenth of the cases: ε/C comes on top.",
        0.2: "That is ε, what is shared by all ten classes.",
        0.02: "That is what each wrong class gets.",
        0.98: "That takes off only ε/C. Each of the other nine gets as much.",
    },
    otherwise="(1 − ε) + ε/C.",
    why="0.8 + 0.2/10.",
)
