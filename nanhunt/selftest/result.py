"""What a self-test found: plain data, of a training and of a program alike."""

from dataclasses import asdict, dataclass
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np

from nanhunt.diagnose.finding import Finding
from nanhunt.selftest.faults import Expected, Fault

SCHEMA = 1


@dataclass(frozen=True)
class Outcome:
    """What became of one fault.

    Attributes:
        fault, does: its name and what was done.
        expected: causes, any of which is right.
        detected: whether there was a finding.
        cause, proof: as found.
        right_cause: whether it is one of those expected.
        place: where it was found, in words.
        wrong_place: what of the place is wrong; empty where nothing is.
        why: what was said; of a fault that was not planted or not found: why not.
        seconds: from the planted iteration's beginning to the explained finding.
        planted: whether the training has a place for it; if not, it is neither found nor missed.
    """

    fault: str
    does: str
    expected: Tuple[str, ...]
    detected: bool = False
    cause: str = ""
    proof: str = ""
    right_cause: bool = False
    place: str = ""
    wrong_place: str = ""
    why: str = ""
    seconds: float = 0.0
    planted: bool = True

    @classmethod
    def of(cls, fault: Fault, does: str, expected: Expected, finding: Optional[Finding], seconds: float) -> "Outcome":
        """Of a planted fault, from what was found first."""
        if finding is None:
            return cls(fault.name, does, expected.causes, seconds=round(seconds, 2))
        return cls(
            fault.name,
            does,
            expected.causes,
            True,
            finding.cause,
            finding.proof,
            finding.cause in expected.causes,
            place_of(finding),
            expected.wrong_place(finding),
            finding.why,
            round(seconds, 2),
        )

    @property
    def words(self) -> str:
        """The same in a line."""
        if not self.planted:
            return "not planted: %s" % self.why
        if not self.detected:
            return "nothing found" + (": %s" % self.why if self.why else "")
        return "%s (%s) at %s%s" % (
            self.cause,
            self.proof,
            self.place,
            "; WRONG: %s" % self.wrong_place if self.wrong_place else "",
        )

    @property
    def good(self) -> bool:
        """Found, and named rightly."""
        return self.planted and self.detected and self.right_cause and not self.wrong_place


@dataclass(frozen=True)
class Overhead:
    """Watched against bare iterations, in turns.

    Attributes:
        pairs: of iterations.
        lower, median, upper: quartiles of watched / bare.
        bare: median seconds of a bare iteration.
    """

    pairs: int
    lower: float
    median: float
    upper: float
    bare: float

    @classmethod
    def of(cls, bare: Sequence[float], watched: Sequence[float]) -> "Overhead":
        """Of the seconds of as many iterations; those without a counterpart are left out."""
        ratios = np.array(watched[: len(bare)]) / np.array(bare[: len(watched)])
        lower, median, upper = (round(float(each), 4) for each in np.percentile(ratios, (25, 50, 75)))
        return cls(len(ratios), lower, median, upper, round(float(np.median(bare)), 4))


@dataclass(frozen=True)
class SelfTest:
    """All of it.

    Attributes:
        network: what was trained: the network, or the program.
        outcomes: one a fault.
        clean_iterations: iterations without any fault.
        false_alarms: findings in them, in words.
        overhead: None where it was not measured.
    """

    network: str
    outcomes: Tuple[Outcome, ...]
    clean_iterations: int
    false_alarms: Tuple[str, ...]
    overhead: Optional[Overhead]

    @property
    def good(self) -> bool:
        """All that were planted found and named rightly, and nothing else."""
        return all(each.good or not each.planted for each in self.outcomes) and not self.false_alarms

    def to_json(self) -> Dict[str, Any]:
        """Plain JSON values."""
        body = asdict(self)
        for each, outcome in zip(body["outcomes"], self.outcomes):
            each["good"] = outcome.good
        return {"schema": SCHEMA, "kind": "selftest", "good": self.good, **body}


def alarms_of(findings: Sequence[Finding]) -> Tuple[str, ...]:
    """Findings of a clean run, in words."""
    return tuple("%s in %s" % (each.cause, place_of(each) or "?") for each in findings)


def place_of(finding: Finding) -> str:
    """Where it is, in words; empty where that is not known."""
    producer = finding.producer
    if producer is None:
        return ""
    words = [producer.op or producer.phase, producer.block, producer.file or ""]
    return ", ".join(each for each in words if each)
