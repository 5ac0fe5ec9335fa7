"""A reading out of named fields, as tables, JSON and plain pairs have them."""

from typing import Dict, Iterable, Optional, Tuple

from nanhunt.logs.names import LOSS, METRIC, NORM, OTHER, RATE, kind_of_name, of_validation
from nanhunt.logs.numbers import number
from nanhunt.logs.reading import SUMMARY, TRAINING, VALIDATION, Place, Reading

EPOCHS = ("epoch", "epochs", "current_epoch")
ITERATIONS = (
    "iteration",
    "iter",
    "iters",
    "batch",
    "batch_idx",
    "step",
    "global_step",
    "update",
    "updates",
    "num_updates",
    "it",
)
TIMES = ("time", "timestamp", "created", "_timestamp", "wall_time", "ts")
EARLIEST = 1e9
"""Seconds since 1970 (2001): a smaller number under such a name is a duration."""


def reading_of(fields: Iterable[Tuple[str, str]]) -> Optional[Reading]:
    """The reading, or None where nothing in it is a loss, a norm or the like."""
    values: Dict[str, float] = {}
    found: Dict[str, float] = {}
    rate = time = None
    for name, text in fields:
        value = number(text)
        if value is None:
            continue
        low = name.lower().rsplit("/", 1)[-1]
        if low in EPOCHS or low in ITERATIONS:
            found.setdefault(low, value)
        elif low in TIMES:
            time = value if value > EARLIEST else time
        elif kind_of_name(name) == RATE:
            rate = value if rate is None else rate
        else:
            values.setdefault(name, value)
    if not any(kind_of_name(name) in (LOSS, NORM, OTHER, METRIC) for name in values):
        return None
    epoch = next((int(found[name]) for name in EPOCHS if _whole(found.get(name))), None)
    iteration = next((int(found[name]) for name in ITERATIONS if _whole(found.get(name))), None)
    if all(of_validation(name) for name in values):
        phase = VALIDATION
    else:
        phase = TRAINING if iteration is not None or epoch is None else SUMMARY
    return Reading(Place(epoch, iteration), values, rate, phase=phase, time=time)


def _whole(value: Optional[float]) -> bool:
    return value is not None and 0 <= value < 1e15
