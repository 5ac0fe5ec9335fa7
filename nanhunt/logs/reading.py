"""What one line of a log says of the training."""

from dataclasses import dataclass, field
from typing import Dict, NamedTuple, Optional

TRAINING, SUMMARY, VALIDATION = "training", "summary", "validation"
"""Of an iteration; of a whole epoch's training; of a validation."""


class Place(NamedTuple):
    """Where in a run: epoch and iteration, each None where the line names none. Numbers are as printed."""

    epoch: Optional[int] = None
    iteration: Optional[int] = None

    def __str__(self) -> str:
        words = []
        if self.epoch is not None:
            words.append("epoch %d" % self.epoch)
        if self.iteration is not None:
            words.append("iteration %d" % self.iteration)
        return ", ".join(words) or "no epoch or iteration printed"


@dataclass
class Reading:
    """One line.

    Attributes:
        values: name to value, learning rates and times left out.
        iterations: of the epoch, where the line says so.
        phase: TRAINING, SUMMARY or VALIDATION.
        line: number in the file, from 1.
        time: seconds on the log's own clock, or None.
    """

    place: Place
    values: Dict[str, float] = field(default_factory=dict)
    rate: Optional[float] = None
    iterations: Optional[int] = None
    phase: str = TRAINING
    line: int = 0
    time: Optional[float] = None
