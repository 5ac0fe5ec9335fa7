"""Walk a dataset in threads, put every sample before every check, and never stop at a bad file."""

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Callable, Deque, Dict, List, Optional, Sequence, Tuple

from nanhunt.data.checks import CHECKS, ERROR, NOTE, WARNING, Check, Problem, Settings
from nanhunt.data.facts import gather
from nanhunt.data.index import DatasetIndex
from nanhunt.errors import UsageError

SCHEMA = 1

CHUNK = 8
"""Samples that a thread takes at a time; one by one, the threads spend a tenth of their time waking one another."""

AHEAD = 3
"""Chunks handed out ahead, for each thread: enough to keep all busy, few enough to stop at once."""

Looked = Tuple[int, int, List[Problem]]
"""Samples, mask files, problems."""


@dataclass(frozen=True)
class Inspection:
    """What was looked at and what was found.

    Attributes:
        dataset, split, root: what was walked.
        listed: entries of the split.
        images: entries that were looked at.
        masks: mask files that were looked at.
        problems: in the order of the split; what belongs to no entry comes first.
        complete: False where the walk was interrupted.
    """

    dataset: str
    split: str
    root: str
    listed: int
    images: int
    masks: int
    problems: Tuple[Problem, ...]
    complete: bool = True

    def count(self, severity: str) -> int:
        """Number of problems of one severity."""
        return sum(problem.severity == severity for problem in self.problems)

    def to_json(self) -> Dict[str, Any]:
        """As `--json FILE` writes it."""
        return {
            "schema": SCHEMA,
            "dataset": self.dataset,
            "split": self.split,
            "root": self.root,
            "listed": self.listed,
            "images": self.images,
            "masks": self.masks,
            "errors": self.count(ERROR),
            "warnings": self.count(WARNING),
            "notes": self.count(NOTE),
            "problems": [asdict(problem) for problem in self.problems],
            "complete": self.complete,
        }


def default_jobs() -> int:
    """As many threads as this process may use cores."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def inspect(
    index: DatasetIndex,
    name: str = "mhp",
    settings: Optional[Settings] = None,
    jobs: Optional[int] = None,
    checks: Sequence[Check] = CHECKS,
    on_progress: Optional[Callable[[int, int], None]] = None,
) -> Inspection:
    """Look at every entry of a split.

    Ctrl-C ends the walk: what was found up to there is returned with `complete` False.

    Args:
        index: the files of the split.
        name: what the dataset is called in the result.
        settings: what the training run would use.
        jobs: threads; None is one a core.
        checks: what to look for.
        on_progress: called in this thread with (entries done, entries in all), every few entries.

    Raises:
        UsageError: a setting cannot work.
    """
    settings = Settings() if settings is None else settings
    if not 1 <= settings.num_class <= 256 or settings.base_size < 8 or settings.crop_size < 1:
        raise UsageError(
            "Expected --num-class 1 to 256, --base-size of 8 or more and --crop-size of 1 or more, found "
            f"{settings.num_class}, {settings.base_size} and {settings.crop_size}."
        )
    jobs = default_jobs() if jobs is None else jobs
    if jobs < 1:
        raise UsageError(f"Expected --jobs of 1 or more, found {jobs}.")
    walk = _Walk(index, settings, checks)
    complete = walk.run(jobs, on_progress)
    problems = tuple(walk.problems)
    return Inspection(name, index.split, str(index.root), len(index), walk.images, walk.masks, problems, complete)


class _Walk:
    """One pass over an index; its counts are right at any moment it is stopped."""

    def __init__(self, index: DatasetIndex, settings: Settings, checks: Sequence[Check]) -> None:
        self.index = index
        self.settings = settings
        self.checks = checks
        self.images = 0
        self.masks = 0
        self.problems: List[Problem] = []

    def run(self, jobs: int, on_progress: Optional[Callable[[int, int], None]]) -> bool:
        """Returns whether the walk came to its end."""
        executor = ThreadPoolExecutor(jobs, thread_name_prefix="nanhunt-inspect")
        ahead: Deque[Future[Looked]] = deque()
        try:
            for check in self.checks:
                self.problems.extend(check.split(self.index))
            for first in range(0, len(self.index), CHUNK):
                ahead.append(executor.submit(self._look, range(first, min(first + CHUNK, len(self.index)))))
                if len(ahead) > jobs * AHEAD:
                    self._take(ahead.popleft(), on_progress)
            while ahead:
                self._take(ahead.popleft(), on_progress)
            return True
        except KeyboardInterrupt:
            return False
        finally:
            for future in ahead:
                future.cancel()
            executor.shutdown(wait=True)

    def _look(self, positions: Sequence[int]) -> Looked:
        masks = 0
        problems: List[Problem] = []
        for position in positions:
            facts = gather(self.index, position, self.settings.num_class)
            masks += len(facts.masks)
            problems += [problem for check in self.checks for problem in check.sample(facts, self.settings)]
        return len(positions), masks, problems

    def _take(self, future: "Future[Looked]", on_progress: Optional[Callable[[int, int], None]]) -> None:
        samples, masks, problems = future.result()
        self.images += samples
        self.masks += masks
        self.problems.extend(problems)
        if on_progress is not None:
            on_progress(self.images, len(self.index))
