"""Read what a finished or stopped `nanhunt train` left in its folder."""

import json
import math
import re
import zlib
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from nanhunt.diagnose.finding import Finding
from nanhunt.errors import NanhuntError
from nanhunt.train.log import Logged, read_iteration

LOG = "train.log"
OUTPUT = "output.txt"
FINDING = "finding.json"
DUMPS = "dumps"
POINTS = 300
"""Most losses that are kept of a run."""

Losses = Tuple[Tuple[int, Optional[float]], ...]


def read_losses(folder: Path) -> Losses:
    """(step, loss) of every logged iteration; None where the loss is not finite."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    logged = [each for each in map(read_iteration, lines) if each is not None]
    return tuple((each.step, each.loss if math.isfinite(each.loss) else None) for each in logged)


def last_logged(folder: Path) -> Optional[Logged]:
    """The last logged iteration, from the end of the log; None before the first."""
    try:
        with (folder / LOG).open("rb") as log:
            log.seek(max(0, log.seek(0, 2) - 4096))
            lines = log.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return None
    return next((logged for logged in map(read_iteration, reversed(lines)) if logged is not None), None)


def loss_before(losses: Losses, step: Optional[int]) -> Optional[float]:
    """The last finite loss before the step, or of all where it is None."""
    return next((loss for at, loss in reversed(losses) if loss is not None and (step is None or at < step)), None)


def thinned(losses: Losses) -> Losses:
    """At most about POINTS of them, evenly, with the first and the last."""
    stride = -(-len(losses) // POINTS) if losses else 1
    return losses[::stride] + (losses[-1:] if losses and (len(losses) - 1) % stride else ())


def read_finding(folder: Path) -> Optional[Finding]:
    """The run's finding; None where there is none."""
    try:
        body = json.loads((folder / FINDING).read_text(encoding="utf-8"))
        return Finding.from_json(body) if body is not None else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def first_dump(folder: Path) -> Optional[Path]:
    """The oldest of the run's dumps."""
    dumps = sorted((folder / DUMPS).glob("*.h5"), key=lambda path: path.stat().st_mtime)
    return dumps[0] if dumps else None


def digest(dump: Path) -> Optional[str]:
    """Of the batch, parameters, statistics and optimizer state in a dump, all their bits; None where it cannot be read."""
    from nanhunt.dump.reader import DumpReader

    total = 0
    try:
        with DumpReader(dump, guard=False) as reader:
            record = reader.record
            for arrays in (record.batch, record.parameters, record.aux, record.optimizer):
                for name in sorted(arrays):
                    array = arrays[name]
                    total = zlib.crc32(("%s %s %s" % (name, array.dtype, array.shape)).encode(), total)
                    total = zlib.crc32(array.tobytes(), total)
    except NanhuntError:
        return None
    return "%08x" % total


def last_error(folder: Path) -> str:
    """The line that says what went wrong: nanhunt's own last one, or the last of the output."""
    lines = _output(folder)
    own = [line for line in lines if line.startswith("nanhunt: ")]
    return own[-1][len("nanhunt: ") :] if own else lines[-1] if lines else "no output"


def standing_at(folder: Path) -> Optional[str]:
    """Where the main thread stood when `faulthandler` wrote its stack: `loss.py:12 in mean_loss`, the innermost frame."""
    stacks = "\n".join(_output(folder)).split("(most recent call first):")
    match = re.search(r'File "(?:[^"]*/)?([^"/]+)", line (\d+) in (\S+)', stacks[-1]) if len(stacks) > 1 else None
    return "%s:%s in %s" % match.groups() if match else None


def remove_checkpoints(folder: Path) -> None:
    """Remove the run's checkpoints."""
    for path in folder.glob("epoch_*.params"):
        path.unlink()


def _output(folder: Path) -> Sequence[str]:
    try:
        text = (folder / OUTPUT).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    lines: List[str] = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line]
