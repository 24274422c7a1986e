"""The questions of chapter 11, *Data augmentation*: predictions in the order of the text, then self-checks."""

from course_lib.questions import Choose, Number, Predict

PAGE = "11_augmentation"

# ---------------------------------------------------------------- predictions

one_pixel = Predict(
    "one_pixel",
    PAGE,
    "The network names 92 % of the test digits. Now every test digit is moved one pixel to the right. How many does it"
    " name?",
    options={"same": "about 90 %", "some": "about 75 %", "few": "fewer than half"},
    right="few",
    line="You said {said}; it is {claim:one-pixel.right:.0f} %.",
)

how_far = Predict(
    "how_far",
    PAGE,
    "Two smaller networks, of 32 units and one seed, see a 6 that is turned in steps of 10°. How far does the plain one"
    " still name it, in the direction in which it lasts longer?",
    options={"ten": "10° to 30°", "fifty": "40° to 60°", "ninety": "70° or more"},
    right="ten",
    line="You said {said}; the plain network names it from {plain_low}° to {plain_high}°, the one trained on moved"
    " digits from {augmented_low}° to {augmented_high}°.",
    shows=("turn", {"digit": 6, "angle": 180}),
)

half_turn = Predict(
    "half_turn",
    PAGE,
    "A network is trained on digits that are turned by up to 180°, in as many steps, and tested on digits as they are."
    " How does its accuracy change?",
    options={
        "up": "it rises: it has seen every angle",
        "same": "by less than three points",
        "down": "it falls by more than ten points",
    },
    right="down",
    line="You said {said}; it falls by {claim:half-turn.loss:.0f} points.",
)

stronger = Predict(
    "stronger",
    PAGE,
    "Half of the jitter, ±0.4 pixels and ±6°, gains a point, the full jitter three. What does twice the jitter do,"
    " ±1.6 pixels and ±24°, in the same 800 steps?",
    options={
        "more": "it gains about six points",
        "same": "it gains about three points",
        "loses": "it loses against no jitter at all",
    },
    right="loses",
    line="You said {said}; the accuracy falls to {claim:too-strong.double:.0f} %, from {claim:too-strong.none:.0f} %"
    " without any.",
)

window_share = Predict(
    "window_share",
    PAGE,
    "A photograph 1.5 times as wide as high gets a short side between 256 and 480 pixels, and a random window of 224 ×"
    " 224 is cut out. How much of the photograph does it show, on average?",
    options={"quarter": "about a quarter", "half": "about half", "most": "about three quarters"},
    right="quarter",
    line="You said {said}; these ten show {mean} % on average.",
    shows=("windows", {"how": "random", "short": 256, "draw": 1}),
)

unblended = Predict(
    "unblended",
    PAGE,
    "In mixup somebody forgets the labels: images are blended, and each blend keeps the label of one of the two. How"
    " do the test's accuracy and loss compare with those of blended labels?",
    options={
        "accuracy": "the accuracy falls by more than ten points",
        "loss": "the accuracy hardly changes, but the loss is at least doubled",
        "nothing": "nothing: neither of them changes much",
    },
    right="loss",
    line="You said {said}; the accuracy is {claim:unblended.accuracy:.0f} %, and the loss"
    " {claim:unblended.loss:.2f} in place of {claim:unblended.blended:.2f} with blended labels.",
)

copied = Predict(
    "copied",
    PAGE,
    "Of 100 digits ten copies each are made, moved by at most 0.3 pixels. The 1,000 copies are shuffled; 800 are for"
    " training, 200 for validation. And the 100 labels were drawn by lot: there is nothing to learn. What is the"
    " validation accuracy?",
    options={"guess": "10 %, a guess", "some": "about 50 %", "nearly": "more than 90 %"},
    right="nearly",
    line="You said {said}; it is {claim:by-lot.validation:.0f} %.",
)

# ---------------------------------------------------------------- where a pixel comes from

