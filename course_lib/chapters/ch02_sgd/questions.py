"""The questions of chapter 2, *What is wrong with SGD*: predictions in the order of the text, then self-checks.

Symbols as there: rate α, curvature λ, condition number κ, dimensions n.
"""

from course_lib.questions import Choose, Number, Predict

PAGE = "02_sgd"

# ---------------------------------------------------------------- predictions

sooner = Predict(
    "sooner",
    PAGE,
    "The ravine has κ = 100. At α = 1 gradient descent is on the valley floor after one step, and then walks straight."
    " At α = 1.98 it jumps from wall to wall at every step. At which rate is its distance from the minimum sooner down"
    " to a millionth?",
    options={
        "straight": "at 1, on the straight path",
        "jumping": "at 1.98, on the jumping path",
        "same": "at both about equally soon",
        "never": "at 1, for the jumping path never gets there",
    },
    right="jumping",
    line="You said {said}; the jumping path needs {steps} steps, and the straight one about twice as many.",
    shows=("zigzag", {"kappa": 100, "lr": 1.98}),
)

border = Predict(
    "border",
    PAGE,
    "A small network is trained with the gradient of all its examples, at α = 0.4. So its border 2/α is 5. Its largest"
    " curvature begins below that, and training raises it. What happens when it gets to 5?",
    options={
        "explodes": "the loss explodes",
        "stays": "it stays near 5, and the loss goes on falling",
        "passes": "it rises on as before, far above 5",
        "stops": "the loss stops falling",
    },
    right="stays",
    line="You said {said}; at the end of these runs it lies between {low} and {high}, beside the border {border}."
    " The loss went on falling.",
    shows=("edge", {"lr": 0.4}),
)

leaving = Predict(
    "leaving",
    PAGE,
    "Gradient descent starts a hundredth beside the ridge of a saddle. At α = 0.1 it is more than ½ away from the ridge"
    " after 43 steps. Now it starts a millionth beside it, ten thousand times nearer. How many steps will it need?",
    options={
        "same": "about as many",
        "three": "about three times as many",
        "many": "about ten thousand times as many",
        "never": "it never gets away",
    },
    right="three",
    line="You said {said}; it has left after step {left}.",
    shows=("saddle", {"distance": 1e-6}),
)

minima = Predict(
    "minima",
    PAGE,
    "A random symmetric matrix stands for the Hessian at a stationary point. With one dimension, it is a "
    "minimum half of"
    " the time. How often with three?",
    options={
        "half": "half of the time, too",
        "eighth": "one time in eight",
        "fortieth": "one time in forty",
        "often": "more often than half",
    },
    right="fortieth",
    line="You said {said}; of many such matrices {minimum} % are minima.",
    shows=("dimension", {"n": 3, "lift": 0.0}),
)

larger_batch = Predict(
    "larger_batch",
    PAGE,
    "At α = 0.5 and with 16 examples in a batch, the loss falls to a level and no further. You take 64 examples "
    "instead."
    " What becomes of that level?",
    options={
        "same": "it stays",
        "half": "half of it is left",
        "quarter": "a quarter of it is left",
        "zero": "it disappears",
    },
    right="quarter",
    line="You said {said}; about a quarter is left: {late} above the minimum.",
    shows=("minibatch", {"lr": 0.5, "batch": "64"}),
)

cured = Predict(
    "cured",
    PAGE,
    "Instead of a minibatch you take all examples for every gradient. Which of the three troubles goes away: "
    "the ravine,"
    " the saddle, the noise?",
    options={
        "all": "all three",
        "noise": "the noise alone",
        "two": "the saddle and the noise",
        "none": "none of them",
    },
    right="noise",
    line="You said {said}; the noise alone goes away. The other two are in the loss itself.",
)

# ---------------------------------------------------------------- Two curvatures, one rate

