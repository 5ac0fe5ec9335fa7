"""Operators whose numbers have an end that can be seen coming."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OnePass:
    """How a normalisation computes a variance as E[x^2] - E[x]^2 in float32.

    Attributes:
        epsilon: that is added to it.
        count: values to a channel, on all devices together.
    """

    epsilon: float
    count: int
