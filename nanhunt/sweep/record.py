"""A sweep as it stands: what was planned, how each run ended, and what that shows."""

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Tuple

from nanhunt.sweep.grid import Grid
from nanhunt.sweep.observed import observations
from nanhunt.sweep.plan import Run
from nanhunt.sweep.result import Result

SCHEMA = 1


@dataclass(frozen=True)
class Sweep:
    """Attributes:
    grid: what was asked for.
    framework: version of MXNet, or several where machines differ.
    runs: as planned.
    results: by a run's key; those that have not run are missing.
    """

    grid: Grid
    framework: str
    runs: Tuple[Run, ...]
    results: Mapping[str, Result] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every run has ended by itself, was found hung, or failed."""
        return all(run.key in self.results and self.results[run.key].status != "interrupted" for run in self.runs)

    def observed(self) -> List[str]:
        """Sentences about all of it."""
        return observations(self.runs, self.results)

    def to_json(self) -> Dict[str, Any]:
        """As `nanhunt/schemas/sweep.schema.json` describes it."""
        return {
            "schema": SCHEMA,
            "name": self.grid.name,
            "title": self.grid.title,
            "framework": self.framework,
            "iterations": self.grid.limits.iterations,
            "complete": self.complete,
            "observed": self.observed(),
            "runs": [self._run(run) for run in self.runs],
        }

    def _run(self, run: Run) -> Dict[str, Any]:
        result = self.results.get(run.key)
        head = {"setting": dict(run.setting), "options": dict(run.options), "seed": run.seed, "repeat": run.repeat}
        return {**head, **(result.to_json() if result is not None else {"status": "not run"})}
