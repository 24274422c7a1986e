"""Which strategy of transfer to choose: a table like the lecture's, callable, with reasons and what was measured."""

from __future__ import annotations

from dataclasses import dataclass

from course_lib.validation import check_count


@dataclass(frozen=True)
class Advice:
    """What to do with a pretrained network, and why; print it.

    Attributes:
        strategy: "frozen", "last block, rate/10", "all, rate/10" or "all, full rate"; a row of `course study transfer`.
        reasons: sentences.
    """

    strategy: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.strategy}:", *(f"- {reason}" for reason in self.reasons)])


#: The least number of labels of each class that counts as many.
MANY = {"similar": 10, "different": 50}
ADVICE = {
    ("similar", "few"): Advice(
        "frozen",
        (
            "The features are right for such images: only their meaning is new, and a linear head learns that.",
            "It costs a second and forgets nothing; training all weights brought less than a point more on digits.",
        ),
    ),
    ("similar", "many"): Advice(
        "all, rate/10",
        (
            "There are enough labels to correct the features, too, after the head has been fitted to them.",
            "The features are nearly right: a tenth of the head's rate corrects them and cannot forget much. On digits "
            "the full rate was as good, once the head had been fitted.",
            "With 50 labels of each class it was still a little ahead of training from scratch on digits: compare.",
        ),
    ),
    ("different", "few"): Advice(
        "all, rate/10",
        (
            "No choice is good: the late features are wrong for such images, and the labels are few for learning "
            "new ones.",
            "The early stages, edges and strokes, are the most general. But on textures frozen features, and the last "
            "block alone, were far behind a small change of all weights.",
            "Features can mislead: compare with training from scratch, and look for more labels.",
        ),
    ),
    ("different", "many"): Advice(
        "all, full rate",
        (
            "The features must change much, and there are enough labels to train them.",
            "Pretrained weights are then little more than an initialization: compare with training from scratch, which "
            "was as good or better on textures.",
        ),
    ),
}


def choose_strategy(similarity: str, labels_per_class: int) -> Advice:
    """Return advice on what to do with a pretrained network: similar or different images, few labels or many.

    Few means fewer than 10 of each class if the images are similar, and fewer than 50 if they are not.

    The lecture's table differs in three entries. For different images and few labels it advises linear classifiers on
    several stages, which were not measured here. For many labels it trains a few layers if the images are similar, and
    more of them if they are not.

    Args:
        similarity: of the new images to those that the network was trained on, "similar" or "different".
        labels_per_class: number of labelled images of each class.

    Returns:
        The strategy, with its reasons.

    >>> print(choose_strategy("similar", 2))
    frozen:
    - The features are right for such images: only their meaning is new, and a linear head learns that.
    - It costs a second and forgets nothing; training all weights brought less than a point more on digits.

    Source: after Li, Johnson and Yeung, CS231n Lecture 7: Training Neural Networks, Part II, 2017.
    """
    if similarity not in MANY:
        raise ValueError(f"similarity must be 'similar' or 'different', not {similarity!r}")
    few = check_count("labels_per_class", labels_per_class) < MANY[similarity]
    return ADVICE[similarity, "few" if few else "many"]