condition = Number(
    "condition",
    PAGE,
    "A quadratic has the curvatures 0.5, 2 and 50. What is its condition number?",
    right=100,
    tolerance=0.5,
    confusions={
        50: "That is the largest curvature. Divide it by the smallest.",
        25: "You divided by the second. The largest and the smallest count, whatever lies between them.",
        0.01: "That is the reciprocal. The condition number is at least 1.",
        10: "That is its root: how many times longer the valley is than it is wide.",
    },
    otherwise="Divide the largest curvature by the smallest.",
    why="50/0.5 = 100. The curvature between them does not matter.",
    others=(
        {
            "question": "A quadratic has the curvatures 0.2, 5 and 8. What is its condition number?",
            "right": 40,
            "tolerance": 0.2,
            "confusions": {
                8: "That is the largest curvature. Divide it by the smallest.",
                1.6: "You divided by the second. The largest and the smallest count, whatever lies between them.",
                0.025: "That is the reciprocal. The condition number is at least 1.",
                6.32: "That is its root: how many times longer the valley is than it is wide.",
            },
            "why": "8/0.2 = 40. The curvature between them does not matter.",
        },
        {
            "question": "A quadratic has the curvatures 4, 25 and 100. What is its condition number?",
            "right": 25,
            "tolerance": 0.2,
            "confusions": {
                100: "That is the largest curvature. Divide it by the smallest.",
                4: "You divided by the second. The largest and the smallest count, whatever lies between them.",
                0.04: "That is the reciprocal. The condition number is at least 1.",
                5: "That is its root: how many times longer the valley is than it is wide.",
            },
            "why": "100/4 = 25. The curvature between them does not matter.",
        },
    ),
)

# ---------------------------------------------------------------- How far off is the gradient?

points_home = Choose(
    "points_home",
    PAGE,
    "The ravine has κ = 100. From which of these points does −∇f lead straight to the minimum?",
    options={"across": "(−4, 0.4)", "diagonal": "(1, 1)", "along": "(−4, 0)", "none": "from none of them"},
    right="along",
    why={
        "along": "On an eigenvector the gradient points along it, whatever the curvature is: here it is only small.",
        "across": "That is the worst place of all: there x is √κ times as large as y.",
        "diagonal": "There the gradient is (0.01, 1): almost straight across the valley.",
        "none": "On an eigenvector it does, and one of the points lies on an axis of the ravine.",
    },
)

# ---------------------------------------------------------------- The limit and the best rate

limit = Number(
    "limit",
    PAGE,
    "The curvatures of a quadratic lie between 0.2 and 8. Below which rate is gradient descent stable?",
    right=0.25,
    tolerance=0.001,
    confusions={
        10: "That is 2/λ for the flattest direction. The steepest one explodes first.",
        0.125: "That is 1/λ for the steepest direction, which is then done in one step. The limit is twice that.",
        0.2439: "That is the best rate, 2/(0.2 + 8). The limit lies a little above it.",
        4: "That is 8/2: upside down.",
    },
    otherwise="The limit is 2/λ for the steepest direction.",
    why="2/8, for the steepest direction. The flat direction would allow 10.",
    others=(
        {
            "question": "The curvatures of a quadratic lie between 0.5 and 20. Below which rate is gradient descent"
            " stable?",
            "right": 0.1,
            "tolerance": 0.0005,
            "confusions": {
                4: "That is 2/λ for the flattest direction. The steepest one explodes first.",
                0.05: "That is 1/λ for the steepest direction, which is then done in one step. The limit is twice"
                " that.",
                0.0976: "That is the best rate, 2/(0.5 + 20). The limit lies a little above it.",
                10: "That is 20/2: upside down.",
            },
            "why": "2/20, for the steepest direction. The flat direction would allow 4.",
        },
        {
            "question": "The curvatures of a quadratic lie between 0.01 and 4. Below which rate is gradient descent"
            " stable?",
            "right": 0.5,
            "tolerance": 0.0005,
            "confusions": {
                200: "That is 2/λ for the flattest direction. The steepest one explodes first.",
                0.25: "That is 1/λ for the steepest direction, which is then done in one step. The limit is twice"
                " that.",
                0.4988: "That is the best rate, 2/(0.01 + 4). The limit lies a little above it.",
                2: "That is 4/2: upside down.",
            },
            "why": "2/4, for the steepest direction. The flat direction would allow 200.",
        },
    ),
)

doubled = Choose(
    "doubled",
    PAGE,
    "A ravine has κ = 1000, and your rate is exactly half of the limit. You change to the best rate. What do you gain?",
    options={
        "nothing": "almost nothing",
        "two": "about half of the steps",
        "root": "all but about one step in 30",
        "many": "all but about two steps",
    },
    right="two",
    why={
        "two": "The best rate is almost twice yours, and the steps go down with the rate, but κ is still there.",
        "root": "That would be momentum's gain over the best rate, √κ, in chapter 3. No rate does this.",
        "nothing": "In the flat direction twice the rate halves the steps, and that is the slow one.",
        "many": "A steep direction alone could be done in one step. The flat one decides.",
    },
)

