"""0 by infinity, of an infinity that is there on purpose."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class ZeroTimesInf(Term):
    name = "zero-times-inf"
    does = "0 by infinity, as of a mask, is added to the loss"
    expects = Expected(("zero-times-inf",), "forward", ("elemwise_mul", "_mul", "_mul_scalar", "broadcast_mul"))

    def term(self, operators: Any, array: Any) -> Any:
        return per_sample((array * 0) * (array.ones_like() * float("inf")))
