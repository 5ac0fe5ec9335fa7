"""`Epoch[0] Batch [20] …`: MXNet's Module with a Speedometer, and GluonCV's ImageNet and video scripts."""

import re
from typing import Optional

from nanhunt.logs.formats.base import Format, integer, pairs
from nanhunt.logs.reading import SUMMARY, TRAINING, VALIDATION, Place, Reading

_LINE = re.compile(
    r"(?:Epoch|Iter)\s?\[(\d+)\](?!\s*\[)(?:\s*Rank\s?\[\d+\])?"
    r"(?:\s*Batch\s?\[(?:\d+-)?(\d+)\](?:/\[(\d+)\])?)?\s*(.*)",
    re.DOTALL,
)
_PREFIXED = re.compile(r"(Train|Validation)-(?=[A-Za-z])")
_LOSS = re.compile(r"Loss\[([^\]]+)\]")


class Module(Format):
    """A Speedometer prints the mean since its last line, or since the epoch's start with `auto_reset=False`."""

    name = "MXNet Module"
    looks_like = "INFO:root:Epoch[0] Batch [20]\tSpeed: 1000.00 samples/sec\taccuracy=0.1"
    framework = "mxnet"

    def read(self, line: str) -> Optional[Reading]:
        found = _LINE.search(line) if "[" in line else None
        if not found:
            return None
        epoch, batch, batches, rest = found.groups()
        kind = _PREFIXED.search(rest)
        rest = _LOSS.sub(r"loss=\1", _PREFIXED.sub("", rest))
        values, rate = pairs(rest)
        if not values and rate is None:
            return None
        if kind and kind.group(1) == "Validation":
            phase = VALIDATION
        else:
            phase = TRAINING if batch is not None else SUMMARY
        return Reading(Place(int(epoch), integer(batch)), values, rate, integer(batches), phase)
