"""The questions of chapter 7, *Beyond the lecture*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "07_beyond"

# ---------------------------------------------------------------- predictions

shrink = Predict(
    "shrink",
    PAGE,
    "The same L2 penalty pulls at all weights, and Adam makes the steps. Some weights have gradients of size 1, others"
    " of size 100. Which of them does the penalty shrink more?",
    options={
        "alike": "all alike: the penalty is the same",
        "small": "those with gradients of 1, and the others hardly at all",
        "large": "those with gradients of 100",
    },
    right="small",
    line="You said {said}; at size {noise} the penalty leaves {left_penalty} of the weight, at a hundredth"
    " of that size {left_at_one}; AdamW, which comes next, leaves {left_decoupled} at both.",
    shows=("decay", {"lam": 0.1, "noise": 100}),
)

tuned = Predict(
    "tuned",
    PAGE,
    "A network on digits of which 30 % are labelled wrongly: decay matters. Adam with L2 and AdamW are tried at six"
    " strengths each, and each is taken at its own best one. Which has the higher validation accuracy?",
    options={
        "adamw": "AdamW, by more than a point",
        "l2": "Adam with L2, by more than a point",
        "none": "neither: they are less than a point apart",
    },
    right="none",
    line="You said {said}; at its best strength Adam with L2 has {claim:best-decays.penalty:.1f} %, AdamW"
    " {claim:best-decays.decoupled:.1f} %.",
)

settles = Predict(
    "settles",
    PAGE,
    "A ravine without noise, and Lion at the constant rate 0.03. What does its loss do in the end?",
    options={
        "falls": "it falls on and on, as Adam's does",
        "band": "it stays in a band, at a height that the rate decides",
        "still": "it stands still: the steps have become too short",
    },
    right="band",
    line="You said {said}; in the last steps it is still up to {late_Lion}, while NAdam was below a millionth from step"
    " {steps_NAdam} on.",
    shows=("race", {"kappa": 100, "angle": 0, "tune": "Lion", "lr": 0.03}),
)

directions = Predict(
    "directions",
    PAGE,
    "The gradient of a matrix of 64 times 64 weights has 64 singular values. How much of its squared norm is in the"
    " largest three?",
    options={"few": "about a twentieth, 3 of 64", "half": "about half", "most": "more than nine tenths"},
    right="most",
    line="You said {said}; in a new network on the digits it is {claim:few-directions.share:.0f} %, on average over"
    " twenty seeds.",
)

leaves = Predict(
    "leaves",
    PAGE,
    "A hundred runs start in a sharp minimum; a flat one, as deep, is near. The gradients are noisy. With SGD alone all"
    " hundred stay. How many leave with SAM, at a radius of 0.25, 0.6 of the way to the saddle point?",
    options={"none": "none, or a few", "half": "about half", "all": "all, or nearly all"},
    right="all",
    line="You said {said}; {in_flat} of the hundred end in the flat minimum, {in_sharp} in the sharp one.",
    shows=("sharp", {"radius": 0.25, "noise": 2}),
)

mean_of_all = Predict(
    "mean_of_all",
    PAGE,
    "The noisy bowl of chapter 5: 300 steps of SGD, at the constant rate 0.5. You take the mean of all 300 points in"
    " place of the last one. How high is its loss, on average?",
    options={
        "same": "about as high: they are points of the same run",
        "half": "about half as high",
        "low": "about as low as the end of a cosine of 300 steps",
    },
    right="low",
    line="You said {said}; the mean has a loss of {averaged_300}, the last point {constant_300}, and the cosine ends at"
    " {cosine_300}.",
    shows=("average", {"lr": 0.5, "beta": 0}),
)

lowest_loss = Predict(
    "lowest_loss",
    PAGE,
    "Five methods train the same network, five epochs, each at the rate of its lowest training loss. One of them ends"
    " several times below all others. What about its validation accuracy?",
    options={
        "points": "it is more than a point ahead of Adam's as well",
        "alike": "it is within a point of Adam's",
        "behind": "it is more than a point behind Adam's",
    },
    right="alike",
    line="You said {said}; Muon has {claim:methods-accuracy.muon:.1f} %, Adam {claim:methods-accuracy.adam:.1f} %.",
)

# ---------------------------------------------------------------- AdamW

kept = Number(
    "kept",
    PAGE,
    "AdamW with α = 0.001 and λ = 0.1, and a weight without any gradient. Which share of it is left after 10,000"
    " steps?",
    right=0.368,
    tolerance=0.004,
    confusions={
        0.9999: "That is what one step leaves.",
        0.632: "That is what has gone. What is left?",
        0.0: "That is 1 − λ at every step. The decay carries the rate: 1 − αλ.",
    },
    otherwise="Each step leaves the share 1 − αλ, and the shares multiply.",
    why="(1 − 0.0001)¹⁰⁰⁰⁰ ≈ e⁻¹.",
)

lower_rate = Choose(
    "lower_rate",
    PAGE,
    "You train with AdamW as long as before, at a third of the rate. What must become of λ, if the weights are to"
    " decay as much?",
    options={"same": "it stays", "third": "a third of it", "three": "three times as much"},
    right="three",
    why={
        "same": "A step decays by αλ. At a third of α that is a third.",
        "third": "Then a step decays by a ninth of what it did: αλ counts.",
        "three": "αλ is the decay per step, so λ makes up for α.",
    },
)

# ---------------------------------------------------------------- NAdam and Lion

lion_band = Choose(
    "lion_band",
    PAGE,
    "Lion swings around the minimum of a bowl, at the rate α. You divide α by ten, and wait. What becomes of the"
    " height of the band in which its loss stays, about?",
    options={"tenth": "a tenth", "hundredth": "a hundredth", "same": "it stays"},
    right="hundredth",
    why={
        "tenth": "The swing is a tenth as wide, and the loss of a bowl goes with the square.",
        "hundredth": "The swing is about as wide as the step, and the loss goes with its square.",
        "same": "The steps have the length α: a smaller one swings less.",
    },
)

# ---------------------------------------------------------------- Muon

climbs = Number(
    "climbs",
    PAGE,
    "The Newton–Schulz step maps a singular value s to 1.5 s − 0.5 s³. What does it make of 0.4?",
    right=0.568,
    tolerance=0.001,
    confusions={
        0.6: "That is 1.5 s alone.",
        0.632: "You added the cube. It is subtracted.",
        0.52: "That is 1.5 s − 0.5 s². The third power is subtracted.",
        1: "1 is where it goes in the end. One step leads part of the way.",
    },
    otherwise="Put 0.4 into the formula: 0.4³ = 0.064.",
    why="0.6 − 0.032. A few more steps bring it to 1.",
    others=(
        {
            "question": "The Newton–Schulz step maps a singular value s to 1.5 s − 0.5 s³. What does it make of 0.2?",
            "right": 0.296,
            "confusions": {
                0.3: "That is 1.5 s alone.",
                0.304: "You added the cube. It is subtracted.",
                0.28: "That is 1.5 s − 0.5 s². The third power is subtracted.",
                1: "1 is where it goes in the end. One step leads part of the way.",
            },
            "otherwise": "Put 0.2 into the formula: 0.2³ = 0.008.",
            "why": "0.3 − 0.004. A few more steps bring it to 1.",
        },
        {
            "question": "The Newton–Schulz step maps a singular value s to 1.5 s − 0.5 s³. What does it make of 0.8?",
            "right": 0.944,
            "confusions": {
                1.2: "That is 1.5 s alone.",
                1.456: "You added the cube. It is subtracted.",
                0.88: "That is 1.5 s − 0.5 s². The third power is subtracted.",
                1: "1 is where it goes in the end. One step leads part of the way.",
            },
            "otherwise": "Put 0.8 into the formula: 0.8³ = 0.512.",
            "why": "1.2 − 0.256. One more step brings it close to 1.",
        },
    ),
)

which_muon = Choose(
    "which_muon",
    PAGE,
    "A network has an embedding of words, hidden layers with weights and biases, batch norm, and a last layer. What"
    " does Muon take?",
    options={
        "all": "all of it",
        "matrices": "everything that is a matrix: embedding, hidden and last layer's weights",
        "hidden": "the hidden layers' weights",
    },
    right="hidden",
    why={
        "all": "A bias has no singular values to equalize.",
        "matrices": "By their shape these are matrices, but embedding and last layer are left to AdamW by the authors.",
        "hidden": "The rest goes to AdamW, at a rate of its own.",
    },
)

# ---------------------------------------------------------------- SAM

flat_swing = Number(
    "flat_swing",
    PAGE,
    "SGD with α = 0.02 inside SAM, radius 0.2. In a bowl of curvature 50 it swings by 0.2 to each side. And in a"
    " bowl of curvature 10?",
    right=0.0222,
    tolerance=0.0005,
    confusions={
        0.2: "That is curvature 50, where αλ = 1. Here αλ = 0.2.",
        0.04: "That is αλr. Divide it by 2 − αλ.",
        0.02: "Divide αλr by 2 − αλ, not by 2.",
    },
    otherwise="Put c = αλ = 0.2 into c r/(2 − c).",
    why="0.2 · 0.2/1.8: in the flatter bowl it swings nine times less.",
)

# ---------------------------------------------------------------- Schedule-Free

which_weights = Choose(
    "which_weights",
    PAGE,
    "You train with Schedule-Free by a loop of your own. With which weights do you measure the accuracy?",
    options={
        "x": "with those that the network holds, where the gradient is taken",
        "z": "with z, which makes the steps",
        "a": "with the average a",
    },
    right="a",
    why={
        "x": "These are between the two, and as restless as z in part.",
        "z": "z has the noise floor of a constant rate.",
        "a": "In this library, `opt.test_params(net.params)`. `fit` does it by itself.",
    },
)

# ---------------------------------------------------------------- each at its best

paper = Choose(
    "paper",
    PAGE,
    "A paper trains with a new method at a rate that was searched for, and with Adam at 0.001, “the usual default”."
    " The new one wins by half a point. What do you learn about the method?",
    options={
        "better": "that it is better, if the seeds are many",
        "nothing": "little: tuning one side may be worth that half point",
        "worse": "that it is worse: it had to be tuned",
    },
    right="nothing",
    why={
        "better": "Many seeds make the difference certain. It may still be the tuning that made it.",
        "nothing": "In this chapter, a wrong rate costs more than the difference between any two methods.",
        "worse": "Adam had to be tuned as well.",
    },
)
