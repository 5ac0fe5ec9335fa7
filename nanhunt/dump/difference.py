"""What two dumps have in common, and where they part: settings, arrays bit by bit, and what was observed, in its order."""

from dataclasses import asdict, dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.dump.record import Arrays, Record
from nanhunt.dump.runup import run_up_of

Json = Any

ABSENT = "(absent)"

_WHERE = ("command", "folder")
_FROM_RUN_TO_RUN = ("name", "order")
"""Keys of a graph's node that count calls of the process, and say nothing about the iteration."""

_FINDING = ("cause", "proof", "why", "producer", "spread", "chain")


@dataclass(frozen=True)
class Value:
    """A value that is not the same in both; a path of keys, joined by points."""

    name: str
    a: Json
    b: Json


@dataclass(frozen=True)
class ArrayDifference:
    """An array that is not the same, bit for bit, in both.

    Attributes:
        group: of `Record.arrays`.
        a, b: shape and dtype in words, or ABSENT.
        elements: how many differ; None where the shapes do.
        largest: largest absolute difference where both are finite.
        first: index of the first element that differs.
        first_a, first_b: its values.
    """

    group: str
    name: str
    a: str
    b: str
    elements: Optional[int] = None
    largest: Optional[float] = None
    first: Tuple[int, ...] = ()
    first_a: Optional[float] = None
    first_b: Optional[float] = None


@dataclass(frozen=True)
class ObservedDifference:
    """An observed tensor that is not the same in both; `a` and `b` are its entries in `/observed`, None where it is missing."""

    place: int
    kind: str
    name: str
    device: str
    a: Optional[Mapping[str, Json]]
    b: Optional[Mapping[str, Json]]


@dataclass(frozen=True)
class Difference:
    """Two dumps, compared.

    Attributes:
        iteration, samples, environment, optimizer, graph, finding: values that differ.
        arrays: those that differ; `equal` counts the others, by group.
        observed: tensors that differ, in the order of execution; `observed_equal` counts the others.
        run_up: the first step at which the iterations before differ, and in what; None where they do not, or there are none.
    """

    iteration: Tuple[Value, ...]
    samples: Tuple[Value, ...]
    environment: Tuple[Value, ...]
    optimizer: Tuple[Value, ...]
    graph: Tuple[Value, ...]
    finding: Tuple[Value, ...]
    arrays: Tuple[ArrayDifference, ...]
    equal: Mapping[str, int]
    observed: Tuple[ObservedDifference, ...]
    observed_equal: int
    run_up: Optional[Value]

    @property
    def same(self) -> bool:
        """Whether the same was computed of the same; where, when and after what does not matter."""
        parts = (self.iteration, self.samples, self.optimizer, self.graph, self.finding, self.arrays, self.observed)
        return not any(parts)

    def to_json(self) -> Dict[str, Json]:
        """Plain values, as `--json` writes them."""
        return dict(asdict(self), schema=1, same=self.same)


def compare(a: Record, b: Record) -> Difference:
    """Compare two dumps.

    Raises:
        DumpDamagedError: an array cannot be read.
    """
    arrays: List[ArrayDifference] = []
    equal: Dict[str, int] = {}
    for group, mine in a.arrays().items():
        if group == "history":
            continue
        found, count = _arrays(group, mine, b.arrays()[group])
        arrays += found
        equal[group] = count
    observed, observed_equal = _observed(a.observed, b.observed)
    hide = ("samples", "warnings")
    return Difference(
        iteration=tuple(_values(_without(a.iteration, hide), _without(b.iteration, hide))),
        samples=tuple(_values(a.iteration.get("samples"), b.iteration.get("samples"))),
        environment=tuple(_values(_without(a.environment, _WHERE), _without(b.environment, _WHERE))),
        optimizer=tuple(_values(a.optimizer_settings, b.optimizer_settings)),
        graph=tuple(_values(_graph(a.graph), _graph(b.graph))),
        finding=tuple(_values({k: a.finding.get(k) for k in _FINDING}, {k: b.finding.get(k) for k in _FINDING})),
        arrays=tuple(arrays),
        equal=equal,
        observed=tuple(observed),
        observed_equal=observed_equal,
        run_up=_run_up(a, b),
    )


def _without(values: Mapping[str, Json], keys: Sequence[str]) -> Dict[str, Json]:
    return {key: value for key, value in values.items() if key not in keys}


