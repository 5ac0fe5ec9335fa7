"""An inverse cosine of more than 1."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class InverseTrigDomain(Term):
    name = "inverse-trig-domain"
    does = "arccos(1.5) is added to the loss"
    expects = Expected(("inverse-trig-domain",), "forward", ("arccos",))

    def term(self, operators: Any, array: Any) -> Any:
        return per_sample((array * 0 + 1.5).arccos())
