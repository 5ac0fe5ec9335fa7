"""A dump's finding, which may come from anyone: read back, and refused where it is none."""

from typing import Any, Dict, List, Optional

from nanhunt.diagnose.finding import (
    HANGS,
    Finding,
    Fix,
    Hang,
    Position,
    Producer,
    Recurrence,
    Reproduction,
    RunUpVerdict,
    Spread,
)
from nanhunt.dump.record import Record
from nanhunt.errors import DumpDamagedError

_NUMBERS = ("epoch", "iteration", "step", "count", "compared", "schema", "iterations", "within", "growing", "together")
_TEXTS = (
    "phase",
    "op",
    "block",
    "source",
    "value",
    "device",
    "proof",
    "cause",
    "why",
    "do",
    "verdict",
    "kind",
    "name",
    "again",
)
_FLAGS = ("tried", "loss", "gradients", "parameters", "aux", "optimizer", "bit_identical", "before")
_OPTIONAL: Dict[str, Any] = {"sample": int, "file": str, "result": str, "diverges_at": str}
_OPTIONAL.update(times=float, largest_weight=float, since=Position)


def finding_of(record: Record) -> Finding:
    """The finding that the dump holds.

    Raises:
        DumpDamagedError: it is none.
    """
    try:
        found = Finding.from_json(record.finding)
        parts: List[Any] = [found, found.iteration, found.producer, found.spread, found.replay, *found.fixes]
        parts += [found.recurrence, found.run_up]
        wrong = next((name for part in parts if part is not None for name in _wrong(part)), None)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DumpDamagedError(
            "the dump's finding cannot be read (%s: %s); use another dump" % (type(error).__name__, error)
        ) from error
    wrong = wrong or _wrong_hang(found.hang)
    if wrong is not None:
        raise DumpDamagedError("the dump's finding has no usable %r; use another dump" % wrong)
    return found


def _wrong(part: Any) -> Any:
    """Names of what is of another kind than it has to be."""
    if not isinstance(part, (Finding, Position, Producer, Spread, Reproduction, Recurrence, RunUpVerdict, Fix)):
        yield "part"
        return
    top = isinstance(part, Finding)
    for name, value in vars(part).items():
        if name in ("shape", "index"):
            good = isinstance(value, tuple) and all(type(each) is int and each >= 0 for each in value)
        elif name in ("chain", "differing"):
            good = isinstance(value, tuple) and all(isinstance(each, str) for each in value)
        elif name == "hang" and top:
            continue  # see `_wrong_hang`
        elif name in _OPTIONAL:
            good = value is None or type(value) is _OPTIONAL[name]
        elif top and name in ("iteration", "producer", "spread", "replay", "fixes"):
            good = value is not None or name in ("producer", "replay")  # parts of their own
        else:
            kind = int if name in _NUMBERS else str if name in _TEXTS else bool if name in _FLAGS else type(value)
            good = type(value) is kind
        if not good:
            yield name


_HANG_TEXTS = ("kind", "thread", "call", "source", "waits_for", "reached")
_HANG_LISTS = ("unfinished", "workers", "missing")


def _wrong_hang(hang: Optional[Hang]) -> Optional[str]:
    """The same of a hang; the name of the first."""
    if hang is None:
        return None
    good = {name: isinstance(getattr(hang, name), str) for name in _HANG_TEXTS}
    good["kind"] = hang.kind in HANGS
    good.update((name, type(getattr(hang, name)) in (int, float)) for name in ("seconds", "limit"))
    good["under_way"] = type(hang.under_way) is bool
    good.update((name, _texts(getattr(hang, name))) for name in _HANG_LISTS)
    good["barriers"] = isinstance(hang.barriers, tuple) and all(
        isinstance(each, dict)
        and isinstance(each.get("block"), str)
        and type(each.get("waits_for")) is int
        and _texts(each.get("devices"))
        for each in hang.barriers
    )
    good["stacks"] = isinstance(hang.stacks, tuple) and all(
        isinstance(each, dict) and isinstance(each.get("thread"), str) and _texts(each.get("frames")) for each in hang.stacks
    )
    return next((name for name, fine in good.items() if not fine), None)


def _texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value)
