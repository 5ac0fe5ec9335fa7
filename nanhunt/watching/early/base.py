"""What every kind of early warning has in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Dict, Iterable, NamedTuple, Optional, Sequence, Tuple

from nanhunt.watching.early.sizes import Sizes

SHOWN = 4
"""Values of a trend that are told: the last ones."""


class Seen(NamedTuple):
    """An iteration that was read, with no finding in it.

    Attributes:
        step: from the run's beginning.
        sizes: of its tensors.
        scale: the loss scale that the optimizer has now; None where there is none.
        overflowed: gradients overflowed under a loss scale, and the program makes no update of them.
    """

    step: int
    sizes: Sizes
    scale: Optional[float]
    overflowed: bool


@dataclass(frozen=True)
class EarlyWarning:
    """One warning; as a string, one line for the user.

    Attributes:
        kind: name of its kind.
        about: what it speaks of: the same as long as the same goes on.
        step: where it begins.
        text: one sentence with the numbers.
        trend: the last values, the newest last.
    """

    kind: str
    about: str
    step: int
    text: str
    trend: Tuple[float, ...]

    def __str__(self) -> str:
        return "warning: %s (step %d)" % (self.text, self.step)

    def to_json(self) -> Dict[str, Any]:
        """For a dump."""
        return {"kind": self.kind, "step": self.step, "text": self.text, "trend": list(self.trend)}


class Kind(ABC):
    """Says what is wrong, iteration after iteration; whoever asks tells of it once, when it begins."""

    name = ""

    @abstractmethod
    def look(self, seen: Seen) -> Iterable[EarlyWarning]:
        """What holds now. It must neither wait for a device nor take more than some microseconds."""


def shown(trend: Sequence[float]) -> str:
    """A trend as text."""
    return ", ".join("%.3g" % each for each in trend)