# ---------------------------------------------------------------- The edge of stability

lower_rate = Choose(
    "lower_rate",
    PAGE,
    "Full batch, α = 0.5: after some thousand steps the largest curvature stays near 4. You lower the rate to 0.25 and"
    " go on training. What may the largest curvature do now?",
    options={
        "stay": "stay at 4, for the network has that curvature",
        "fall": "fall to about 2",
        "rise": "rise again, at most to about 8",
        "explode": "grow without bound",
    },
    right="rise",
    why={
        "rise": "What held it was the border 2/α, and the border has moved from 4 to 8.",
        "stay": "The network had 4 because of the rate: the border 2/α held it there.",
        "fall": "The border is 2/α. A smaller rate makes it larger.",
        "explode": "At the new border, 8, gradient descent would hold it again.",
    },
)

# ---------------------------------------------------------------- Flat places that are no minima

ten_times = Number(
    "ten_times",
    PAGE,
    "Near a ridge with the curvature −1 across it, gradient descent runs at α = 0.2. How many more steps"
    " does it take to leave from a place ten times nearer?",
    right=12.6,
    tolerance=0.9,
    confusions={
        10: "Ten times the distance is not ten steps: the distance grows by the factor 1.2 per step.",
        5: "That is 1/α. Ask how many factors of 1.2 make 10.",
        2.3: "That is log 10. Divide it by the logarithm of the factor, log 1.2.",
        24.2: "That is for α = 0.1. At twice the rate it takes about half as many.",
    },
    otherwise="The distance grows by 1 + α = 1.2 per step. Which power of 1.2 is 10?",
    why="log 10/log 1.2 = 12.6: a fixed number of steps, however near it is already.",
)

# ---------------------------------------------------------------- Why saddles

downhill = Number(
    "downhill",
    PAGE,
    "At the lift s = 1.5, about 7 % of all curvatures are negative in this model, whatever n is, if it is large."
    " Along how many eigenvectors does the loss curve down at such a point in 200 dimensions?",
    right=14,
    tolerance=1.01,
    confusions={
        7: "That is the percentage. Take it of 200 directions.",
        0: "That would be a minimum. Few directions lead down, but with 200 of them hardly ever none.",
        100: "That is half of them, as without a lift.",
        186: "Along so many it curves up.",
    },
    otherwise="Take 7 % of 200.",
    why="7 % of 200. Such a point looks almost like a minimum, and is a saddle.",
)

# ---------------------------------------------------------------- A minibatch is a noisy compass

two_changes = Number(
    "two_changes",
    PAGE,
    "At α = 0.05 and with 32 examples in a batch, the loss settles 0.004 above its minimum. What do you expect "
    "at α = 0.1"
    " and with 256 examples, as long as αλ is small?",
    right=0.001,
    tolerance=0.00002,
    confusions={
        0.004: "The two changes do not cancel: the rate is doubled, but the batch is eight times as large.",
        0.0005: "You left the rate as it was. Twice the rate doubles the floor.",
        0.008: "You left the batch as it was. Eight times as many examples leave an eighth.",
        0.002: "You took half of α/b. It is twice the rate over eight times the batch.",
        0.064: "You multiplied by the batch. Averaging over more examples makes the noise smaller.",
    },
    otherwise="The floor goes like α/b.",
    why="The floor goes like α/b: twice over eight is a quarter.",
)

# ---------------------------------------------------------------- All three in one network

what_point = Choose(
    "what_point",
    PAGE,
    "After 50 epochs about 30 of the 226 curvatures are negative, and the gradient's length is 0.04 to 0.07. What has"
    " SGD arrived at?",
    options={
        "minimum": "a local minimum",
        "saddle": "a saddle point",
        "none": "no stationary point at all",
        "maximum": "a maximum",
    },
    right="none",
    why={
        "minimum": "At a minimum no curvature is negative, and the gradient is 0. Neither is so here.",
        "saddle": "At a saddle point, too, the gradient is 0. The curvatures alone do not make a stationary point.",
        "none": "The gradient is not 0, so the loss still falls. Training was stopped on the way.",
        "maximum": "Most curvatures are positive, and the gradient is not 0.",
    },
)
