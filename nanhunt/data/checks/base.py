"""What a check is: a look at one sample's facts, at all file names, or at what the whole dataset adds up to."""

from dataclasses import dataclass, field
from typing import Iterator, List, Optional, Sequence

from nanhunt.data.choices import SHORT_SIDE
from nanhunt.data.facts import SampleFacts
from nanhunt.data.fingerprint import Print, perceptual_hashes
from nanhunt.data.index import DatasetIndex
from nanhunt.data.statistics import Statistics
from nanhunt.data.twins import Twin, find_twins

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
"""Training fails or learns from wrong data; something looks unintended; worth knowing."""


@dataclass(frozen=True)
class Settings:
    """What the training run would use.

    Attributes:
        num_class: labels are 0..num_class - 1.
        base_size, crop_size: pixels.
        augment: epochs whose draws the training transform is tried with.
        seed: of the draws.
        resize: how images come to base_size; see `nanhunt.data.choices`.
    """

    num_class: int = 19
    base_size: int = 520
    crop_size: int = 480
    augment: int = 0
    seed: int = 0
    resize: str = SHORT_SIDE


@dataclass(frozen=True)
class Problem:
    """One finding about one file.

    Attributes:
        check: name of the check.
        severity: one of SEVERITIES.
        sample: place in the split; None where the file belongs to no entry.
        path: the file as counted from the dataset's root, or what else it is about, such as `class 17 (scarf)`.
        message: what was expected and what was found.
        other: place in the split of the second picture, of problems that are about two.
    """

    check: str
    severity: str
    sample: Optional[int]
    path: str
    message: str
    other: Optional[int] = None


@dataclass
class Summary:
    """What checks of the whole dataset need of each sample. Summaries of parts add up, on one machine or several."""

    statistics: Statistics = field(default_factory=Statistics)
    prints: List[Print] = field(default_factory=list)

    def add(self, samples: Sequence[SampleFacts]) -> None:
        """Take in some samples."""
        for facts in samples:
            self.statistics.add(facts)
        images = [(facts.index, facts.image) for facts in samples if facts.image is not None and not facts.image.damage]
        hashes = perceptual_hashes([image.look for _, image in images])
        self.prints += [Print(place, image.digest, seen) for (place, image), seen in zip(images, hashes)]

    def merge(self, other: "Summary") -> None:
        """Take in another part; parts come in the order of the split."""
        self.statistics.merge(other.statistics)
        self.prints.extend(other.prints)


class Whole:
    """The dataset when all of it was looked at.

    Attributes:
        index, settings: as the walk had them.
        summary: of all samples.
        complete: False where the walk was interrupted: then what was not seen proves nothing.
    """

    def __init__(self, index: DatasetIndex, settings: Settings, summary: Summary, complete: bool) -> None:
        self.index = index
        self.settings = settings
        self.summary = summary
        self.complete = complete
        self._twins: Optional[List[Twin]] = None

    def twins(self) -> List[Twin]:
        """Entries whose picture another entry has; worked out once."""
        if self._twins is None:
            self._twins = find_twins(self.index, self.summary.prints)
        return self._twins

    def class_name(self, label: int) -> str:
        """A class for people, such as `class 17 (scarf)`."""
        names = self.index.classes
        return f"class {label} ({names[label]})" if 0 <= label < len(names) else f"class {label}"


class Check:
    """One thing that can be wrong. A new check is a new file here and a line in `CHECKS`.

    `sample` runs wherever the files are read, in another process or on another machine; `split` and `whole` where the
    inspection was started.

    Attributes:
        name: as reports show it.
        advice: what the problem does to training and what to do, in one line.
    """

    name: str
    advice: str

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        """Problems of one entry. Keep no state."""
        return iter(())

    def split(self, index: DatasetIndex) -> Iterator[Problem]:
        """Problems that show in the names alone."""
        return iter(())

    def whole(self, whole: Whole) -> Iterator[Problem]:
        """Problems that show in all samples together."""
        return iter(())
