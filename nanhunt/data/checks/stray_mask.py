"""Files in `annotations/` that belong to no image."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem
from nanhunt.data.index import DatasetIndex


class StrayMask(Check):
    """A name that is not `NNNN_PP_ii.png`, or whose NNNN is no file in `images/`: often a mask that an image now lacks."""

    name = "stray-mask"
    advice = "never read: rename the file, restore its image, or remove it"

    def split(self, index: DatasetIndex) -> Iterator[Problem]:
        for path, expected in index.stray().items():
            found = "" if expected.startswith("a name") else ", found none"
            yield Problem(self.name, WARNING, None, path, f"expected {expected}{found}")
