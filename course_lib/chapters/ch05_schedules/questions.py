"""The questions of chapter 5, *Learning-rate schedules*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "05_schedules"

# ---------------------------------------------------------------- predictions

four_curves = Predict(
    "four_curves",
    PAGE,
    "In the first of 20 epochs the rate 0.1 brings the loss down to 1.35, the rate 0.01 only to 1.84. Both stay"
    " constant. Which of the two has the lower loss in the last epoch?",
    options={"fast": "0.1: it stays ahead", "slow": "0.01: it overtakes", "same": "neither: they meet"},
    right="slow",
    line="You said {said}; the rate {lr} falls from {first} to {end} only, and the slower one ends at {end_best}.",
    shows=("schedules", {"shape": "constant", "lr": 0.1}),
)

drop = Predict(
    "drop",
    PAGE,
    "Take the run that stays up, at α = 0.1, and divide its rate by ten after ten epochs, and again after fifteen."
    " What does the loss do in the epoch after the first drop?",
    options={
        "slower": "it goes on as before, ten times more slowly",
        "falls": "it falls at once, by about a quarter",
        "rises": "it rises, and recovers later",
    },
    right="falls",
    line="You said {said}; it falls from {before} to {after} in one epoch. At the end it is {end}, where the best"
    " constant rate has {end_best}.",
    shows=(
        "schedules",
        {
            "place": "schedules-drop",
            "caption": "After ten epochs the rate drops to a tenth, and the loss falls with it within one epoch.",
            "shape": "step",
            "lr": 0.1,
        },
    ),
)

too_small = Predict(
    "too_small",
    PAGE,
    "A noisy bowl, 300 steps, and the small rate 0.05. Will a cosine that falls to zero end lower than the"
    " constant rate?",
    options={"lower": "lower", "same": "about as low", "higher": "higher"},
    right="higher",
    line="You said {said}; it ends at {end}, and the constant rate at {end_constant}.",
    shows=("bowl", {"shape": "cosine", "lr": 0.05, "steps": 300}),
)

shape = Predict(
    "shape",
    PAGE,
    "Eight schedules that end low, 40 seeds each, all from the same good rate. By how much do their mean accuracies"
    " differ?",
    options={
        "alike": "by less than one point, all of them",
        "cosine": "cosine leads by more than a point",
        "simple": "the smooth ones lead the steps by more than a point",
    },
    right="alike",
    line="You said {said}; from the best to the worst of the eight it is {claim:shapes-alike.spread:.1f} points.",
)

restart = Predict(
    "restart",
    PAGE,
    "A run of 2,880 steps consists of cosine cycles of 411 steps, from the high rate 0.1. The last cycle ends"
    " three steps too early, so the last three have the full rate again. What do these three steps do to the"
    " accuracy?",
    options={
        "points": "they cost several points",
        "tenth": "they cost a few tenths of a point",
        "nothing": "nothing that can be seen: 3 steps of 2,880",
    },
    right="points",
    line="You said {said}; with them the mean accuracy is {claim:three-steps.early:.0f} %, without them"
    " {claim:three-steps.late:.0f} %.",
)

warm = Predict(
    "warm",
    PAGE,
    "Adam trains a network with eight hidden layers at α = 0.03, several times its good rate. What brings all five"
    " seeds above 90 %?",
    options={
        "warmup": "an epoch of warm-up",
        "decay": "decay to zero",
        "both": "both together",
        "none": "neither: the rate is too high",
    },
    right="both",
    line="You said {said}; with both, all {good} seeds end above the line, at {mean} % on average. Now take one of"
    " the two away.",
    shows=("warmup", {"lr": 0.03, "epochs": 1, "decay": "cosine"}),
)

larger_batch = Predict(
    "larger_batch",
    PAGE,
    "You make the batch 16 times as large, and train for as many epochs as before, by SGD or momentum at a"
    " small rate. By which factor must the rate change, so that the loss is the same?",
    options={"one": "not at all", "four": "4, the root of 16", "sixteen": "16"},
    right="sixteen",
    line="You said {said}; with 16 times the rate both have the loss {claim:linear-rule.small:.2f}, as long as the rate"
    " is small.",
)

lowest = Predict(
    "lowest",
    PAGE,
    "You raise the rate a little at every step, from 0.00001 to 30, and draw the loss over it. At some rate the curve"
    " is lowest. Is that the rate to train with?",
    options={"smaller": "no, a much smaller one", "yes": "yes", "larger": "no, a larger one"},
    right="smaller",
    line="You said {said}; it is lowest at {lowest}, where it is about to explode. The usual first guess is a tenth of"
    " that, {suggestion}.",
    shows=("rising_rate", {"method": "Momentum", "batch": 40, "seed": 0}),
)

# ---------------------------------------------------------------- Four curves

which_curve = Choose(
    "which_curve",
    PAGE,
    "A loss falls steeply for two epochs, and then stays level and ragged, well above what others report. Which rate"
    " is that?",
    options={"low": "too low", "good": "good", "high": "high", "dead": "too high: the network is dead"},
    right="high",
    why={
        "low": "A rate that is too low falls slowly, and is still falling at the end.",
        "good": "A good rate does not stop so early and so high.",
        "high": "A steep fall, then level and ragged: it got there fast and cannot settle.",
        "dead": "A network that dies jumps up to log 10, for ten classes, and stays there: it guesses.",
    },
)

guess = Number(
    "guess",
    PAGE,
    "A network with 100 classes, trained without a penalty, stays at one loss from the first epoch on: it guesses."
    " At which loss?",
    right=4.605,
    tolerance=0.02,
    confusions={
        2.303: "That is log 10, for ten classes. Here there are 100.",
        0.01: "That is the probability of each class. The loss is minus its logarithm.",
        2: "That is the logarithm to the base 10. The cross-entropy uses the natural one.",
    },
    otherwise="A guess gives each class the probability 1/C, and the loss −log(1/C) = log C.",
    why="log 100 = 4.605.",
)

# ---------------------------------------------------------------- All of them

floor_size = Number(
    "floor_size",
    PAGE,
    "A bowl has two directions, the noise is σ = 0.5 in each, and α = 0.04, so that αλ is small. How high above the"
    " minimum is the noise floor of the loss, about?",
    right=0.005,
    tolerance=0.0002,
    confusions={
        0.0025: "That is one direction. There are two, and their losses add up.",
        0.01: "That is ασ² for one direction. A quarter of it is left, and there are two directions.",
        0.02: "That is ασ² for two directions. A quarter of it is left.",
    },
    otherwise="Each direction adds ασ²/4.",
    why="2 · 0.04 · 0.25/4. The curvatures do not matter while αλ is small.",
)

lower_floor = Choose(
    "lower_floor",
    PAGE,
    "A loss is level at its noise floor. You divide the rate by ten, and wait. What happens?",
    options={
        "stuck": "It stays: the steps are too short now to move on.",
        "hundredth": "The part above the minimum falls to about a hundredth.",
        "tenth": "The part above the minimum falls to about a tenth.",
    },
    right="tenth",
    why={
        "stuck": "Nothing has to be travelled: the noise that held it up is smaller, and the loss sinks.",
        "tenth": "The floor is proportional to α. The way down takes about 1/(2αλ) steps at the new α.",
        "hundredth": "Each step's noise adds α², but it also lasts ten times as long. The floor is proportional to α.",
    },
)

# ---------------------------------------------------------------- A family of shapes

half_way = Number(
    "half_way",
    PAGE,
    "A cosine falls from 0.4 to 0 in 200 steps. What is the rate after 50 steps?",
    right=0.3414,
    tolerance=0.002,
    confusions={
        0.3: "That is linear. In its first quarter the cosine stays above the line.",
        0.2: "That is half way, after 100 steps.",
        0.2828: "That is 0.4 · cos(π/4). The cosine is moved up by 1 and halved.",
        0.0586: "That is how far it has fallen. What is left?",
    },
    otherwise="Put t/T = 1/4 into α₀(1 + cos(πt/T))/2.",
    why="0.4 · (1 + cos(π/4))/2.",
)

compounding = Choose(
    "compounding",
    PAGE,
    "A training loop runs `lr *= 1 / (1 + 0.01 * t)` at every step t. Its author wanted α₀/(1 + 0.01t). What happens?",
    options={
        "freezes": "The rate falls far faster, and training freezes.",
        "same": "That is what it computes.",
        "rises": "The rate hardly falls.",
    },
    right="freezes",
    why={
        "same": "The factor is applied to a rate that has been divided already. The formula divides the first rate.",
        "freezes": "All the factors multiply: after 100 steps that is about 10⁻¹⁷, where the formula has a half.",
        "rises": "Each factor is below 1, and all of them multiply.",
    },
)

# ---------------------------------------------------------------- Up again

where_to_stop = Choose(
    "where_to_stop",
    PAGE,
    "A cosine restarts every 1,000 steps. After which of these numbers of steps do you stop?",
    options={"a": "2,500", "b": "3,000", "c": "3,010", "d": "it does not matter"},
    right="b",
    why={
        "a": "That is the middle of a cycle: the rate is half of its peak, and the noise floor about half as high.",
        "b": "A cycle has just ended: the rate was near zero in its last steps.",
        "c": "Ten steps at a high rate bring the loss most of the way back up, in the steep directions first.",
        "d": "The loss goes up and down with the rate.",
    },
)

# ---------------------------------------------------------------- Warm-up

first_rate = Number(
    "first_rate",
    PAGE,
    "A warm-up of 99 steps leads to the peak 0.2 in equal parts: t = 0 has one part of 100, t = 99 has them all. What"
    " is the rate at t = 49?",
    right=0.1,
    tolerance=0.0005,
    confusions={
        0.098: "That is 49 parts. The step t = 0 has one part already, so t = 49 has 50.",
        0.2: "That is the peak, at t = 99.",
    },
    otherwise="Count the parts: t = 0 has 1 of 100, t = 1 has 2, and so on.",
    why="50 parts of 100.",
)

continue_run = Choose(
    "continue_run",
    PAGE,
    "A run of 10,000 steps has ended, and you get time for 10,000 more. After which schedule do you lose least?",
    options={
        "cosine": "cosine: go on at the rate where it ended",
        "linear": "linear: go on at the rate where it ended",
        "wsd": "warm-up–stable–decay: go on from the weights before the decay",
    },
    right="wsd",
    why={
        "cosine": "It ended at rate 0, and was small for long. A run of 20,000 steps would have been at half of its"
        " peak there.",
        "wsd": "Up to the decay the rate did not depend on the length of the run.",
        "linear": "It ended at rate 0. A run of 20,000 steps would have been at half of its peak there.",
    },
)

# ---------------------------------------------------------------- Batch, accumulation, clipping

summed = Number(
    "summed",
    PAGE,
    "You add up the mean gradients of 8 equal minibatches, and step with α = 0.05, without dividing by 8. Which rate"
    " would do the same to the mean over all of them?",
    right=0.4,
    tolerance=0.002,
    confusions={
        0.05: "The sum is 8 times as long as the mean, and the step, too.",
        0.00625: "That is the other way round: the sum is longer than the mean.",
        0.1414: "That is √8 times as much. The factor of the sum is 8.",
    },
    otherwise="The sum is 8 times the mean.",
    why="A sum of 8 is 8 times the mean, so it is 8 times the rate.",
    others=(
        {
            "question": "You add up the mean gradients of 4 equal minibatches, and step with α = 0.05, without"
            " dividing by 4. Which rate would do the same to the mean over all of them?",
            "right": 0.2,
            "confusions": {
                0.05: "The sum is 4 times as long as the mean, and the step, too.",
                0.0125: "That is the other way round: the sum is longer than the mean.",
                0.1: "That is √4 times as much. The factor of the sum is 4.",
            },
            "otherwise": "The sum of 4 mean gradients is 4 times their mean.",
            "why": "A sum of 4 is 4 times the mean, so it is 4 times the rate.",
        },
        {
            "question": "You add up the mean gradients of 16 equal minibatches, and step with α = 0.01, without"
            " dividing by 16. Which rate would do the same to the mean over all of them?",
            "right": 0.16,
            "confusions": {
                0.01: "The sum is 16 times as long as the mean, and the step, too.",
                0.04: "That is √16 times as much. The factor of the sum is 16.",
            },
            "otherwise": "The sum of 16 mean gradients is 16 times their mean.",
            "why": "A sum of 16 is 16 times the mean, so it is 16 times the rate.",
        },
    ),
)

clip_order = Choose(
    "clip_order",
    PAGE,
    "Four minibatch gradients are accumulated, and the norm is to be clipped at 1. When do you clip?",
    options={
        "each": "each minibatch's gradient, before it is added",
        "end": "once, after they are averaged",
        "sum": "the sum, before it is divided by 4",
    },
    right="end",
    why={
        "each": "Then a long one loses its weight in the mean, which points elsewhere than the batch's gradient.",
        "end": "The batch's gradient keeps its direction, and is at most 1 long.",
        "sum": "Then the mean is at most 1/4 long.",
    },
)

# ---------------------------------------------------------------- Listening to the loss

which_drop = Number(
    "which_drop",
    PAGE,
    "The losses of six epochs are 3, 2, 2.2, 2.1, 1.9, 1.8. With patience 1, more than one loss in a row that is not"
    " below the best lowers the rate. After which epoch does it drop?",
    right=4,
    tolerance=0.1,
    confusions={
        3: "That is the first loss that is not better. One is tolerated.",
        5: "1.9 is below the best so far, 2: that is progress.",
        6: "1.8 is below the best so far, 1.9: that is progress.",
    },
    otherwise="Go through them with the best so far: 3, then 2. Which losses are not below it?",
    why="2.2 and 2.1 are not below 2, the best so far: two in a row. 2.1 is below 2.2, but that does not count.",
)

# ---------------------------------------------------------------- Where to begin

begin = Choose(
    "begin",
    PAGE,
    "A range test is lowest at 0.8, and explodes at 2. Where do you begin?",
    options={"tenth": "near 0.08", "eight": "at 0.8", "explodes": "just below 2"},
    right="tenth",
    why={
        "eight": "There a network whose rate no longer rises would sit at its limit, step after step.",
        "tenth": "That is a first guess: a few times more may be still better, and a few runs will tell.",
        "explodes": "At that rate it takes only some steps more to explode.",
    },
)
