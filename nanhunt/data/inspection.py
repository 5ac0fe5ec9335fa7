"""Inspect a dataset: every sample before every check, then the whole; never stopped by a bad file."""

from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from nanhunt.data.checks import CHECKS, ERROR, NOTE, WARNING, Check, Problem, Settings, Whole
from nanhunt.data.index import DatasetIndex
from nanhunt.data.recipe import Recipe
from nanhunt.data.statistics import Statistics
from nanhunt.data.walking import Job, Part, walk
from nanhunt.errors import UsageError
from nanhunt.machine import cores

SCHEMA = 1


@dataclass(frozen=True)
class Inspection:
    """What was looked at and what was found.

    Attributes:
        index: what was walked.
        name: of the dataset, as asked for.
        settings: what the training run would use.
        images: entries that were looked at.
        masks: mask files that were looked at.
        problems: in the order of the split; what belongs to no entry comes first.
        statistics: of what was looked at.
        complete: False where the walk was interrupted.
    """

    index: DatasetIndex = field(repr=False)
    name: str
    settings: Settings
    images: int
    masks: int
    problems: Tuple[Problem, ...]
    statistics: Statistics = field(repr=False)
    complete: bool = True

    @property
    def listed(self) -> int:
        """Entries of the split."""
        return len(self.index)

    def count(self, severity: str) -> int:
        """Number of problems of one severity."""
        return sum(problem.severity == severity for problem in self.problems)

    def skipped(self) -> Dict[str, List[Problem]]:
        """Entries with errors, in the order of the split, each with its errors."""
        entries = self.index.entries
        found: Dict[str, List[Problem]] = {}
        for problem in self.problems:
            if problem.severity == ERROR and problem.sample is not None:
                found.setdefault(entries[problem.sample], []).append(problem)
        return found

    def to_json(self) -> Dict[str, Any]:
        """As `--json FILE` writes it."""
        entries = self.index.entries
        return {
            "schema": SCHEMA,
            "dataset": self.name,
            "split": self.index.split,
            "root": str(self.index.root),
            "settings": asdict(self.settings),
            "listed": self.listed,
            "images": self.images,
            "masks": self.masks,
            "errors": self.count(ERROR),
            "warnings": self.count(WARNING),
            "notes": self.count(NOTE),
            "problems": [_problem(problem, entries) for problem in self.problems],
            "skip": list(self.skipped()),
            "statistics": self.statistics.to_json(self.index.classes),
            "complete": self.complete,
        }


def _problem(problem: Problem, entries: Sequence[str]) -> Dict[str, Any]:
    entry = None if problem.sample is None else entries[problem.sample]
    return dict(asdict(problem), entry=entry, other=None if problem.other is None else entries[problem.other])


def inspect(
    index: DatasetIndex,
    name: str = "mhp",
    settings: Optional[Settings] = None,
    jobs: Optional[int] = None,
    checks: Sequence[Check] = CHECKS,
    on_progress: Optional[Callable[[int, int], None]] = None,
    recipe: Optional[Recipe] = None,
    dask: Optional[str] = None,
) -> Inspection:
    """Look at every entry of a split.

    Ctrl-C ends the walk: what was found up to there is returned with `complete` False.

    Args:
        index: the files of the split.
        name: what the dataset is called in the result.
        settings: what the training run would use.
        jobs: processes; None is one a core.
        checks: what to look for.
        on_progress: called with (entries done, entries in all), every few entries.
        recipe: how samples are read and transformed for training; needed where `settings.augment` asks to try it.
        dask: a scheduler's address; its cluster looks at the samples, instead of `jobs` processes.

    Raises:
        UsageError: a setting cannot work.
        NanhuntError: the cluster cannot be reached, or a process came to a sudden end.
    """
    settings = Settings() if settings is None else settings
    _require(settings)
    jobs = cores() if jobs is None else jobs
    if jobs < 1:
        raise UsageError(f"Expected --jobs of 1 or more, found {jobs}.")
    if settings.augment and recipe is None:
        raise UsageError("Expected a recipe to try the training transform with, found none.")
    job = Job(index, settings, tuple(checks), recipe if settings.augment else None)
    whole = Part()
    complete = _walk(walk(job, jobs) if dask is None else _on_cluster(job, dask), whole, len(index), on_progress)
    end = Whole(index, settings, whole.summary, complete)
    problems = [problem for check in checks for problem in check.split(index)] + whole.problems
    problems += [problem for check in checks for problem in check.whole(end)]
    order = {check.name: place for place, check in enumerate(checks)}
    problems.sort(key=lambda each: (-1 if each.sample is None else each.sample, order[each.check]))
    return Inspection(index, name, settings, whole.samples, whole.masks, tuple(problems), whole.summary.statistics, complete)


def _on_cluster(job: Job, address: str) -> Iterator[Part]:
    from nanhunt.data.cluster import walk_cluster

    return walk_cluster(job, address)


def _walk(parts: Iterator[Part], whole: Part, listed: int, on_progress: Optional[Callable[[int, int], None]]) -> bool:
    """Add up the parts; returns whether the walk came to its end."""
    try:
        for part in parts:
            whole.samples += part.samples
            whole.masks += part.masks
            whole.problems.extend(part.problems)
            whole.summary.merge(part.summary)
            if on_progress is not None:
                on_progress(whole.samples, listed)
        return True
    except KeyboardInterrupt:
        return False
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


def _require(settings: Settings) -> None:
    if not 1 <= settings.num_class <= 256 or settings.base_size < 8 or settings.crop_size < 1:
        raise UsageError(
            "Expected --num-class 1 to 256, --base-size of 8 or more and --crop-size of 1 or more, found "
            f"{settings.num_class}, {settings.base_size} and {settings.crop_size}."
        )
    if settings.augment < 0:
        raise UsageError(f"Expected --augment of 0 or more, found {settings.augment}.")
    if not 0 <= settings.seed < 2**32:
        raise UsageError(f"Expected --seed 0 to {2**32 - 1}, found {settings.seed}.")
