"""The questions of chapter 13, *Putting it together*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "13_challenge"

# ---------------------------------------------------------------- predictions

neighbour = Predict(
    "neighbour",
    PAGE,
    "A network with 128 hidden units is trained on a hundred digits. The other contestant trains nothing: it gives each"
    " new digit the label of the nearest of the hundred, pixel by pixel. Who names more of 1,100 other digits?",
    options={
        "network": "the network, by more than two points",
        "neighbour": "the nearest neighbour, by more than two points",
        "near": "they are within two points",
    },
    right="near",
    line="You said {said}; over ten draws the nearest neighbour is {claim:neighbour.gain:.1f} points above the network,"
    " ± {claim:neighbour.error:.1f}.",
)

sorted_file = Predict(
    "sorted_file",
    PAGE,
    "A file holds the hundred digits sorted by class, and is cut into five blocks without shuffling. When the first"
    " block is held out, how many of the ten classes has the classifier never seen?",
    options={"none": "none of them", "two": "two of them", "eight": "eight of them"},
    right="two",
    line="You said {said}; it has never seen {missing} of them, and is asked about no others.",
    shows=("folds", {"folds": 5, "fold": 1, "shuffled": False}),
)

five_more = Predict(
    "five_more",
    PAGE,
    "On five draws of labels a network with dropout is above the nearest neighbour by 0.8 points on average, with an"
    " error of 0.6. Five draws more are measured. Which of the two will be ahead over all ten?",
    options={
        "more": "dropout: it leads",
        "open": "nobody can know yet",
        "less": "the nearest neighbour: the lead was luck",
    },
    right="open",
    line="You said {said}; after {draws} draws they happen to be level: the mean difference is {gain} points, its error"
    " {paired}, and dropout wins {wins} draws.",
    shows=("rungs", {"first": "pixels", "second": "dropout", "draws": 10}),
)

winner = Predict(
    "winner",
    PAGE,
    "One recipe is entered 32 times with other seeds, and each entry is scored on the same 50 public digits. By how"
    " much is the best public score too high, on average?",
    options={"little": "by less than a point", "some": "by one or two points", "much": "by three points or more"},
    right="much",
    line="You said {said}; over forty boards it is {lead} points, ± {lead_error}.",
    shows=("board", {"entries": 32, "public": 50}),
)

wider = Predict(
    "wider",
    PAGE,
    "In 20 epochs, the best of the rates from 0.001 to 0.01 reaches 55 %, and that best rate is 0.009. Now rates up to"
    " 1 are searched as well. What does the best one reach?",
    options={
        "same": "about 55 %: the best rate has been found",
        "some": "about 70 %",
        "much": "more than 85 %",
    },
    right="much",
    line="You said {said}; it reaches {score} %, with a rate of {rate}.",
    shows=("tune", {"budget": "20", "high": 1, "strongest": 1}),
)

dearer = Predict(
    "dearer",
    PAGE,
    "To a network with augmentation and input noise, more computing is given in one of two ways: five such networks"
    " vote, or one is trained three times as long. Which is better on these hundred labels?",
    options={"vote": "the vote", "longer": "training longer", "level": "they are less than a tenth of a point apart"},
    right="longer",
    line="You said {said}; training longer is {claim:vote-or-longer.gap:.1f} points above the vote, ±"
    " {claim:vote-or-longer.error:.1f}, and takes {claim:vote-or-longer.longer:.1f} CPU seconds a draw in place of"
    " {claim:vote-or-longer.vote:.1f}.",
)

# ---------------------------------------------------------------- a number you may trust

twenty = Number(
    "twenty",
    PAGE,
    "A classifier that names 80 % is tested on 100 digits. What is the standard error of its score, in points?",
    right=4,
    tolerance=0.05,
    unit="points",
    confusions={
        16: "That is the variance of the score, in points². The error is its root.",
        0.16: "That is p(1 − p), the variance of a single digit, as a share. Divide by n, take the root, times 100.",
        0.4: "That is the spread of a single digit, as a share; or you divided by n, and not by its root.",
        0.04: "That is the error as a share. In points it is a hundred times as many.",
        40: "That is the spread of a single digit. A mean of 100 is surer by 10.",
        5: "That is ½/√n, the largest that the error can be; here p is not ½.",
        8: "That is two errors.",
        8.94: "You took p for the variance of one digit; it is p(1 − p).",
    },
    otherwise="It is the root of p(1 − p)/n, times 100 to have it in points.",
    why="√(0.8 · 0.2/100) = 0.04, which is 4 points.",
)

# ---------------------------------------------------------------- pairs

which_error = Choose(
    "which_error",
    PAGE,
    "Two recipes were measured on the same ten draws: 93.5 ± 0.3 % and 94.1 ± 0.3 %. May you say which is better?",
    options={
        "no": "no: the two errors overlap",
        "yes": "yes: the second is 2 errors above",
        "pairs": "not from these numbers: the differences, draw by draw, would tell",
    },
    right="pairs",
    why={
        "no": "Each error contains the luck of the draws, which both share. The difference may be much surer.",
        "yes": "The error of a difference is neither of the two. It comes from the differences, draw by draw.",
        "pairs": "What both owe to a draw drops out of its difference.",
    },
)

# ---------------------------------------------------------------- luck

ten_tries = Choose(
    "ten_tries",
    PAGE,
    "Ten recipes are in truth equally good. Each is tested on digits of its own, so that each score has an independent"
    " error of 0.5 points. You report the best score. Where does it lie, on average?",
    options={
        "true": "at the truth",
        "some": "about 0.8 points above it",
        "five": "5 points above it",
        "root": "0.16 points above it",
    },
    right="some",
    why={
        "true": "Each single score does. You report the largest of ten.",
        "some": "The best of ten lies 1.54 errors above the truth. On the same digits it would be less: what they are"
        " worth to all alike is no luck of one.",
        "five": "Ten errors: luck does not add up like this. The best of ten is one draw.",
        "root": "That is the error of the mean of ten. You report the largest.",
    },
)

# ---------------------------------------------------------------- tuning

at_the_edge = Choose(
    "at_the_edge",
    PAGE,
    "In your search for λ between 0.001 and 0.1 the three best settings have λ below 0.002. What next?",
    options={
        "lower": "search smaller λ as well",
        "finer": "search more finely between 0.001 and 0.002",
        "take": "take the best of the three",
    },
    right="lower",
    why={
        "lower": "The best settings are at the edge, so better ones may lie beyond it; perhaps none at all is best.",
        "finer": "That is finer, and still at the edge.",
        "take": "It is the best of what was searched, and the search ends where it gets better.",
    },
)
