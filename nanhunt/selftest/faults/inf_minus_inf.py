"""Infinity less infinity, of infinities that are there on purpose."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class InfMinusInf(Term):
    name = "inf-minus-inf"
    does = "infinity less infinity, as of two masks, is added to the loss"
    expects = Expected(("inf-minus-inf",), "forward", ("elemwise_sub", "_minus", "broadcast_sub"))

    def term(self, operators: Any, array: Any) -> Any:
        return per_sample((array + float("inf")) - (array + float("inf")))
