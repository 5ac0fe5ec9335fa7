"""Learning rate, warm-up and momentum out of the usual range of the optimizer."""

from typing import Any, Dict, Iterator, Mapping

from nanhunt.preflight.base import CERTAIN, LIKELY, NOTE, POSSIBLE, WARNING, Check, Remark, Subject

USUAL = {
    "sgd": (1e-5, 1.0),
    "nag": (1e-5, 1.0),
    "signum": (1e-5, 1e-1),
    "adam": (1e-6, 1e-2),
    "adamw": (1e-6, 1e-2),
    "adamax": (1e-6, 2e-2),
    "nadam": (1e-6, 1e-2),
    "ftml": (1e-6, 2e-2),
    "rmsprop": (1e-6, 1e-2),
    "adagrad": (1e-4, 1.0),
    "lbsgd": (1e-4, 50.0),
    "lars": (1e-3, 50.0),
    "lamb": (1e-5, 1e-1),
}
"""Learning rates that published trainings use, an order of magnitude allowed either way of the optimizer's default."""


class LearningRate(Check):
    """Says what is outside the usual; it need not be wrong."""

    name = "learning-rate"

    def look(self, subject: Subject) -> Iterator[Remark]:
        for settings in optimizers(subject.optimizer or {}):
            yield from self._look(subject, settings)

    def _look(self, subject: Subject, settings: Mapping[str, Any]) -> Iterator[Remark]:
        kind, rate = str(settings.get("class", "")), settings.get("learning_rate")
        momentum = settings.get("momentum")
        if isinstance(momentum, float) and momentum >= 1:
            saw = "momentum %g: a step is never forgotten, and the sum of them grows without end" % momentum
            yield self.say(WARNING, LIKELY, kind, saw, "take one below 1, such as 0.9")
        if isinstance(rate, (int, float)):
            low, high = USUAL.get(kind.lower(), (0.0, float("inf")))
            if rate == 0 and not subject.warmup:
                yield self.say(WARNING, CERTAIN, kind, "learning rate 0: nothing is learned", "give one above 0")
            elif rate > high:
                saw = "learning rate %g, and %g to %g is usual" % (rate, low, high)
                yield self.say(WARNING, LIKELY if rate > 10 * high else POSSIBLE, kind, saw, "lower it if the loss grows")
            elif 0 < rate < low and not subject.warmup:
                saw = "learning rate %g, and %g to %g is usual" % (rate, low, high)
                yield self.say(NOTE, POSSIBLE, kind, saw, "raise it if the loss stands still")
        if subject.warmup and subject.steps and subject.warmup >= subject.steps:
            saw = "the warm-up takes %d of %d iterations: the full rate is never reached" % (subject.warmup, subject.steps)
            yield self.say(WARNING, CERTAIN, kind, saw, "shorten the warm-up or train longer")


def optimizers(settings: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
    """The settings of each optimizer; with several, names begin with `0:`, `1:`, …"""
    prefixes = sorted({name.split(":")[0] + ":" for name in settings if name.split(":")[0].isdigit() and ":" in name})
    if not prefixes and settings:
        yield dict(settings)
    for prefix in prefixes:
        yield {name[len(prefix) :]: value for name, value in settings.items() if name.startswith(prefix)}
