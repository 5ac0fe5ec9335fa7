"""What a process that runs the user's program for a self-test is told, and what it tells: plain data, as JSON in files."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from nanhunt.backends.planting import Planted
from nanhunt.diagnose.finding import Finding
from nanhunt.replacing import replacing

TASK = "task.json"
REPORT = "report.json"
OUTPUT = "output.txt"
DUMPS = "dumps"


@dataclass(frozen=True)
class Task:
    """One run of the program.

    Attributes:
        words: its command line: a script and what follows it, or `-m` and a module.
        iterations: after which it is ended.
        fault: name of that which is planted; empty for none.
        watched: whether nanhunt watches.
    """

    words: Sequence[str]
    iterations: int
    fault: str = ""
    watched: bool = True

    def write(self, folder: Path) -> None:
        """Into the run's folder."""
        (folder / TASK).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Task":
        """The reverse of `write`."""
        return cls(**json.loads((folder / TASK).read_text(encoding="utf-8")))


@dataclass
class Report:
    """How a run went.

    Attributes:
        imported: whether the program imported the framework.
        seconds: of each iteration, from the end of the one before to its own; of the first from its beginning.
        begun: iterations that began.
        finding: what was found first.
        finding_seconds: from the beginning of the iteration in which it was found.
        planted: what became of the fault.
        cannot: why the program has no iterations to follow; empty where it has.
        refused: a mistake of the user's, such as a module that is not there.
        code: the program's own exit code, where it ended by itself.
    """

    imported: bool = False
    seconds: List[float] = field(default_factory=list)
    begun: int = 0
    finding: Optional[Finding] = None
    finding_seconds: float = 0.0
    planted: Planted = field(default_factory=Planted)
    cannot: str = ""
    refused: str = ""
    code: Optional[int] = None

    def write(self, folder: Path) -> None:
        """Into the run's folder, whole or not at all."""
        body = dict(vars(self), planted=asdict(self.planted), finding=None)
        if self.finding is not None:
            body["finding"] = self.finding.to_json()
        with replacing(folder / REPORT) as path:
            path.write_text(json.dumps(body), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Optional["Report"]:
        """The reverse of `write`; None where the process came to no end of its own."""
        try:
            body: Dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        except OSError:
            return None
        if body["finding"] is not None:
            body["finding"] = Finding.from_json(body["finding"])
        body["planted"]["index"] = tuple(body["planted"]["index"])
        body["planted"] = Planted(**body["planted"])
        return cls(**body)
