"""The questions of chapter 12, *Transfer learning*."""

from course_lib.questions import Choose, Number, Predict

PAGE = "12_transfer"

# ---------------------------------------------------------------- predictions

two_labels = Predict(
    "two_labels",
    PAGE,
    "The network has learnt letters only, and its weights stay as they are. A new head is fitted to twenty digits, two"
    " of each class. How many of the other digits does it name, compared with the network trained from scratch?",
    options={
        "fewer": "fewer, for a letter is no digit",
        "same": "about as many",
        "more": "about ten points more",
    },
    right="more",
    line="You said {said}; it names {accuracy} %, from scratch it is {alone} %: {gain} points.",
    shows=("labels", {"target": "digits", "strategy": "frozen", "n": 2}),
)

which_stage = Predict(
    "which_stage",
    PAGE,
    "By the distances after which stage of the letters network is the nearest of five labels a class right most often?",
    options={
        "pixels": "between pixels: later stages are made for letters",
        "early": "after the first two convolutions, which find edges",
        "late": "at the end, between features",
    },
    right="late",
    line="You said {said}; by the features it is right for {nearest} %, by pixels for {before} %.",
    shows=("features", {"net": "letters", "stage": "features"}),
)

random_head = Predict(
    "random_head",
    PAGE,
    "All weights are trained at one rate below a random head, on twenty digits. Compare with a fitted head on frozen"
    " features: what becomes of digits and letters?",
    options={
        "better": "more digits are read, and nearly all letters are kept",
        "digits": "fewer digits are read, and nearly all letters are kept",
        "both": "fewer digits are read, and many letters are lost",
    },
    right="both",
    line="You said {said}; it reads {of_digits} % of the digits, with all frozen {frozen} %, and {of_letters} % of the"
    " letters.",
    shows=("forget", {"head": "random", "ratio": 1.0}),
)

no_grad = Predict(
    "no_grad",
    PAGE,
    "Afterwards the old head is put back. It has not been touched, and neither has any weight below it. How many of the"
    " letters, which are as bright as before, are still read?",
    options={
        "all": "all that were read before",
        "few": "some five points fewer",
        "many": "more than twenty points fewer",
    },
    right="many",
    line="You said {said}; before it was {before} %, now it is {letters} %.",
    shows=("statistics", {"look": "dim", "how": "requires_grad"}),
)

from_digits = Predict(
    "from_digits",
    PAGE,
    "The head for 5–9 is fitted to five labels a class on frozen features of the network for 0–4. How does it do"
    " against a network that is trained from scratch on the same 25 labels?",
    options={
        "better": "better: digits are like digits",
        "same": "about as well",
        "worse": "worse by more than ten points",
    },
    right="worse",
    line="You said {said}; it names {accuracy} %, from scratch it is {alone} %.",
    shows=("harm", {"strategy": "frozen", "n": 5}),
)

how_much = Predict(
    "how_much",
    PAGE,
    "On the textures, how much of what all weights gain over the head alone do adapters of rank 4, trained with batch"
    " norm, gain?",
    options={
        "none": "next to nothing: they are too few",
        "part": "a part, between a quarter and two thirds",
        "all": "more than four fifths",
    },
    right="all",
    line="You said {said}; the head alone names {claim:side-by-side.none:.1f} %, with adapters it is"
    " {claim:side-by-side.four:.1f} %, with all weights {claim:side-by-side.all:.1f} %.",
)

# ---------------------------------------------------------------- self-checks

most_general = Choose(
    "most_general",
    PAGE,
    "Random weights make worse features of digits than the pixels are, learnt ones better ones. What follows?",
    options={
        "form": "the form of a convolutional network is what transfers",
        "learnt": "what was learnt from letters is what transfers",
        "digits": "the letters network must have seen digits",
    },
    right="learnt",
    why={
        "form": "Both networks have the same form, and only one of them helps.",
        "learnt": "Only the weights differ between the two.",
        "digits": "It need not have: the strokes and loops are in letters, too, and a 0 is much like an O.",
    },
)

