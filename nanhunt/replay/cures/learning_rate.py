"""lr: another learning rate, which acts in the update and nowhere before it."""

from typing import Optional

from nanhunt.replay.cures.base import Change, ChangesNothing, Situation, Trial
from nanhunt.replay.cures.update import with_rate


class LearningRate(Change):
    """Without a value, a tenth of what it was.

    Attributes:
        rate: the value.
    """

    name = "lr"
    takes = "VALUE"
    summary = "another learning rate in this iteration"
    words = ()

    def __init__(self, value: Optional[str] = None) -> None:
        super().__init__(value)
        self.rate = self.number("1e-4")

    def attempt(self, situation: Situation) -> Trial:
        settings = situation.session.record.optimizer_settings
        now = settings.get("learning_rate")
        phase = situation.producer.phase if situation.producer is not None else ""
        if phase == "optimizer":
            rate = self.rate if self.rate is not None else float(now or 0) / 10
            result = with_rate(situation, rate, float(now or 0))
            return Trial("lr=%g" % rate, "the update with learning rate %g instead of %s" % (rate, now), result)
        if phase in ("parameter", "aux"):
            raise ChangesNothing(
                "it was there before the iteration began; an earlier update may have made it, this one has not happened yet"
            )
        raise ChangesNothing(
            "the learning rate%s acts in the update, after this iteration's loss and gradients are computed; "
            "a lower one in earlier iterations may keep the run from getting here"
            % (" (%g)" % now if isinstance(now, (int, float)) else "")
        )
