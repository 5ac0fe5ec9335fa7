"""float16 without what it takes to train in it."""

from typing import Iterator

from nanhunt.preflight.base import CERTAIN, LIKELY, WARNING, Check, Remark, Subject
from nanhunt.preflight.checks.learning_rate import optimizers

SMALLEST = 2.0**-24
"""The smallest positive float16."""


class HalfPrecision(Check):
    """Gradients below 6e-8 are 0 in float16 and sums above 65504 are Inf: a loss scale moves them into range; updates below a
    thousandth of a weight are lost unless a float32 copy of it is kept (`multi_precision`)."""

    name = "half-precision"

    def look(self, subject: Subject) -> Iterator[Remark]:
        half = [each for each in subject.arrays if each.dtype == "float16" and not each.statistic]
        if not half:
            return
        many = "%d parameters are float16" % len(half)
        if subject.loss_scale == 1.0:
            saw = many + " and no loss scale was seen: small gradients become 0"
            yield self.say(WARNING, LIKELY, "", saw, "scale the loss and rescale the gradients, as mxnet.contrib.amp does")
        for settings in optimizers(subject.optimizer or {}):
            if settings.get("multi_precision") is False:
                saw = many + " and %s keeps no float32 copies: small updates are lost" % settings.get("class", "the optimizer")
                yield self.say(WARNING, LIKELY, "", saw, "give it multi_precision=True")
                epsilon = settings.get("epsilon")
                if isinstance(epsilon, float) and 0 < epsilon < SMALLEST / 2:
                    saw = "epsilon %g is 0 in float16, and %s divides by it" % (epsilon, settings.get("class"))
                    yield self.say(WARNING, CERTAIN, "", saw, "give 1e-4 or so, or multi_precision=True")
