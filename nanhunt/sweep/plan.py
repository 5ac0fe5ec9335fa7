"""From a grid to its runs: every combination, each with its seed and a name that stays as long as it is the same run."""

import hashlib
import itertools
import json
import re
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from nanhunt.errors import UsageError
from nanhunt.sweep.grid import Grid
from nanhunt.sweep.settings import Value, arguments, check, default_of

DEFAULTS: Mapping[str, Value] = {"log-interval": 1}
"""What a run has where the grid says nothing: the loss before the end is read from the log."""

SHOWN = ("model", "crop-size", "lr", "clip-grad", "seed")
"""Options that stand in the name of a run's folder."""


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes:
        options: all that the grid gives to `nanhunt train`, the seed included.
        setting: those in which the sweep's runs differ, the seed of a repeat not included.
        seed: the run's seed.
        repeat: which of the runs of this setting, from 1.
        words: the options as words for `nanhunt train`.
        key: name of its folder, with a digest of all that decides the run.
    """

    options: Mapping[str, Value]
    setting: Mapping[str, Value]
    seed: int
    repeat: int
    words: Tuple[str, ...]
    key: str

    @property
    def label(self) -> str:
        """The setting in words, such as `lr 0.001, syncbn`; empty where all runs have the same."""
        return describe(self.setting)


def describe(setting: Mapping[str, Value]) -> str:
    """A setting in words: `lr 0.001, syncbn, no clip-grad`."""
    return ", ".join(_named(name, value) for name, value in setting.items())


def plan(grid: Grid, framework: str) -> List[Run]:
    """Every run of the grid, repeats side by side.

    Args:
        framework: version of the framework: with another one it is another run.

    Raises:
        UsageError: some option cannot work.
    """
    settings = _distinct(list(_settings(grid)))
    names = list(dict.fromkeys(name for each in settings for name in each))
    differing = [name for name in names if len({repr(each.get(name, False)) for each in settings}) > 1]
    if "seed" in differing and grid.repeat > 1 and not grid.same_seed:
        raise UsageError("Expected seed with one value where a setting is repeated, found several; leave out repeat.")
    runs = []
    for options in settings:
        setting = {name: default_of(name) if options.get(name, False) is False else options[name] for name in differing}
        for repeat in range(1, grid.repeat + 1):
            runs.append(_run(grid, framework, options, setting, repeat))
    return runs


def _run(grid: Grid, framework: str, options: Mapping[str, Value], setting: Mapping[str, Value], repeat: int) -> Run:
    whole: Dict[str, Value] = {**DEFAULTS, **options}
    decided = check(whole)
    seed = int(decided.get("seed", 0)) + (0 if grid.same_seed else repeat - 1)
    whole["seed"] = seed
    decided = check(whole)
    words = arguments(whole)
    if grid.limits.iterations is not None:
        words.append(f"--max-iterations={grid.limits.iterations}")
    # With the same seed the first of the repeats is the run that it is without repeats.
    which = repeat if grid.same_seed and repeat > 1 else None
    identity: List[Any] = [sorted(decided.items()), grid.limits.iterations, framework, which]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:8]
    return Run(whole, setting, seed, repeat, tuple(words), f"{_readable(decided)}_{digest}")


def _readable(decided: Mapping[str, str]) -> str:
    """The start of a run's name: of its own options only, so that it stays when the sweep has other runs beside it."""
    shown = "_".join(f"{name}={decided[name]}" for name in SHOWN if name in decided)
    return re.sub("[^A-Za-z0-9.=_-]+", "-", shown)[:80]


def _settings(grid: Grid) -> Iterator[Dict[str, Value]]:
    changed = set(grid.changes)
    axes = {name: values for name, values in grid.axes.items() if name not in changed}
    fixed = {name: value for name, value in grid.options.items() if name not in changed}
    own: List[Mapping[str, Value]] = list(_product(axes)) if grid.axes or not grid.runs else []
    own += [{name: value for name, value in each.items() if name not in changed} for each in grid.runs]
    for each in own:
        for change in _product(grid.changes):
            yield {**fixed, **each, **change}


def _product(axes: Mapping[str, Sequence[Value]]) -> Iterator[Dict[str, Value]]:
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values))


def _distinct(settings: List[Dict[str, Value]]) -> List[Dict[str, Value]]:
    """Without those that come to the same."""
    seen: Dict[Tuple[Tuple[str, str], ...], Dict[str, Value]] = {}
    for each in settings:
        seen.setdefault(tuple(sorted(check({**DEFAULTS, **each}).items())), each)
    return list(seen.values())


def _named(name: str, value: Value) -> str:
    if value is True:
        return name
    if value is False:
        return f"no {name}" if not name.startswith("no-") else f"{name} off"
    return f"{name} {value}"