between = Number(
    "between",
    PAGE,
    "A new pixel comes from a place between four old ones: upper left 0, upper right 1, lower left 0, lower right 0. It"
    " lies a quarter of the way to the right, and half of the way down. What is its grey level?",
    right=0.125,
    tolerance=0.001,
    confusions={
        0.25: "That is the upper row alone. Go half of the way down, to a row of zeros.",
        0.375: "You went three quarters of the way to the right.",
        0.5: "You only went down. Along the upper row the level is a quarter.",
        0.0: "That is the nearest old pixel.",
    },
    otherwise="First along both rows, then from the upper to the lower.",
    why="The upper row gives 0.25, the lower 0, and half-way between them is 0.125.",
)

way_back = Choose(
    "way_back",
    PAGE,
    "An image is to be turned by 30° counter-clockwise. For each new pixel you ask where it comes from. How do you turn"
    " its place?",
    options={
        "back": "by 30° clockwise",
        "forth": "by 30° counter-clockwise",
        "twice": "by 60° clockwise",
    },
    right="back",
    why={
        "back": "The inverse map leads from the new image to the old one.",
        "forth": "That is where an old pixel goes. The image would turn the wrong way.",
        "twice": "One inverse is enough.",
    },
)

# ---------------------------------------------------------------- the label

which_change = Choose(
    "which_change",
    PAGE,
    "For which task does a mirror image, left to right, keep the labels?",
    options={
        "letters": "naming printed letters",
        "animals": "telling cats from dogs",
        "signs": "telling traffic signs for left and right turns",
    },
    right="animals",
    why={
        "letters": "A b becomes a d, and most letters become signs that nobody writes.",
        "animals": "A mirrored cat is a cat.",
        "signs": "Left becomes right: the mirror image has the other label.",
    },
)

mildly = Choose(
    "mildly",
    PAGE,
    "With a mild jitter the training accuracy, measured on the jittered minibatches, is 91 %, and the validation"
    " accuracy 95 %. What does this tell?",
    options={
        "normal": "nothing bad: the jittered images are harder",
        "leak": "the validation digits have been trained on",
        "weak": "the jitter must be made stronger",
    },
    right="normal",
    why={
        "normal": "Training sees moved digits, validation digits as they are.",
        "leak": "A leak would show in a test accuracy far below both.",
        "weak": "If training is the harder of the two already, more jitter hardly helps.",
    },
)

# ---------------------------------------------------------------- blending

blended_label = Number(
    "blended_label",
    PAGE,
    "CutMix pastes a square of 4 × 4 pixels of a 6 into a 3 of 8 × 8 pixels. What probability does the label give to"
    " the 6?",
    right=0.25,
    tolerance=0.001,
    confusions={
        0.5: "That is the square's side over the image's. It is the area that counts.",
        0.75: "That is the 3's share.",
        1.0: "Most of the image is still the 3's.",
        0.0: "The label is blended, too.",
    },
    otherwise="How many of the pixels are the 6's?",
    why="16 of 64 pixels.",
    others=(
        {
            "question": "CutMix pastes a square of 2 × 2 pixels of a 6 into a 3 of 8 × 8 pixels. What probability"
            " does the label give to the 6?",
            "right": 0.0625,
            "confusions": {
                0.25: "That is the square's side over the image's. It is the area that counts.",
                0.9375: "That is the 3's share.",
                1.0: "Most of the image is still the 3's.",
                0.0: "The label is blended, too.",
            },
            "why": "4 of 64 pixels.",
        },
        {
            "question": "CutMix pastes a square of 6 × 6 pixels of a 6 into a 3 of 8 × 8 pixels. What probability"
            " does the label give to the 6?",
            "right": 0.5625,
            "confusions": {
                0.75: "That is the square's side over the image's. It is the area that counts.",
                0.4375: "That is the 3's share.",
                1.0: "Some of the image is still the 3's.",
                0.0: "The label is blended, too.",
            },
            "why": "36 of 64 pixels.",
        },
    ),
)

# ---------------------------------------------------------------- train only

when_to_split = Choose(
    "when_to_split",
    PAGE,
    "You have 1,000 labelled photographs, and want five jittered copies of each to train on. In which order?",
    options={
        "split": "split, then copy the training part",
        "copy": "copy all, shuffle, then split",
        "both": "split, then copy both parts",
    },
    right="split",
    why={
        "split": "Validation has new photographs, each as it is.",
        "copy": "Then nearly every validation photograph has a copy in training.",
        "both": "Nothing leaks, but you validate on photographs that are harder than those of the test.",
    },
)
