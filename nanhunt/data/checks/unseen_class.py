"""Classes that no pixel has."""

from typing import Iterator

from nanhunt.data.checks.base import NOTE, WARNING, Check, Problem, Whole

ENOUGH = 100
"""Images from which on a class that never came up is no accident."""


class UnseenClass(Check):
    """The network has an output for it that only ever learns to be silent; metrics count it as 0 or leave it out."""

    name = "unseen-class"
    advice = "an output that learns to be silent: wrong --num-class, or labels that are missing"

    def whole(self, whole: Whole) -> Iterator[Problem]:
        statistics = whole.summary.statistics
        splits = {split for split, _ in statistics.images}
        if not whole.complete or not splits:
            return
        learnt = "train" if "train" in splits else min(splits)
        images = sum(whole.index.split_of(position) == learnt for position in range(len(whole.index)))
        for label in range(whole.settings.num_class):
            if statistics.images[learnt, label]:
                continue
            elsewhere = [split for split in sorted(splits) if statistics.images[split, label]]
            if elsewhere:
                held = ", ".join(f"{statistics.images[split, label]} in {split}" for split in elsewhere)
                message = f"expected images with it in {learnt}, found none ({held})"
            else:
                message = f"expected images with it in {learnt}, found none of {images:,}"
            severity = WARNING if images >= ENOUGH else NOTE
            yield Problem(self.name, severity, None, whole.class_name(label), message)
