"""`[Epoch 0][Batch 99], …`: GluonCV's detection and classification scripts, and Gluon's Estimator."""

import re
from typing import Optional

from nanhunt.logs.formats.base import Format, integer, pairs
from nanhunt.logs.reading import SUMMARY, TRAINING, VALIDATION, Place, Reading

_LINE = re.compile(r"\[Epoch (\d+)\](?:\[Batch (\d+)(?:/(\d+))?\])?(?:\[Samples \d+\])?[,:]?\s*(.*)")
_VALIDATION = re.compile(r"validation|^val\b", re.IGNORECASE)
_TRAINING_NAMES = re.compile(r"\btraining ", re.IGNORECASE)


class Bracketed(Format):
    """Their metrics are means since the epoch's start where the script resets them there, as GluonCV's do."""

    name = "Gluon [Epoch][Batch]"
    looks_like = "[Epoch 0][Batch 99], Speed: 12.3 samples/sec, CrossEntropy=2.312, SmoothL1=1.004"
    framework = "mxnet"

    def read(self, line: str) -> Optional[Reading]:
        found = _LINE.search(line) if "[Epoch " in line else None
        if not found:
            return None
        epoch, batch, batches, rest = found.groups()
        # The Estimator says `training loss: 1, validation loss: 2` in one line; a mean of both would be neither.
        before, _, behind = rest.partition(", validation ")
        values, rate = pairs(_TRAINING_NAMES.sub("", before))
        if behind:
            values.update({"val " + name: value for name, value in pairs(behind.replace("validation ", ""))[0].items()})
        if not values and rate is None:
            return None
        phase = TRAINING if batch is not None else VALIDATION if _VALIDATION.match(rest) else SUMMARY
        return Reading(Place(int(epoch), integer(batch)), values, rate, integer(batches), phase)
