"""A negative number to a power that is no whole number."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class PowerDomain(Fault):
    name = "power-domain"
    does = "(-2) ** 1.5 is added to the loss"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("power-domain",), "forward", ("_power_scalar",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample((logits * 0 - 2) ** 1.5)))
