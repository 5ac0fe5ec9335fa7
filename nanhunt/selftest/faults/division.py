"""A division by 0."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class Division(Term):
    name = "divide-by-zero"
    does = "the loss is given a term that is divided by 0"
    expects = Expected(("divide-by-zero",), "forward", ("elemwise_div", "_div", "broadcast_div"))

    def term(self, operators: Any, array: Any) -> Any:
        return (per_sample(array * 0) + 1) / per_sample(array * 0)
