"""One picture twice within a split."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Whole
from nanhunt.data.checks.twins import found
from nanhunt.data.twins import NEAR


class Duplicate(Check):
    """Counts twice; labelled differently, it teaches two answers to one question. LV-MHP-v1 has 268 such files."""

    name = "duplicate"
    advice = "one picture counts twice, at times with two answers: keep one entry"

    def whole(self, whole: Whole) -> Iterator[Problem]:
        index = whole.index
        for twin in whole.twins():
            if twin.kind != NEAR and index.split_of(twin.position) == index.split_of(twin.other):
                message = f"expected a picture of its own, {found(index, twin)}"
                yield Problem(self.name, WARNING, twin.position, index.image_name(twin.position), message, twin.other)
