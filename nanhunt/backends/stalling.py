"""What a framework tells of a program that comes no further, without asking its devices for anything."""

from dataclasses import dataclass
from typing import Any, Optional, Sequence, Tuple


@dataclass(frozen=True)
class Wait:
    """What of the framework a thread waits in.

    Attributes:
        kind: `loader`, `engine` or `barrier`.
        call: the framework's function.
        tensor: the array that it waits for; None where it is not one alone.
    """

    kind: str
    call: str
    tensor: Optional[Any] = None


@dataclass(frozen=True)
class Barrier:
    """A layer whose operator waits until as many devices have come to it as it was told.

    Attributes:
        path: of the layer in its network.
        waits_for: devices.
        devices: those that its parameters are on.
        changed: arrays that it writes: not computed before the devices have met.
        advice: what would let them meet, where it is known; in words.
    """

    path: str
    waits_for: int
    devices: Tuple[str, ...]
    changed: Sequence[Any] = ()
    advice: str = ""