def _values(a: Json, b: Json, name: str = "") -> Iterator[Value]:
    """Where two JSON values differ, each as deep as it goes."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in [*a, *(key for key in b if key not in a)]:
            yield from _values(a.get(key, ABSENT), b.get(key, ABSENT), "%s.%s" % (name, key) if name else str(key))
    elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        for place, (one, other) in enumerate(zip(a, b)):
            yield from _values(one, other, "%s[%d]" % (name, place))
    elif a != b and not (a != a and b != b):
        yield Value(name, a, b)


def _graph(graph: Mapping[str, Json]) -> Dict[str, Json]:
    nodes = graph.get("nodes")
    kept = [_without(each, _FROM_RUN_TO_RUN) if isinstance(each, Mapping) else each for each in nodes or ()]
    # Names in the batch count calls, too.
    plain = [_without(each, ("outputs", "gradients", "draws")) if isinstance(each, Mapping) else each for each in kept]
    return {"nodes": plain}


def _arrays(group: str, a: Arrays, b: Arrays) -> Tuple[List[ArrayDifference], int]:
    found, equal = [], 0
    for name in [*a, *(name for name in b if name not in a)]:
        one = np.asarray(a[name]) if name in a else None
        other = np.asarray(b[name]) if name in b else None
        difference = _array(group, name, one, other)
        if difference is None:
            equal += 1
        else:
            found.append(difference)
    return found, equal


def _array(group: str, name: str, a: Optional[np.ndarray], b: Optional[np.ndarray]) -> Optional[ArrayDifference]:
    words = [ABSENT if each is None else "%s %s" % ("x".join(map(str, each.shape)) or "scalar", each.dtype) for each in (a, b)]
    if a is None or b is None or a.shape != b.shape or a.dtype != b.dtype:
        return ArrayDifference(group, name, words[0], words[1])
    if a.tobytes() == b.tobytes():
        return None
    differs = a != b
    if a.dtype.kind == "f":
        differs &= ~(np.isnan(a) & np.isnan(b))  # which bits a NaN has is the processor's choice
        differs |= (a == b) & (np.signbit(a) != np.signbit(b))
    if not differs.any():
        return None
    with np.errstate(all="ignore"):
        away = np.abs(a.astype(np.float64) - b.astype(np.float64))
    finite = away[np.isfinite(away)]
    first = tuple(int(each) for each in np.unravel_index(int(differs.argmax()), a.shape))
    return ArrayDifference(
        group,
        name,
        words[0],
        words[1],
        int(differs.sum()),
        float(finite.max()) if finite.size else None,
        first,
        float(a[first]),
        float(b[first]),
    )


def _observed(a: Sequence[Mapping[str, Json]], b: Sequence[Mapping[str, Json]]) -> Tuple[List[ObservedDifference], int]:
    """Differing tensors and the number of equal ones. Of several with the same name the first is held against the first."""
    mine, others = _by_key(a), _by_key(b)
    order = [*mine, *(key for key in others if key not in mine)]
    found, equal = [], 0
    for place, key in enumerate(order):
        one, other = mine.get(key), others.get(key)
        if one is not None and other is not None and _looks_the_same(one, other):
            equal += 1
        else:
            found.append(ObservedDifference(place, key[0], key[1], key[2], one, other))
    return found, equal


_Key = Tuple[str, str, str, str, int]


def _by_key(observed: Sequence[Mapping[str, Json]]) -> Dict[_Key, Mapping[str, Json]]:
    found: Dict[_Key, Mapping[str, Json]] = {}
    seen: Dict[Tuple[str, str, str, str], int] = {}
    for each in observed:
        name = (str(each.get("kind")), str(each.get("name")), str(each.get("device")), str(each.get("output")))
        seen[name] = seen.get(name, -1) + 1
        found[name + (seen[name],)] = each
    return found


def _looks_the_same(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool:
    if a.get("shape") != b.get("shape") or a.get("dtype") != b.get("dtype"):
        return False
    for key in ("checksum", "fingerprint"):
        if a.get(key) is not None and b.get(key) is not None:
            if key == "fingerprint" and a.get("plain") != b.get("plain"):
                break  # two reductions
            return bool(a[key] == b[key])
    return not list(_values(a.get("reduced") or _statistics(a), b.get("reduced") or _statistics(b)))


def _statistics(each: Mapping[str, Json]) -> Dict[str, Json]:
    return {key: each.get(key) for key in ("nan", "+inf", "-inf", "zeros", "min", "max", "mean")}


def _run_up(a: Record, b: Record) -> Optional[Value]:
    """The first step, of those that both have, at which loss, rate, gradient norm, samples or seed differ."""
    mine, others = run_up_of(a), run_up_of(b)
    if mine is None or others is None:
        return None
    place = {int(step): k for k, step in enumerate(others.step)}
    for i, step in enumerate(mine.step):
        k = place.get(int(step))
        if k is None:
            continue
        for name in ("seed", "sample_index", "lr", "loss", "gradient_norm"):
            one, other = getattr(mine, name)[i].tolist(), getattr(others, name)[k].tolist()
            for value in _values(one, other, "step %d: %s" % (step, name)):
                return value
    return None
