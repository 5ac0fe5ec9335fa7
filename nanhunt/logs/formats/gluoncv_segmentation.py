"""GluonCV's segmentation and depth scripts, and `nanhunt train`, which adds the learning rate and prints no mean."""

import re
from typing import Optional

from nanhunt.logs.formats.base import EPOCH_MEAN, Format, integer, pairs
from nanhunt.logs.numbers import NUMBER, number
from nanhunt.logs.reading import VALIDATION, Place, Reading

_ITERATION = re.compile(
    r"Epoch (\d+) iteration (\d+)/(\d+): training loss (" + NUMBER + r")(?:; learning rate (" + NUMBER + r"))?"
)
_BAR = re.compile(r"Epoch (\d+), training loss (" + NUMBER + r"):.*?\|\s*(\d+)/(\d+) \[")
_NOTICE = re.compile(r"(?:preflight|warning): ")
_VERDICT = re.compile(
    r"(?:preflight|warning|checkpoint): | {12}|(?:NON-FINITE|BAD LABEL|what|where|sample|cause|why|spread|again|chain|cure"
    r"|no cure|fix|defect|replay) {2}"
)
"""Rows of a finding, as `nanhunt train` writes them into its log, and what it says between iterations."""
_VALIDATION = re.compile(r"Epoch (\d+),? validation (pixAcc: .*)")


class GluonCVSegmentation(Format):
    """GluonCV's script prints the mean since the epoch's start (`train_loss / (i + 1)`)."""

    name = "GluonCV segmentation"
    looks_like = "Epoch 0 iteration 0020/0187: training loss 7.274"
    averages = EPOCH_MEAN
    framework = "mxnet"

    def read(self, line: str) -> Optional[Reading]:
        if "Epoch " not in line:
            return None
        found = _ITERATION.search(line)
        if found:
            if found.group(5):
                return None  # nanhunt's
            return _reading(found.group(1), found.group(2), found.group(3), found.group(4))
        found = _BAR.search(line)
        if found:  # the bar counts what is done, the log from 0
            return _reading(found.group(1), str(max(0, int(found.group(3)) - 1)), found.group(4), found.group(2))
        return validation(line)


class NanhuntTrain(Format):
    """The loss of each iteration, and its learning rate."""

    name = "nanhunt train"
    looks_like = "Epoch 12 iteration 0035/0187: training loss 0.312; learning rate 0.000624"
    framework = "mxnet"

    def __init__(self) -> None:
        self._seen = False

    def claims(self, line: str) -> bool:
        return bool((_VERDICT if self._seen else _NOTICE).match(line))

    def read(self, line: str) -> Optional[Reading]:
        if "Epoch " not in line:
            return None
        found = _ITERATION.search(line)
        if found and found.group(5):
            self._seen = True
            reading = _reading(found.group(1), found.group(2), found.group(3), found.group(4))
            reading.rate = number(found.group(5))
            return reading
        return validation(line) if self._seen else None


def validation(line: str) -> Optional[Reading]:
    """`Epoch 12 validation pixAcc: 0.812, mIoU: 0.451`."""
    found = _VALIDATION.search(line)
    if not found:
        return None
    return Reading(Place(int(found.group(1))), pairs(found.group(2))[0], phase=VALIDATION)


def _reading(epoch: str, iteration: str, iterations: str, loss: str) -> Reading:
    value = number(loss)
    assert value is not None
    return Reading(Place(int(epoch), int(iteration)), {"training loss": value}, None, integer(iterations))
