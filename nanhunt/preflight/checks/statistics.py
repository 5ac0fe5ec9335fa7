"""Running variances that no training leaves behind."""

from typing import Iterator

from nanhunt.preflight.base import CERTAIN, LIKELY, WARNING, Check, Remark, Subject


class Statistics(Check):
    """Normalising by a running variance takes its root; a variance below -eps gives NaN, one of 0 divides by sqrt(eps)."""

    name = "running-variance"

    def look(self, subject: Subject) -> Iterator[Remark]:
        for each in subject.arrays:
            if not each.statistic or "var" not in each.name or each.low is None or each.high is None:
                continue
            if each.low < 0:
                saw = "its smallest element is %.3g: validation takes its square root" % each.low
                yield self.say(WARNING, CERTAIN, each.name, saw, "load a checkpoint from before it")
            elif each.size > 1 and each.high == 0:
                saw = "all %d elements are 0, and MXNet begins with 1: never initialised, or lost on saving" % each.size
                yield self.say(WARNING, LIKELY, each.name, saw, "load another checkpoint, or set it to 1")
