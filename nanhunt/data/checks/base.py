"""What a check is: a look at the facts of one sample, or at the file names of the whole split, that yields problems."""

from dataclasses import dataclass
from typing import Iterator, Optional

from nanhunt.data.facts import SampleFacts
from nanhunt.data.index import DatasetIndex

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
"""Training fails or learns from wrong data; something looks unintended; worth knowing."""


@dataclass(frozen=True)
class Settings:
    """What the training run would use: labels are 0..num_class - 1, sizes are in pixels."""

    num_class: int = 19
    base_size: int = 520
    crop_size: int = 480


@dataclass(frozen=True)
class Problem:
    """One finding about one file.

    Attributes:
        check: name of the check.
        severity: one of SEVERITIES.
        sample: place in the split; None where the file belongs to no entry.
        path: the file as counted from the dataset's root.
        message: what was expected and what was found.
    """

    check: str
    severity: str
    sample: Optional[int]
    path: str
    message: str


class Check:
    """One thing that can be wrong. A new check is a new file here and a line in `CHECKS`.

    Attributes:
        name: as reports show it.
        advice: what the problem does to training and what to do, in one line.
    """

    name: str
    advice: str

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        """Problems of one entry. Called from several threads: keep no state."""
        return iter(())

    def split(self, index: DatasetIndex) -> Iterator[Problem]:
        """Problems that show in the names alone."""
        return iter(())
