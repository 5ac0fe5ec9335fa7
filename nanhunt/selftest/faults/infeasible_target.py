"""A target of connectionist temporal classification that has no path: no time for a blank between two equal symbols."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Fault, with_term
from nanhunt.train.trial import Change, Trial


class InfeasibleTarget(Fault):
    name = "infeasible-target"
    does = "a CTC loss of twice the same symbol in two time steps is added"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("infeasible-target",))

    def change(self, trial: Trial) -> Change:
        from mxnet import gluon, nd

        ctc = gluon.loss.CTCLoss(layout="NTC")

        def term(logits: Any) -> Any:
            steps = logits.reshape((logits.shape[0], -1))[:, :8].reshape((logits.shape[0], 2, 4))
            symbols = nd.array([[1, 1]] * logits.shape[0], ctx=logits.context, dtype=logits.dtype)
            return ctc(steps, symbols)

        return Change(loss=with_term(term))
