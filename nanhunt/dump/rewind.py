"""What a dump holds for going back: a snapshot of an earlier state, and what each iteration since was made of."""

from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Graph
from nanhunt.backends.update import Update
from nanhunt.dump.record import Arrays, Record
from nanhunt.errors import DumpDamagedError

PREFIX = "rewind/"
"""How the names of its arrays in `Record.history` begin."""

KEY = "rewind"
"""Of `Record.runup`."""

STATE = ("parameters", "aux", "optimizer", "gradients")
"""Groups of a snapshot's arrays, named `rewind/<group>/<name>`."""


@dataclass(frozen=True)
class Observed:
    """A tensor whose reduction was read in an iteration.

    Attributes:
        kind, name, device, output, plain: as in `/observed/tensors`.
        node: place of the node that made it in the iteration's graph; -1 where none did.
    """

    kind: str
    name: str
    device: str
    node: int
    output: int
    plain: bool


@dataclass(frozen=True)
class PastIteration:
    """One iteration before the dumped one.

    Attributes:
        epoch, iteration, step: zero-based.
        seed: of the framework's generator, or None.
        graph: what it ran.
        observed: tensors whose reductions were read, and the CRC-32 of each.
        update: what was written after its backward; None where that is not known in full, and then `why_not` says why.
        batch: name to array of what went in, `<device>/<name>`.
        remade: name to CRC-32 of those that are not in it, and have to be made again from `samples`.
        samples: as in `Record.iteration`; empty where the batch is here.
        arrays: by the name that the update has for them.
    """

    epoch: int
    iteration: int
    step: int
    seed: Optional[int]
    graph: Graph
    observed: Tuple[Observed, ...]
    fingerprints: np.ndarray
    update: Optional[Update]
    why_not: str
    batch: Arrays
    arrays: Arrays
    remade: Mapping[str, int] = field(default_factory=dict)
    samples: Tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Trail:
    """The way from a snapshot to the dumped iteration.

    Attributes:
        state: group (`STATE`) to name to array, as they were when the first iteration began.
        iterations: oldest first; the dumped one comes after the last.
        named: (device, name) of those arrays of the dumped iteration whose names the program gave.
    """

    state: Mapping[str, Arrays]
    iterations: Tuple[PastIteration, ...]
    named: FrozenSet[Tuple[str, str]] = field(default_factory=frozenset)


class _Part(Mapping[str, np.ndarray]):
    """Those of many arrays whose names begin in one way."""

    def __init__(self, arrays: Arrays, prefix: str) -> None:
        self._arrays, self._prefix = arrays, prefix
        self._names = [name[len(prefix) :] for name in arrays if name.startswith(prefix)]

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[self._prefix + name]

    def __iter__(self) -> Any:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class TrailJson:
    """Makes the JSON part, iteration by iteration; what several have in common is written once."""

    def __init__(self) -> None:
        self._parts: Dict[str, List[Any]] = {"graphs": [], "observed": [], "updates": []}
        self._iterations: List[Dict[str, Any]] = []

    def add(
        self,
        at: Mapping[str, Any],
        graph: Graph,
        observed: Tuple[Observed, ...],
        update: Optional[Update],
        why: str,
        remade: Mapping[str, int],
    ) -> None:
        """One more iteration; `at` has its `epoch`, `iteration`, `step`, `seed` and, where arrays are `remade`, `samples`."""
        rows = [[e.kind, e.name, e.device, e.node, e.output, e.plain] for e in observed]
        body = {key: at.get(key) for key in ("epoch", "iteration", "step", "seed")}
        body.update(graph=self._place("graphs", graph.to_json()), observed=self._place("observed", rows), why_not=why)
        body["update"] = None if update is None else self._place("updates", update.to_json())
        if remade:
            body.update(remade=dict(remade), samples=list(at["samples"]))
        self._iterations.append(body)

    def _place(self, what: str, value: Any) -> int:
        known = self._parts[what]
        for place in range(len(known) - 1, -1, -1):
            if known[place] == value:
                return place
        known.append(value)
        return len(known) - 1

    def to_json(self, named: FrozenSet[Tuple[str, str]]) -> Dict[str, Any]:
        """All of it."""
        return dict(self._parts, iterations=self._iterations, named=[list(each) for each in sorted(named)])


def trail_of(record: Record) -> Optional[Trail]:
    """What the dump holds for going back; None where it holds nothing.

    Raises:
        DumpDamagedError: it cannot be read.
    """
    body = record.runup.get(KEY)
    if body is None:
        return None
    try:
        graphs = [Graph.from_json(each) for each in body["graphs"]]
        updates = [Update.from_json(each) for each in body["updates"]]
        observed = [tuple(_observed(row) for row in rows) for rows in body["observed"]]
        iterations = tuple(
            _iteration(record.history, place, each, graphs, observed, updates) for place, each in enumerate(body["iterations"])
        )
        named = frozenset((str(device), str(name)) for device, name in body["named"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise DumpDamagedError("what the dump holds for going back cannot be read: %s; make a new dump" % error) from error
    return Trail({group: _Part(record.history, "%s%s/" % (PREFIX, group)) for group in STATE}, iterations, named)


def _observed(row: Any) -> Observed:
    kind, name, device, node, output, plain = row
    return Observed(str(kind), str(name), str(device), int(node), int(output), bool(plain))


def _iteration(
    history: Arrays,
    place: int,
    body: Mapping[str, Any],
    graphs: List[Graph],
    observed: List[Tuple[Observed, ...]],
    updates: List[Update],
) -> PastIteration:
    prefix = "%s%d/" % (PREFIX, place)
    fingerprints = np.asarray(history[prefix + "fingerprints"], np.uint32)
    rows = observed[int(body["observed"])]
    if fingerprints.shape != (len(rows),):
        raise ValueError("iteration %s has %d fingerprints for %d tensors" % (body["step"], fingerprints.size, len(rows)))
    return PastIteration(
        epoch=int(body["epoch"]),
        iteration=int(body["iteration"]),
        step=int(body["step"]),
        seed=None if body["seed"] is None else int(body["seed"]),
        graph=graphs[int(body["graph"])],
        observed=rows,
        fingerprints=fingerprints,
        update=None if body["update"] is None else updates[int(body["update"])],
        why_not=str(body["why_not"]),
        batch=_Part(history, prefix + "batch/"),
        arrays=_Part(history, prefix),
        remade={str(name): int(crc) for name, crc in body.get("remade", {}).items()},
        samples=tuple(dict(each) for each in body.get("samples", ())),
    )
