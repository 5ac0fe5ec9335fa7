"""One picture in two splits."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, WARNING, Check, Problem, Whole
from nanhunt.data.checks.twins import found
from nanhunt.data.twins import NEAR


class Leak(Check):
    """What is tested on was trained on. The training copy is named: without it the published score stays comparable."""

    name = "leak"
    advice = "a picture that is measured on is trained on: leave out the copy named first"

    def whole(self, whole: Whole) -> Iterator[Problem]:
        index = whole.index
        for twin in whole.twins():
            if index.split_of(twin.position) != index.split_of(twin.other):
                severity = WARNING if twin.kind == NEAR else ERROR
                message = f"expected in {index.split_of(twin.position)} only, {found(index, twin)}"
                yield Problem(self.name, severity, twin.position, index.image_name(twin.position), message, twin.other)
