"""The log of a negative number."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class LogOfNegative(Term):
    name = "log-of-negative"
    does = "the log of -1 is added to the loss"
    expects = Expected(("log-of-negative",), "forward", ("log",))

    def term(self, operators: Any, array: Any) -> Any:
        return per_sample((array * 0 - 1).log())
