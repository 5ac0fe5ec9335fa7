"""Classes that have nearly all pixels, or nearly none."""

from typing import Iterator

from nanhunt.data.checks.base import NOTE, WARNING, Check, Problem, Whole

MOST = 0.99
"""Whoever answers this class everywhere is 99 % right."""

RARE = 1e-5
"""Ten pixels of a million."""


class ClassImbalance(Check):
    """Pixel accuracy means nothing with the one, and gradients of the other drown."""

    name = "class-imbalance"
    advice = "the loss sees little else, or hardly ever this: weigh classes, judge by mIoU"

    def whole(self, whole: Whole) -> Iterator[Problem]:
        statistics = whole.summary.statistics
        total = statistics.labelled()
        if not whole.complete or not total:
            return
        for label in range(whole.settings.num_class):
            pixels, images = statistics.of_label(label)
            if pixels > MOST * total:
                message = f"expected {MOST:.0%} of the pixels or less, found {pixels / total:.2%}"
                yield Problem(self.name, WARNING, None, whole.class_name(label), message)
            elif 0 < pixels < RARE * total:
                message = (
                    f"expected {RARE:.3%} of the pixels or more, found {pixels / total:.5%} ({pixels:,} px, {images:,} images)"
                )
                yield Problem(self.name, NOTE, None, whole.class_name(label), message)
