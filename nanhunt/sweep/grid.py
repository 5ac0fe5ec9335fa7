"""Read a grid file: TOML with fixed options, axes, extra runs and limits. Some ship with the package."""

import importlib
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from nanhunt.errors import UsageError
from nanhunt.sweep.settings import Value, check_name

SHIPPED = Path(__file__).parent / "grids"


@dataclass(frozen=True)
class Limits:
    """How far a sweep goes.

    Attributes:
        iterations: most iterations of a run; None for all its epochs.
        timeout: seconds without an iteration after which a run counts as hung.
        jobs: runs at a time; None for as many as the machine allows.
        threads: OMP_NUM_THREADS of each run; None for the cores shared out.
    """

    iterations: Optional[int] = None
    timeout: float = 600.0
    jobs: Optional[int] = None
    threads: Optional[int] = None


@dataclass(frozen=True)
class Grid:
    """What to run.

    Attributes:
        name: of the file, without its ending.
        title: one sentence.
        options: of every run.
        axes: option to its values; each combination is a setting.
        runs: settings besides, each over `options`.
        changes: option to values that replace whatever the file says of it; with several, every setting runs with each.
        repeat: runs of each setting.
        same_seed: whether these all have the same seed.
    """

    name: str = "sweep"
    title: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)
    axes: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    runs: Tuple[Mapping[str, Value], ...] = ()
    changes: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    repeat: int = 1
    same_seed: bool = False
    limits: Limits = field(default_factory=Limits)


def shipped() -> List[Grid]:
    """The grids of the package, by name."""
    return [read(path) for path in sorted(SHIPPED.glob("*.toml"))]


def find(name: str) -> Grid:
    """The grid of a file, or one that ships, by its name.

    Raises:
        UsageError: there is none, or it cannot be used.
    """
    path = Path(name)
    if not path.exists() and (SHIPPED / f"{name}.toml").is_file():
        return read(SHIPPED / f"{name}.toml")
    if not path.is_file():
        names = ", ".join(each.stem for each in sorted(SHIPPED.glob("*.toml")))
        raise UsageError(f"Expected a grid file, or one of {names}, found no {name}.")
    return read(path)


def read(path: Path) -> Grid:
    """Read one file.

    Raises:
        UsageError: it cannot be read, or holds something that no grid has.
    """
    toml = _toml()
    try:
        body = toml.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Expected a grid file in UTF-8 at {path}, cannot read it ({error}).") from error
    except toml.TOMLDecodeError as error:
        raise UsageError(f"Expected TOML in {path}: {error}.") from error
    try:
        return _grid(path.stem, body)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def with_changes(grid: Grid, words: Sequence[str]) -> Grid:
    """The grid with `NAME=VALUE,VALUE…` of the command line in place of what the file says of these options.

    Raises:
        UsageError: a word has another form, or no such option.
    """
    changes: Dict[str, Sequence[Value]] = {}
    for word in words:
        name, equals, values = word.partition("=")
        name = name.strip().lstrip("-")
        if not equals or not name or "" in values.split(","):
            raise UsageError(f"Expected --set NAME=VALUE,VALUE…, found {word!r}.")
        if name in changes:
            raise UsageError(f"Expected one --set for {name}, found several; separate its values by commas.")
        check_name(name, "--set")
        changes[name] = [{"true": True, "false": False}.get(each.strip(), each.strip()) for each in values.split(",")]
    return replace(grid, changes=changes)


def _grid(name: str, body: Mapping[str, Any]) -> Grid:
    _known(body, ("title", "repeat", "same-seed", "options", "grid", "run", "limits"), "a grid file")
    options = _table(body, "options")
    axes = _table(body, "grid")
    for axis, values in axes.items():
        if not isinstance(values, list) or not values:
            raise UsageError(f"Expected a list of values for {axis} in [grid], found {values!r}.")
    runs = body.get("run", [])
    if not isinstance(runs, list) or not all(isinstance(each, dict) for each in runs):
        raise UsageError("Expected each extra run as a table [[run]].")
    for table, place in ((options, "[options]"), (axes, "[grid]"), *((each, "[[run]]") for each in runs)):
        for option in table:
            check_name(option, place)
    twice = sorted(set(options) & set(axes))
    if twice:
        raise UsageError(f"Expected {twice[0]} in [options] or in [grid], found it in both.")
    return Grid(
        name,
        _typed(body, "title", str, ""),
        options,
        axes,
        tuple(runs),
        repeat=at_least("repeat", _typed(body, "repeat", int, 1), 1),
        same_seed=_typed(body, "same-seed", bool, False),
        limits=_limits(_table(body, "limits")),
    )


def _limits(table: Mapping[str, Any]) -> Limits:
    _known(table, ("iterations", "timeout", "jobs", "threads"), "[limits]")
    numbers = {key: at_least(key, _typed(table, key, int, 1), 1) for key in ("iterations", "jobs", "threads") if key in table}
    timeout = positive("timeout", float(_typed(table, "timeout", (int, float), Limits.timeout)))
    return Limits(timeout=timeout, **numbers)


def at_least(name: str, value: int, least: int) -> int:
    """The value.

    Raises:
        UsageError: it is smaller.
    """
    if value < least:
        raise UsageError(f"Expected {name} of {least} or more, found {value}.")
    return value


def positive(name: str, value: float) -> float:
    """The value.

    Raises:
        UsageError: it is not above 0, or not finite.
    """
    if not 0 < value < math.inf:
        raise UsageError(f"Expected {name} of seconds above 0, found {value:g}.")
    return value


def _known(table: Mapping[str, Any], names: Sequence[str], place: str) -> None:
    for key in table:
        if key not in names:
            raise UsageError(f"Expected {', '.join(names)} in {place}, found {key!r}.")


def _table(body: Mapping[str, Any], key: str) -> Dict[str, Any]:
    return dict(_typed(body, key, dict, {}))


def _typed(body: Mapping[str, Any], key: str, kind: Any, default: Any) -> Any:
    value = body.get(key, default)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        names = {str: "text", bool: "true or false", dict: "a table", int: "a whole number"}
        raise UsageError(f"Expected {names.get(kind, 'a number')} for {key}, found {value!r}.")
    return value


def _toml() -> Any:
    """`tomllib`, or `tomli`, which is the same, before Python 3.11."""
    try:
        return importlib.import_module("tomllib")
    except ImportError:
        return importlib.import_module("tomli")
