"""The question of the page *A network in this page*."""

from course_lib.questions import Predict

same = Predict(
    "same",
    "network",
    "Three networks with the same initial weights learn the same 300 digits for 20 epochs, each at a rate that suits"
    " its method: SGD at 0.5, momentum at 0.1, Adam at 0.01. Which will be right most often on 500 other digits?",
    options={
        "sgd": "SGD's, by more than two points",
        "momentum": "momentum's, by more than two points",
        "adam": "Adam's, by more than two points",
        "same": "none, they differ by less",
    },
    right="same",
    line="You said {said}; SGD's is right on {accuracy_SGD:.1f} % of them, momentum's on {accuracy_Momentum:.1f} % and"
    " Adam's on {accuracy_Adam:.1f} %.",
    shows=("training", {}),
)
