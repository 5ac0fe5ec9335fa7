"""The iteration in another process, for changes that are variables which MXNet reads at its start."""

import json
import os
import subprocess
import sys
from abc import abstractmethod
from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from nanhunt.replay.cures.base import Change, NotPossible, Outcome, Situation, Trial
from nanhunt.replay.cures.child import fingerprinted

_SECONDS = 900
"""Longest that another process may take."""


class Elsewhere(Change):
    """Runs the dump as it is, elsewhere; the answer is whether it is non-finite there and whether the bits are the same."""

    @abstractmethod
    def variables(self, situation: Situation) -> Dict[str, str]:
        """What is set.

        Raises:
            NotHere, ChangesNothing: see there.
        """

    def attempt(self, situation: Situation) -> Trial:
        if situation.dump is None:
            raise NotPossible("there is no dump file that another process could read")
        variables = self.variables(situation)
        situation.baseline()
        if not situation.checksums:
            situation.checksums = fingerprinted(situation.session, situation.values)
        here = situation.checksums
        there = run_elsewhere(situation.dump, variables)
        checksums: Mapping[str, int] = there["checksums"]
        differing = [name for name in here if checksums.get(name) != here[name]]
        bad: Tuple[Tuple[str, str], ...] = tuple((str(a), str(b)) for a, b in there["bad"])
        after = Outcome(bad, float(there["loss"]), float(there["norm"]))
        did = " ".join("%s=%s" % each for each in variables.items())
        if differing:
            did += ": %d of %d tensors have other bits, first %s" % (len(differing), len(here), differing[0])
        else:
            did += ": the same bits in all %d tensors" % len(here)
        note = "other rounding avoids it here; unless a kernel is at fault, another iteration will meet it again"
        return Trial(self.label, did, after.words(), note if after.finite else "")


def run_elsewhere(dump: Path, variables: Mapping[str, str], words: Sequence[str] = ()) -> Mapping[str, Any]:
    """What `nanhunt.replay.cures.child` answers in a process that was started with these variables.

    Args:
        words: more for its command line.

    Raises:
        NotPossible: it gave no answer.
    """
    root = str(Path(__file__).resolve().parents[3])
    paths = [root] + [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(paths), **variables)
    command = [sys.executable, "-m", "nanhunt.replay.cures.child", str(dump), *words]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotPossible("the other process did not end within %d s" % _SECONDS) from None
    except OSError as error:
        raise NotPossible("another process cannot be started: %s" % (error.strerror or error)) from None
    lines: List[str] = done.stdout.strip().splitlines()
    try:
        answer = json.loads(lines[-1])
    except (IndexError, ValueError):
        said = (done.stderr.strip().splitlines() or ["exit code %d" % done.returncode])[-1]
        raise NotPossible("the other process failed: %s" % said[:160]) from None
    if not isinstance(answer, dict):
        raise NotPossible("the other process failed")
    return answer


def set_already(name: str, value: str) -> bool:
    """Whether this process runs with the variable set so."""
    return os.environ.get(name) == value
