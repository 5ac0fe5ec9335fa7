"""A target of connectionist temporal classification that has no path."""

from nanhunt.selftest.faults.base import Expected, Fault, with_term
from nanhunt.train.ctc import infeasible_ctc
from nanhunt.train.trial import Change, Trial


class InfeasibleTarget(Fault):
    name = "infeasible-target"
    does = "a CTC loss of twice the same symbol in two time steps is added"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("infeasible-target",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(infeasible_ctc))
