"""A root at 0: its value is finite, its gradient is not."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term


class SquareRoot(Term):
    name = "gradient-singularity"
    does = "the norm of a vector of zeros is added to the loss"
    expects = Expected(("gradient-singularity",), "backward", ("sqrt",))

    def term(self, operators: Any, array: Any) -> Any:
        return ((array * 0) ** 2).reshape((array.shape[0], -1)).sum(axis=1).sqrt()
