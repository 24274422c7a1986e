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


#: From how many labels of each class on the images count as many.
MANY = {"similar": 10, "different": 50}
ADVICE = {
    ("similar", "few"): Advice(
        "frozen",
        (
            "The features are right for such images: only their meaning is new, and a linear head learns that.",
            "So few labels would be learnt by heart, were there hundreds of thousands of weights to do it with.",
        ),
    ),
    ("similar", "many"): Advice(
        "all, rate/10",
        (
            "There are labels enough to correct the features as well, after the head has been fitted to them.",
            "The features are nearly right: a tenth of the head's rate corrects them and cannot forget much. On digits "
            "the full rate was as good, once the head had been fitted.",
            "With about 50 labels of each class, training from scratch was as good on digits: compare.",
        ),
    ),
    ("different", "few"): Advice(
        "all, rate/10",
        (
            "No choice is good: the late features are wrong for such images, and the labels hardly teach new ones.",
            "The early stages, edges and strokes, are the most general. But on textures frozen features, and the last "
            "block alone, were far behind what changes everywhere a little.",
            "Features can mislead: compare with training from scratch, and look for more labels.",
        ),
    ),
    ("different", "many"): Advice(
        "all, full rate",
        (
            "The features must change much, and there are labels enough to teach them.",
            "Pretrained weights are then little more than first weights: compare with training from scratch, which "
            "was as good or better on textures.",
        ),
    ),
}


def choose_strategy(similarity: str, labels_per_class: int) -> Advice:
    """Return advice on what to do with a pretrained network: similar or different images, few labels or many.

    Few are less than 10 of each class if the images are similar, and less than 50 if they are not.

    The lecture's table is the same but for two words. For different images and few labels it advises a linear
    classifier on features of several stages; here changing everything a little was better. For similar images and many
    labels it changes a few layers only.

    Args:
        similarity: of the new images to those that the network has learnt from, "similar" or "different".
        labels_per_class: how many labelled images there are of each class.

    Returns:
        The strategy, with its reasons.

    Raises:
        TypeError, ValueError: another word, or no such number.

    >>> print(choose_strategy("similar", 2))
    frozen:
    - The features are right for such images: only their meaning is new, and a linear head learns that.
    - So few labels would be learnt by heart, were there hundreds of thousands of weights to do it with.

    Source: after Li, Johnson and Yeung, CS231n Lecture 7: Training Neural Networks, Part II, 2017.
    """
    if similarity not in MANY:
        raise ValueError(f"similarity must be 'similar' or 'different', not {similarity!r}")
    few = check_count("labels_per_class", labels_per_class) < MANY[similarity]
    return ADVICE[similarity, "few" if few else "many"]
