"""What is known of the iteration under way, and its seed."""

from dataclasses import dataclass, field
from typing import Any, Dict, NamedTuple, Optional, Tuple

import numpy as np


@dataclass
class Iteration:
    """What is known about the iteration under way.

    Attributes:
        meta: for the dump.
        told: the program itself said which iteration this is.
        named: arrays that went in, by (device, name).
        begun: its first recorded operation ran.
        differentiated: backward ran.
        unread: something was looked at that was not read yet.
        over: nothing more belongs to it: an optimizer was asked for its update.
        withhold: its updates must not run.
        seeded: the generators were seeded for it.
        draws: an operator of it took random numbers.
        activations: how many blocks have returned one.
        skipped: gradients overflowed under a loss scale, and the program makes no update of them.
        warned: it was looked at for early warnings.
        host: arrays that went in, as NumPy arrays, by (device, name).
    """

    meta: Dict[str, Any]
    told: bool = False
    named: Dict[Tuple[str, str], Any] = field(default_factory=dict)
    begun: bool = False
    differentiated: bool = False
    unread: bool = False
    over: bool = False
    withhold: bool = False
    seeded: bool = False
    draws: bool = False
    activations: int = 0
    skipped: bool = False
    warned: bool = False
    host: Dict[Tuple[str, str], np.ndarray] = field(default_factory=dict)


class Vitals(NamedTuple):
    """What is known of an iteration as it goes on.

    Attributes:
        loss: mean over what was differentiated; None where it was not read.
        gradient_norm: 2-norm of all gradients; None where no history is kept.
        watching: share of an iteration's time that watching takes; None where it was not measured (neither `budget` nor
            `measure`, or too early).
    """

    loss: Optional[float]
    gradient_norm: Optional[float]
    watching: Optional[float]


def seed_of(seed: int, step: int) -> int:
    """The framework's seed for one iteration: spread over 31 bits, so that neighbouring runs and steps share no stream."""
    mixed = (seed * 0x9E3779B1 + step * 0x85EBCA77 + 0x165667B1) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    return (mixed * 0x2C1B3C6D & 0xFFFFFFFF) >> 1