what_for = Choose(
    "what_for",
    PAGE,
    "Why can the features of a frozen network be computed once, before the head is fitted?",
    options={
        "constant": "they are the same at every step",
        "convex": "the head's loss is convex",
        "few": "there are only 128 of them",
    },
    right="constant",
    why={
        "constant": "Nothing below the head changes, so each image always has the same features.",
        "convex": "So it is, but that is why no local minimum can trap the fit. It says nothing of the features.",
        "few": "Their number makes the fit cheap. They could still change if the network below were trained.",
    },
)

rate_of = Number(
    "rate_of",
    PAGE,
    "Six stages, conv1, conv2, conv3, conv4, embed and head; conv1 and conv2 are frozen. The head's rate is 0.05, the"
    " old part learns at a tenth. What is the rate of conv3?",
    right=0.005,
    tolerance=0.00001,
    confusions={
        0.05: "That is the head's rate.",
        0.0: "Only the first two stages are frozen; conv3 is the third.",
        0.5: "You multiplied by ten: the old part learns more slowly than the head.",
        0.00005: "A tenth once, not once for each stage between it and the head.",
    },
    otherwise="A tenth of the head's rate, for every stage that is trained below it.",
    why="A tenth of 0.05.",
)

corner = Choose(
    "corner",
    PAGE,
    "Fifty labels a class, and images quite unlike those of the pretraining. What does the table make you do?",
    options={
        "frozen": "fit a head on frozen features",
        "full": "train all at the full rate, and from scratch as well, and compare",
        "tenth": "train the last stages at a tenth of the rate",
    },
    right="full",
    why={
        "frozen": "That is for few labels and similar images: here the late features are wrong.",
        "full": "The features must change much, there are labels enough, and scratch may win.",
        "tenth": "Small steps correct what is nearly right. On unlike images it is not.",
    },
)

when_frozen = Choose(
    "when_frozen",
    PAGE,
    "Your new photographs are darker than those of the pretraining. Only the new task counts, and minibatches have 64"
    " images. What of batch norm's statistics?",
    options={
        "freeze": "they must be frozen",
        "follow": "they may follow the new images",
        "never": "they never change without gradients",
    },
    right="follow",
    why={
        "freeze": "That protects the old task, which does not count here. It is worth a try, and no must.",
        "follow": "The new images are then normalized by their own mean and variance. A try tells if that is better.",
        "never": "In training mode they move at each step, by an average and not by a gradient.",
    },
)

signs = Choose(
    "signs",
    PAGE,
    "A head on frozen features names 68 % of the test images. Which second number tells you whether the transfer"
    " harms?",
    options={
        "scratch": "the accuracy of a network trained from scratch on the same labels",
        "old": "the accuracy of the network on its old task",
        "train": "the accuracy on the training images",
    },
    right="scratch",
    why={
        "scratch": "Harm means: worse than without. So it takes a run without.",
        "old": "The network for 0–4 was excellent at its old task, and of little use for 5–9.",
        "train": "It shows whether the head fits its labels, not whether other features would do better.",
    },
)

count_adapter = Number(
    "count_adapter",
    PAGE,
    "The third convolution has 64 output channels, 32 input channels and 3 × 3 windows. How many weights does an"
    " adapter of rank 4 have there?",
    right=1408,
    tolerance=0.5,
    confusions={
        18432: "That is the convolution itself, 64 · 288.",
        384: "A row of the matrix has 32 · 3 · 3 entries, not 32.",
        352: "That is rank 1.",
        73728: "You multiplied m and k. B and A have r·m and r·k weights, which add up.",
        1152: "That is A alone; B has 4 · 64.",
    },
    otherwise="m = 64, k = 32 · 9 = 288, and r(m + k) weights.",
    why="4 · (64 + 288).",
)

normalize = Choose(
    "normalize",
    PAGE,
    "The published network was trained on pixels from which the mean of each colour was subtracted, divided by the"
    " standard deviation. You hand it pixels in [0, 1]. In evaluation mode, what happens?",
    options={
        "error": "an error: the range is wrong",
        "worse": "it runs, and its features are worse",
        "same": "nothing: batch norm makes up for it",
    },
    right="worse",
    why={
        "error": "Numbers are numbers: no layer can know where they come from.",
        "worse": "Every filter meets another brightness and contrast than in its training, and nothing says so.",
        "same": "In evaluation mode batch norm divides by what it has stored, which is for normalized pixels.",
    },
)
