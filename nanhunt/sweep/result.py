"""How one run ended, as plain data."""

from dataclasses import dataclass, fields
from typing import Any, Dict, Mapping, Optional, Tuple

from nanhunt.diagnose.finding import Finding

FOUND = "found"
FINITE = "finite"
HANG = "hang"
FAILED = "failed"
INTERRUPTED = "interrupted"
STATUSES = (FOUND, FINITE, HANG, FAILED, INTERRUPTED)


@dataclass(frozen=True)
class Result:
    """How one run ended.

    Attributes:
        status: one of STATUSES: a NaN or Inf was found; none was, to the end; no iteration came any more; it ended with an
            error; it was stopped with the sweep.
        seconds: that it took.
        iterations: that it logged.
        losses: (step, loss) as logged, thinned to some hundred; None where the loss is not finite.
        loss_before: the last finite loss that was logged before the step of the finding, or before the end.
        finding: what was found.
        dump: path of the file that replays it, on `host`.
        digest: of the batch and of all state in the dump; equal where they are, bit for bit.
        error: the last line of what went wrong.
        exit_code: of `nanhunt train`; None where it was stopped.
        threads: OMP_NUM_THREADS.
        host: name of the machine.
        folder: of the run, on `host`.
    """

    status: str
    seconds: float = 0.0
    iterations: int = 0
    losses: Tuple[Tuple[int, Optional[float]], ...] = ()
    loss_before: Optional[float] = None
    finding: Optional[Finding] = None
    dump: Optional[str] = None
    digest: Optional[str] = None
    error: Optional[str] = None
    exit_code: Optional[int] = None
    threads: int = 1
    host: str = ""
    folder: str = ""

    @property
    def done(self) -> bool:
        """Whether it says something of its setting, so that it need not run again."""
        return self.status in (FOUND, FINITE, HANG)

    def to_json(self) -> Dict[str, Any]:
        """Plain dicts, lists, strings, numbers."""
        body = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**body, "losses": [list(each) for each in self.losses], "finding": self.finding and self.finding.to_json()}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Result":
        """The reverse.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        if body["status"] not in STATUSES:
            raise ValueError(body["status"])
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in body.items() if key in known}
        finding = values.get("finding")
        values["finding"] = Finding.from_json(finding) if finding is not None else None
        values["losses"] = tuple((int(step), loss) for step, loss in values.get("losses", ()))
        return cls(**values)
