"""A value that `where` leaves out, and whose gradient it does not."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class MaskedBranch(Fault):
    name = "masked-branch"
    does = "`where` picks 0 in place of a root of 0"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("masked-branch",), "backward", ("sqrt",))

    def change(self, trial: Trial) -> Change:
        from mxnet import nd

        def term(logits: Any) -> Any:
            nothing = logits * 0
            return per_sample(nd.where(nothing > 0, nothing.sqrt(), nothing))

        return Change(loss=with_term(term))
