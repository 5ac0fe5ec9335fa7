"""A target of connectionist temporal classification that has no path: no time for a blank between two equal symbols."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class InfeasibleTarget(Term):
    name = "infeasible-target"
    does = "a CTC loss of twice the same symbol in two time steps is added"
    expects = Expected(("infeasible-target",))

    def term(self, operators: Any, array: Any) -> Any:
        rows = array.shape[0]
        steps = per_sample(array).reshape((1, rows, 1)).broadcast_to((2, rows, 4))
        symbols = operators.array([[1, 1]] * rows, ctx=array.context, dtype=array.dtype)
        return operators.CTCLoss(steps, symbols, blank_label="last")
