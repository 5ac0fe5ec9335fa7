"""The log of 0."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class LogOfZero(Term):
    name = "log-of-zero"
    does = "log of a mean that is 0 is added to the loss"
    expects = Expected(("log-of-zero",), "forward", ("log",))

    def term(self, operators: Any, array: Any) -> Any:
        return per_sample(array * 0).log()
