"""What the workers of a distributed run found, joined: who was first, and who stopped with it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from nanhunt.diagnose.finding import Finding, Worker
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import DumpError, UsageError


@dataclass(frozen=True)
class Share:
    """One worker's part of the verdict.

    Attributes:
        rank: None where it was not known.
        finding: its first.
        file: dump, or the JSON that it wrote where there is no dump.
        run: which run it belongs to; empty where that is not known.
        written: when, in seconds.
    """

    rank: Optional[int]
    finding: Finding
    file: Path
    run: str = ""
    written: float = 0.0

    @property
    def own(self) -> bool:
        """Whether this worker found something itself."""
        return self.finding.worker is None or self.finding.worker.stopped_with is None

    def order(self) -> Tuple[int, int]:
        """Earlier ones first."""
        return (self.finding.iteration.step, -1 if self.rank is None else self.rank)


@dataclass(frozen=True)
class Collected:
    """The verdict of a run.

    Attributes:
        shares: one a worker, by rank.
        first: those that found something themselves, in the earliest iteration in which one did; by rank.
        size: workers of the run; None where nothing says so.
        others: files that belong to other runs, or could not be read, each with the reason.
    """

    shares: Tuple[Share, ...]
    first: Tuple[Share, ...]
    size: Optional[int]
    others: Tuple[str, ...]

    @property
    def silent(self) -> List[int]:
        """Ranks of which there is nothing."""
        known = {each.rank for each in self.shares}
        return [rank for rank in range(self.size or 0) if rank not in known]

    def to_json(self) -> Dict[str, Any]:
        """As documented in docs/devices.md."""
        return {
            "schema": 1,
            "size": self.size,
            "first": [each.rank for each in self.first],
            "silent": self.silent,
            "workers": [
                {"rank": each.rank, "file": str(each.file), "own": each.own, "finding": each.finding.to_json()}
                for each in self.shares
            ],
        }


def collect(folder: Path) -> Collected:
    """Read all dumps in a folder and below it, and the findings in JSON of workers that have no dump.

    Of several runs the latest is taken.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"Expected a folder of dumps at {folder}, found none.")
    others: List[str] = []
    found = [each for each in (_of_dump(path, others) for path in sorted(folder.rglob("*.h5"))) if each is not None]
    if found:
        latest = max(found, key=lambda each: each.written).run
        others += ["%s: of another run" % each.file for each in found if each.run != latest]
        found = [each for each in found if each.run == latest]
    shares: Dict[Optional[int], Share] = {}
    for each in sorted(found, key=Share.order):
        shares.setdefault(each.rank, each)
    for path in sorted(folder.rglob("*.json")):
        share = _of_json(path)
        if share is not None and share.rank not in shares and None not in shares:
            shares[share.rank] = share
    by_rank = tuple(sorted(shares.values(), key=lambda each: -1 if each.rank is None else each.rank))
    own = sorted((each for each in by_rank if each.own), key=Share.order)
    first = tuple(each for each in own if each.finding.iteration.step == own[0].finding.iteration.step)
    sizes = [each.finding.worker.size for each in by_rank if each.finding.worker is not None]
    return Collected(by_rank, first, max(sizes) if sizes else None, tuple(others))


def _of_dump(path: Path, others: List[str]) -> Optional[Share]:
    try:
        with DumpReader(path) as reader:
            finding = Finding.from_json(reader.record.finding)
            worker = reader.record.iteration.get("worker")
            run = str(worker.get("run", "")) if isinstance(worker, dict) else ""
            if finding.worker is None and isinstance(worker, dict):  # of a hang
                finding = replace(finding, worker=Worker(worker["rank"], int(worker["size"])))
    except (DumpError, KeyError, TypeError, OSError) as error:
        others.append("%s: %s" % (path, " ".join(str(error).split())))
        return None
    return Share(finding.worker.rank if finding.worker is not None else None, finding, path, run, path.stat().st_mtime)


def _of_json(path: Path) -> Optional[Share]:
    """A finding of one worker; None for any other file."""
    try:
        finding = Finding.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Share(finding.worker.rank, finding, path) if finding.worker is not None else None
