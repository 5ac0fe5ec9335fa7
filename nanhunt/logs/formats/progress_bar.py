"""Bars of tqdm and rich with values behind them: Lightning's, and any program's own."""

import re
from typing import Optional

from nanhunt.logs.formats.base import Format, integer, pairs
from nanhunt.logs.reading import TRAINING, VALIDATION, Place, Reading

_TQDM = re.compile(
    r"^(?P<before>.*?)\d+%\|[^|]*\|\s*(?P<at>\d+)/(?P<of>\d+) \[[^,\]]*(?:,[^,\]=:]*(?:it/s|s/it))?(?P<behind>.*)$"
)
_ENDLESS = re.compile(r"^(?P<before>.*?)(?<!\d)(?P<at>\d+)it \[[^,\]]*,[^,\]]*(?P<behind>.*)$")
_RICH = re.compile(r"^(?P<before>.*?)[\u2501\u2578\u257a\u2500-]{5,}\s*(?P<at>\d+)/(?P<of>\d+) (?P<behind>.*(?:it/s|s/it).*)$")
_EPOCH = re.compile(r"\bepochs?\b[\s:=\[#]*(\d+)", re.IGNORECASE)
_VALIDATION = re.compile(r"\bvalidati|\bval\b|\beval|\btest", re.IGNORECASE)


class ProgressBar(Format):
    """Lightning 1 printed `loss` as the mean of the last 20 iterations; others print what the program says.

    Bars that name no epoch are counted, from 0.
    """

    name = "progress bar (tqdm, Lightning)"
    looks_like = "Epoch 3:  45%|####5     | 45/100 [00:12<00:15,  3.60it/s, loss=0.123, v_num=0]"

    def __init__(self) -> None:
        self.counted = False
        self._epoch, self._at = 0, 0

    def read(self, line: str) -> Optional[Reading]:
        if "it" not in line or not ("%|" in line or "it/s" in line or "s/it" in line or "it [" in line):
            return None
        found = (_TQDM.match(line) if "%|" in line else None) or _RICH.match(line) or _ENDLESS.match(line)
        if not found:
            return None
        part = found.groupdict()
        values, rate = pairs(part["before"] + " ; " + part["behind"])
        epoch = _EPOCH.search(part["before"])
        values = {name: value for name, value in values.items() if name.lower() != "epoch"}
        if not values:
            return None
        phase = VALIDATION if _VALIDATION.search(part["before"]) else TRAINING
        at = int(part["at"])
        number = integer(epoch.group(1)) if epoch else None
        if number is None and phase == TRAINING:
            self.counted = True
            self._epoch += at < self._at
            number, self._at = self._epoch, at
        return Reading(Place(number, at), values, rate, integer(part.get("of")), phase)
