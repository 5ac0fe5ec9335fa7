"""Plain text with names and numbers: `epoch 1, iter 20/100, loss=0.123`."""

import re
from typing import Optional, Tuple

from nanhunt.logs.formats.base import Format, integer, sort_rates
from nanhunt.logs.names import ASIDE, LOSS, NORM, kind_of_name, of_validation
from nanhunt.logs.numbers import NUMBER
from nanhunt.logs.reading import SUMMARY, TRAINING, VALIDATION, Place, Reading

_WORTH = re.compile(r"loss|norm|entropy|nll|perpl|ppl|mse|mae|l[12]\b|kld?\b|elbo|objective|b?ce\b", re.IGNORECASE)
_EPOCH = re.compile(r"\bepochs?\b['\"]?[\s:=\[#(]*(\d+)(?:\.\d*)?(?:\s*(?:/|of)\s*\d+)?\]?", re.IGNORECASE)
_ITERATION = re.compile(
    r"\b(?:iter(?:ation)?s?|step|global_step|batch|batch_idx|updates?|num_updates|it)\b['\"]?[\s:=\[#(]*(\d+)"
    r"(?:\s*(?:/|of)\s*(\d+))?",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\[\s*(\d+)\s*/\s*(\d+)")
_TWO_COUNTS = re.compile(r"\[\s*(\d+)\s*/\s*\d+\s*\]\s*\[\s*(\d+)\s*/\s*(\d+)\s*\]")
_VALUE = re.compile(
    r"((?:(?:train(?:ing)?|val(?:id(?:ation)?)?|test|total|mean|avg|average|grad(?:ient)?|global|D|G)[ ])?"
    r"[A-Za-z_][\w\-./@]*)['\"]?"
    r"(?:\s*[=:]\s*|\s+(?=[-+]?(?:\d|\.\d|nan\b|inf\b|-inf\b)))(?:tensor\(|\[+)?\s*(" + NUMBER + ")",
    re.IGNORECASE,
)


class NameValue(Format):
    """The last resort: taken only where a name says that its number is a loss or a norm."""

    name = "plain text (name and number)"
    looks_like = "epoch 1, iter 20/100, loss=0.123"

    def read(self, line: str) -> Optional[Reading]:
        if not _WORTH.search(line):
            return None
        values, rate = sort_rates(
            (name, text)
            for name, text in _VALUE.findall(line)
            if kind_of_name(name.split()[-1]) != ASIDE and not name.endswith(".py")
        )
        if not any(kind_of_name(name) in (LOSS, NORM) for name in values):
            return None
        place, iterations = _place(line)
        if all(of_validation(name) for name in values):
            phase = VALIDATION
        else:
            phase = SUMMARY if place.iteration is None and place.epoch is not None else TRAINING
        return Reading(place, values, rate, iterations, phase)


def _place(line: str) -> Tuple[Place, Optional[int]]:
    both = _TWO_COUNTS.search(line)
    epoch = _EPOCH.search(line)
    if both and not epoch:
        return Place(int(both.group(1)), int(both.group(2))), int(both.group(3))
    found = _ITERATION.search(line)
    if found is None and epoch is not None:
        found = _COUNTED.search(line, epoch.end())
    iteration, iterations = (int(found.group(1)), integer(found.group(2))) if found else (None, None)
    return Place(int(epoch.group(1)) if epoch else None, iteration), iterations
