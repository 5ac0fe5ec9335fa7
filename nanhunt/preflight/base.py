"""What is looked at before a run, and what is said of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, Iterator, Mapping, Optional, Tuple

from nanhunt.backends.base import LoaderFacts, SyncLayer
from nanhunt.backends.graph import Graph

if TYPE_CHECKING:
    from nanhunt.preflight.ranges import Ranges

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
"""The run is certain to fail; something to look into; worth knowing."""

CERTAIN, LIKELY, POSSIBLE = "certain", "likely", "possible"


@dataclass(frozen=True)
class Remark:
    """One thing that a check says.

    Attributes:
        check: its name.
        severity: ERROR only where the run is certain to fail.
        sure: how sure it is that what it warns of is so: CERTAIN, LIKELY, POSSIBLE.
        place: layer, parameter, or operator with its line; empty for the whole run.
        saw: what was seen, with numbers.
        do: what to do about it.
    """

    check: str
    severity: str
    sure: str
    place: str
    saw: str
    do: str

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{self.severity} {self.check} ({self.sure}): {where}{self.saw}; {self.do}"

    def to_json(self) -> Dict[str, str]:
        """As `--json` has it."""
        return dict(vars(self))


@dataclass(frozen=True)
class Array:
    """A parameter or a running statistic on one device.

    Attributes:
        bad: elements that are NaN or Inf.
        low, high: smallest and largest finite element; None where there is none.
    """

    name: str
    device: str
    dtype: str
    statistic: bool
    size: int
    bad: int
    low: Optional[float]
    high: Optional[float]


@dataclass(frozen=True)
class Labels:
    """The labels of a batch: the smallest and the largest that is not ignored, and how many classes are predicted."""

    low: int
    high: int
    classes: int
    beyond: int


@dataclass(frozen=True)
class Subject:
    """All that is known of a run before its first update; what is None or empty is not known, and not checked.

    Attributes:
        devices: that take part in an iteration.
        layers: normalisations over several devices.
        graph: of one iteration, compiled parts opened up.
        ranges: what its outputs can be.
        optimizer: class and hyperparameters as `Instrumentation.optimizer_state` has them.
        warmup, steps: iterations of the warm-up, and of the whole run.
        loss_scale: 1.0 where there is none.
        batch_bytes: of one batch.
        cores, shared_memory: of this machine; bytes that are free in /dev/shm.
    """

    devices: Tuple[str, ...] = ()
    layers: Tuple[SyncLayer, ...] = ()
    graph: Optional[Graph] = None
    ranges: "Optional[Ranges]" = None
    arrays: Tuple[Array, ...] = ()
    optimizer: Optional[Mapping[str, Any]] = None
    warmup: Optional[int] = None
    steps: Optional[int] = None
    loss_scale: Optional[float] = None
    labels: Optional[Labels] = None
    loaders: Tuple[LoaderFacts, ...] = ()
    batch_bytes: Optional[int] = None
    cores: int = 0
    shared_memory: Optional[int] = None


class Check:
    """One check; a subclass a file, listed in `checks`."""

    name = ""

    def look(self, subject: Subject) -> Iterator[Remark]:
        """What there is to say."""
        raise NotImplementedError

    def say(self, severity: str, sure: str, place: str, saw: str, do: str) -> Remark:
        """A remark of this check."""
        return Remark(self.name, severity, sure, place, saw, do)
