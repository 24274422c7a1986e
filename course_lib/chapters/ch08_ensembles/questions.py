"""The questions of chapter 8, *Model ensembles*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "08_ensembles"

# ---------------------------------------------------------------- predictions

agree = Predict(
    "agree",
    PAGE,
    "Eight networks have learnt the same digits by the same recipe, and are equally good to a few points. On how many"
    " of the test digits do two of them name different digits?",
    options={"few": "one in a hundred", "some": "one in twenty", "many": "one in five"},
    right="many",
    line="You said {said}; two of these eight disagree on {disagree} % of the test digits, though the worst has {worst}"
    " and the best {best} %.",
    shows=("opinions", {"digit": 1, "M": 8}),
)

sixteen = Predict(
    "sixteen",
    PAGE,
    "The members' errors have the variance σ² = 1 and the correlation ρ = 0.9. What is the variance of the mean of 16"
    " members?",
    options={"sixteenth": "1/16 of that of one", "half": "about half of it", "most": "about nine tenths of it"},
    right="most",
    line="You said {said}; the formula says {theory} in place of {one}, and this draw {this}.",
    shows=("committee", {"M": 16, "rho": 0.9, "sigma": 1.0}),
)

bags = Predict(
    "bags",
    PAGE,
    "With 30 % wrong labels a bagged network alone is four to five points worse than one that is trained on all digits."
    " Sixteen bagged networks vote; so do sixteen independent ones, trained on all digits. Which vote is better?",
    options={
        "independent": "the independent ones': their members are better",
        "same": "neither: it evens out",
        "bagged": "the bagged ones': their members differ more",
    },
    right="bagged",
    line="You said {said}; alone a bagged network has {alone} %, and the vote of {M} has {vote} %, {over} points over"
    " one independent network.",
    shows=("gain", {"kind": "bagged", "labels": "wrong", "M": 16}),
)

halfway = Predict(
    "halfway",
    PAGE,
    "Two networks, trained on partly wrong labels, differ in their first weights and minibatches, and have 71 % each. A"
    " third network gets the mean of their weights. What does it have?",
    options={
        "better": "more than 71 %, as a vote has",
        "same": "about 71 %",
        "half": "about 50 %",
        "chance": "about 10 %, chance",
    },
    right="half",
    line="You said {said}; it has {claim:halfway.mid:.0f} %, where the two have {claim:halfway.ends:.0f} %.",
)

highest = Predict(
    "highest",
    PAGE,
    "Labels are 30 % wrong; 100 epochs in five cycles, so five snapshots. Which has the highest test accuracy?",
    options={
        "vote": "the vote of the five snapshots",
        "last": "the last snapshot alone",
        "first": "the first snapshot alone",
        "single": "one run of 100 epochs",
    },
    right="first",
    line="You said {said}; the first snapshot has {first} %, the vote {vote} %, the last {last} %, the one run"
    " {single} %.",
    shows=("cyclic", {"labels": "wrong", "cycles": 5}),
)

small_rate = Predict(
    "small_rate",
    PAGE,
    "SGD walks 400 noisy steps into a bowl, at the small rate α = 0.02. You test with the EMA of d = 0.995, its start"
    " corrected. Is its loss lower than that of the last points?",
    options={"lower": "lower", "same": "about the same", "higher": "higher"},
    right="higher",
    line="You said {said}; over the last steps the average has the loss {late_mean}, the points {late}.",
    shows=("average", {"lr": 0.02, "decay": 0.995, "start_up": True}),
)

gap = Predict(
    "gap",
    PAGE,
    "Of the strengths of L2 tried, which one has the smallest gap between training and test accuracy?",
    options={
        "best": "the one with the best test accuracy",
        "weak": "no penalty at all",
        "strong": "the strongest, whose test accuracy is far from the best",
    },
    right="strong",
    line="You said {said}; with the strongest penalty the gap is {claim:gap-clean.gap:.1f} points, and the test"
    " accuracy {claim:gap-clean.costs:.1f} points below the best.",
)

# ---------------------------------------------------------------- What averaging removes

two_parts = Number(
    "two_parts",
    PAGE,
    "The errors of four members have the standard deviation σ = 2, and any two the correlation ρ = 0.5. What is the"
    " variance of their mean?",
    right=2.5,
    tolerance=0.01,
    confusions={
        1: "That is σ²/M, for members that share nothing.",
        2: "That is the floor ρσ² alone. The other part, (1 − ρ)σ²/M, is not yet 0 at four members.",
        0.5: "That is the part that shrinks. What they share, ρσ², is missing.",
        1.25: "σ is a standard deviation: the formula needs σ² = 4.",
        1.58: "That is the standard deviation of the mean; the variance is asked for.",
    },
    otherwise="ρσ² + (1 − ρ)σ²/M, with σ² = 4.",
    why="0.5 · 4 + 0.5 · 4/4: two are shared and stay, and the other two are divided by four.",
)

# ---------------------------------------------------------------- Members that differ

which_part = Choose(
    "which_part",
    PAGE,
    "A vote of 8 networks has an error variance of which nine tenths is ρσ². Which change can bring it down by more"
    " than a tenth?",
    options={
        "more": "voting with 800 networks in place of 8",
        "differ": "making the members differ more, at the same σ",
        "seeds": "choosing other seeds for the same recipe",
        "longer": "averaging each member's last ten epochs of predictions",
    },
    right="differ",
    why={
        "differ": "That lowers ρ, and so the floor.",
        "more": "Even infinitely many members leave ρσ², nine tenths of what there is now.",
        "seeds": "The same recipe has the same ρ: other seeds are other draws of the same kind.",
        "longer": "Epochs of one run say nearly the same: that part is shared, and stays.",
    },
)

# ---------------------------------------------------------------- How to vote

twice_as_hot = Choose(
    "twice_as_hot",
    PAGE,
    "You divide the scores of a trained network by T = 2 before the softmax. What changes?",
    options={
        "sure": "The probabilities come nearer to each other; the accuracy stays.",
        "accuracy": "The accuracy falls, for the scores are smaller.",
        "sharper": "The largest probability rises; the accuracy stays.",
        "nothing": "Nothing: the softmax does not mind a common factor.",
    },
    right="sure",
    why={
        "sure": "All differences of scores are halved, and their order stays.",
        "accuracy": "The largest score stays the largest, so the same class is named.",
        "sharper": "That is T below 1. Dividing by 2 halves the differences.",
        "nothing": "It does not mind a common *summand*. A factor changes the differences.",
    },
)

# ---------------------------------------------------------------- Weights

units = Choose(
    "units",
    PAGE,
    "You take a trained network and a copy in which the hidden units are in another order, with their weights. Both"
    " compute the same. What does the network with their mean weights do?",
    options={
        "same": "the same as both, for they are the same function",
        "other": "something else, and mostly worse",
        "vote": "the same as the vote of both",
    },
    right="other",
    why={
        "other": "Unit 1 of one is averaged with another unit of the other: half of each, and neither.",
        "same": "Functions are the same, weights are not: the mean is taken unit by unit.",
        "vote": "The vote averages what they say, here twice the same. The mean of weights is another network.",
    },
)

# ---------------------------------------------------------------- Snapshots

control = Choose(
    "control",
    PAGE,
    "Five snapshots vote and beat one run of the same length by five points. What do you look at before you say that"
    " the vote did it?",
    options={
        "each": "each snapshot alone, the first one above all",
        "more": "a run with ten cycles",
        "train": "the accuracy of the vote on the training digits",
        "seed": "the same run with another seed",
    },
    right="each",
    why={
        "each": "If one of them alone is as good as the vote, the vote has added nothing.",
        "more": "That changes the length of a cycle, and with it when the first snapshot is taken.",
        "train": "It says how much was learnt by heart, not what the vote brings.",
        "seed": "More seeds are always good. But the gain may be real on each, and still come from an early member.",
    },
)

# ---------------------------------------------------------------- The average of one run

two_steps = Number(
    "two_steps",
    PAGE,
    "An average with d = 0.9 starts at 0, without correction. The weight is 10 after the first step and 10 after the"
    " second. What does the average say then?",
    right=1.9,
    tolerance=0.001,
    confusions={
        10: "That is the corrected one: 1.9/(1 − 0.81).",
        1: "That is after the first step. The second adds again a tenth of 10.",
        2: "The old average, 1, is multiplied by 0.9 first.",
        9: "The weights are exchanged: d belongs to the old average.",
        9.9: "The weights are exchanged: d belongs to the old average.",
    },
    otherwise="0.9 · (old average) + 0.1 · 10, twice, from 0.",
    why="First 0.1 · 10 = 1, then 0.9 · 1 + 0.1 · 10.",
)

# ---------------------------------------------------------------- The gap

no_gap = Choose(
    "no_gap",
    PAGE,
    "Network A: 99 % in training, 91 % in validation. Network B: 90 % in training, 89 % in validation. Validation has"
    " 10,000 examples. Which do you take?",
    options={
        "a": "A: its validation accuracy is higher",
        "b": "B: it does not overfit",
        "neither": "neither: A overfits, B has not learnt enough",
    },
    right="a",
    why={
        "a": "It is two points better on what counts. That its gap is larger says where to look for more.",
        "b": "Its gap is small because it is worse in training, and that helps nobody.",
        "neither": "Both diagnoses may be right, and hints for the next try. Of these two A is better.",
    },
)
