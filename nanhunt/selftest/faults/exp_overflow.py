"""An exponential beyond the largest number."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class ExpOverflow(Term):
    name = "exp-overflow"
    does = "exp(200) is added to the loss"
    expects = Expected(("exp-overflow",), "forward", ("exp",))

    def term(self, operators: Any, array: Any) -> Any:
        return per_sample((array * 0 + 200).exp())
