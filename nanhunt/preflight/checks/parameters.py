"""Parameters and statistics that are non-finite before anything was trained."""

from typing import Iterator

from nanhunt.preflight.base import CERTAIN, ERROR, NOTE, POSSIBLE, Check, Remark, Subject


class Parameters(Check):
    """A NaN in a parameter stays there: every update of it is NaN too."""

    name = "bad-parameter"

    def look(self, subject: Subject) -> Iterator[Remark]:
        for each in subject.arrays:
            if each.bad:
                saw = "%d of %d elements are NaN or Inf before the first iteration" % (each.bad, each.size)
                yield self.say(ERROR, CERTAIN, each.name, saw, "load a checkpoint from before it, or initialise it anew")
            elif not each.statistic and each.size > 1 and each.low == each.high == 0 and each.name.endswith("weight"):
                saw = "all %d elements are 0: as a freshly allocated array, or an initialiser that was left out" % each.size
                yield self.say(NOTE, POSSIBLE, each.name, saw, "look whether it was meant so")
