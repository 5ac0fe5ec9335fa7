"""`Epoch 1/10` and a bar with `- loss: 0.1`: Keras and what copies it."""

import re
from typing import Optional

from nanhunt.logs.formats.base import EPOCH_MEAN, Format, sort_rates
from nanhunt.logs.numbers import NUMBER
from nanhunt.logs.reading import Place, Reading

_EPOCH = re.compile(r"^\W*Epoch (\d+)/(\d+)\s*$")
_BAR = re.compile(r"(?:^|[\s|])(\d+)/(\d+|Unknown) (?:\[[=>.\-\s]*\]|[\u2500-\u257f\u2588-\u258f ]{3,}|- )")
_VALUE = re.compile(r" - ([A-Za-z][\w\-./@ ]*?): (" + NUMBER + ")")


class Keras(Format):
    """Keras prints the mean since the epoch's start."""

    name = "Keras"
    looks_like = "45/100 [====>.....] - ETA: 3s - loss: 0.1234 - accuracy: 0.9"
    averages = EPOCH_MEAN
    framework = "keras"

    def __init__(self) -> None:
        self._epoch: Optional[int] = None

    def read(self, line: str) -> Optional[Reading]:
        found = _EPOCH.match(line)
        if found:
            self._epoch = int(found.group(1))
            return None
        if " - " not in line:
            return None
        found = _BAR.search(line)
        if not found:
            return None
        values, rate = sort_rates(_VALUE.findall(line))
        if not values:
            return None
        total = int(found.group(2)) if found.group(2).isdigit() else None
        return Reading(Place(self._epoch, int(found.group(1))), values, rate, total)
