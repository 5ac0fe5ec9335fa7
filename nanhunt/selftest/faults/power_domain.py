"""A negative number to a power that is no whole number."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class PowerDomain(Term):
    name = "power-domain"
    does = "(-2) ** 1.5 is added to the loss"
    expects = Expected(("power-domain",), "forward", ("_power_scalar",))

    def term(self, operators: Any, array: Any) -> Any:
        return per_sample((array * 0 - 2) ** 1.5)
