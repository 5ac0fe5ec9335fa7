"""`nanhunt replay --repeat N`: whether the iteration's bits depend on threads or on the engine.

The iteration runs N times in this process and N times in others that were started with another number of threads, or another
engine, which MXNet reads only at its start. Every loss, gradient and running statistic is held against the first run.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.replay.cures.base import NotPossible
from nanhunt.replay.cures.elsewhere import run_elsewhere
from nanhunt.replay.difference import Difference, arrays_of, difference
from nanhunt.replay.session import Session


@dataclass(frozen=True)
class Setting:
    """One way to run it.

    Attributes:
        variables: what was set; empty for this process.
        runs: one entry a run; in this process, those after the first.
        why_not: why there are none.
    """

    variables: Mapping[str, str]
    runs: Tuple[Difference, ...]
    why_not: str = ""

    @property
    def identical(self) -> bool:
        return bool(self.runs) and all(each.identical for each in self.runs)


@dataclass(frozen=True)
class Determinism:
    """The report.

    Attributes:
        repeat: runs of each setting.
        settings: this process first.
    """

    repeat: int
    settings: Tuple[Setting, ...]

    def to_json(self) -> Dict[str, Any]:
        """Plain values; `identical` with each setting."""
        rows = [
            {"variables": dict(each.variables), "identical": each.identical, "why_not": each.why_not} for each in self.settings
        ]
        for row, setting in zip(rows, self.settings):
            row["runs"] = [asdict(each) for each in setting.runs]
        return {"repeat": self.repeat, "settings": rows}


def settings_to_try(cores: int) -> List[Dict[str, str]]:
    """One thread, two, all; each engine; one thread under the engine that never runs two operators at once."""
    threads = sorted({1, 2, max(cores, 1)})
    found = [{"OMP_NUM_THREADS": str(each)} for each in threads]
    found += [{"MXNET_ENGINE_TYPE": each} for each in ("ThreadedEngine", "ThreadedEnginePerDevice", "NaiveEngine")]
    found.append({"MXNET_CPU_WORKER_NTHREADS": "4"})
    return found + [{"OMP_NUM_THREADS": "1", "MXNET_ENGINE_TYPE": "NaiveEngine"}]


def determinism_of(session: Session, dump: Path, repeat: int, done: Optional[Callable[[Setting], None]] = None) -> Determinism:
    """Run the iteration under every setting.

    Args:
        done: told of each setting when it has run.
    """
    first = arrays_of(session)
    rows = [Setting({}, tuple(difference(first, arrays_of(session)) for _ in range(max(repeat - 1, 1))))]
    if done is not None:
        done(rows[0])
    with tempfile.TemporaryDirectory(prefix="nanhunt-") as folder:
        path = Path(folder) / "first.npz"
        np.savez(str(path), **{"%d" % k: array for k, array in enumerate(first.values())})
        names = Path(folder) / "names.json"
        names.write_text(json.dumps(list(first)), encoding="utf-8")
        for variables in settings_to_try(os.cpu_count() or 1):
            rows.append(_elsewhere(dump, variables, folder, repeat))
            if done is not None:
                done(rows[-1])
    return Determinism(repeat, tuple(rows))


def _elsewhere(dump: Path, variables: Dict[str, str], folder: str, repeat: int) -> Setting:
    try:
        answer = run_elsewhere(dump, variables, ["--against", folder, "--repeat", str(repeat)])
        runs = tuple(
            Difference(int(a["tensors"]), int(a["compared"]), str(a["first"]), float(a["largest"]), int(a["ulps"]))
            for a in answer["differences"]
        )
    except NotPossible as why:
        return Setting(variables, (), str(why))
    return Setting(variables, runs)
