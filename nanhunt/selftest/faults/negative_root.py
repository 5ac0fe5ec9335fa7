"""The root of a negative number."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class NegativeRoot(Term):
    name = "sqrt-of-negative"
    does = "the root of -1 is added to the loss"
    expects = Expected(("sqrt-of-negative",), "forward", ("sqrt",))

    def term(self, operators: Any, array: Any) -> Any:
        return (per_sample(array * 0) - 1).sqrt()
