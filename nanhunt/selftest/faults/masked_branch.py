"""A value that `where` leaves out, and whose gradient it does not."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class MaskedBranch(Term):
    name = "masked-branch"
    does = "`where` picks 0 in place of a root of 0"
    expects = Expected(("masked-branch",), "backward", ("sqrt",))

    def term(self, operators: Any, array: Any) -> Any:
        nothing = array * 0
        return per_sample(operators.where(nothing > 0, nothing.sqrt(), nothing))
