"""Files in `annotations/` that belong to no image."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem
from nanhunt.data.mhp import MhpIndex


class StrayMask(Check):
    """A name that is not `NNNN_PP_ii.png`, or whose NNNN is no file in `images/`: often a mask that an image now lacks."""

    name = "stray-mask"
    advice = "never read: rename the file, restore its image, or remove it"

    def split(self, index: MhpIndex) -> Iterator[Problem]:
        for name in index.misnamed:
            yield Problem(self.name, WARNING, None, f"annotations/{name}", "expected a name NNNN_PP_ii.png")
        stems = {name.rsplit(".", 1)[0] for name in index.images} | {name.rsplit(".", 1)[0] for name in index.entries}
        for stem in sorted(set(index.masks) - stems):
            for name in sorted(index.masks[stem]):
                yield Problem(self.name, WARNING, None, f"annotations/{name}", f"expected an image {stem}, found none")
