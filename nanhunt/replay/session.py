"""One dumped iteration, ready to run: its graph, its arrays, its seed."""

import os
import sys
from typing import Any, Dict, Iterable, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.backends.graph import PYTHON_CODE, Graph, Leaf, Node
from nanhunt.backends.opening import opened
from nanhunt.backends.synchronised import groups, lacking, together
from nanhunt.dump.format import HANG
from nanhunt.dump.record import Record
from nanhunt.errors import DumpDamagedError, ReplayError


def _check_observed(observed: Sequence[Mapping[str, Any]]) -> None:
    """What the rest of replay relies on.

    Raises:
        DumpDamagedError: an entry lacks a value, or has one of another kind.
    """
    number = (int, type(None))
    wanted: Dict[str, Any] = {
        "kind": str,
        "name": str,
        "device": str,
        "node": str,
        "output": int,
        "checksum": number,
        "fingerprint": number,
    }
    for place, each in enumerate(observed):
        for key, kinds in wanted.items():
            if not isinstance(each.get(key), kinds):
                raise DumpDamagedError("entry %d of the dump's observed tensors has no usable %r" % (place, key))
        counts = [each.get(key) for key in ("nan", "+inf", "-inf")]
        shape = each.get("shape")
        if not isinstance(shape, list) or (each["checksum"] is not None and not all(isinstance(n, int) for n in counts)):
            raise DumpDamagedError("entry %d of the dump's observed tensors has no usable shape or counts" % place)


def _named(nodes: Iterable[Node]) -> Tuple[str, ...]:
    return tuple("%s (%s)" % (node.op, node.block or node.source) for node in nodes)


def _check_synchronised(graph: Graph, backend: Backend) -> None:
    """Devices that wait for each other: whether all are there, and can meet here.

    Raises:
        ReplayError: they cannot.
    """
    try:
        most = max((len(each) for each in groups(graph)), default=1)
    except ValueError as error:
        raise ReplayError("the iteration would wait for ever: %s" % error) from error
    if most > 1 and backend.as_one:
        raise ReplayError("SyncBatchNorm of %d devices cannot run on one context: each waits for the others" % most)
    missing = lacking(most, os.environ)
    if missing and not (_on_gpus(graph) and backend.environment().get("gpus")):
        raise ReplayError(
            "SyncBatchNorm over %d CPU contexts deadlocks in MXNet; it runs with %s in the environment"
            % (most, " ".join("%s=%d" % each for each in missing.items()))
        )


def _on_gpus(graph: Graph) -> bool:
    return any(node.device.startswith("gpu") for node in graph.nodes)


def prepare(record: Record) -> None:
    """Before the framework is loaded: set the variables that it reads once, and that this iteration needs to run again.

    That of a hang is run as it was.
    """
    if record.reason == HANG:
        return
    try:
        most = max((len(each) for each in groups(Graph.from_json(record.graph))), default=1)
    except ValueError:
        return  # Session says what is wrong
    if str(record.environment.get("framework", "mxnet")) not in sys.modules:  # else it is too late
        os.environ.update((name, str(value)) for name, value in lacking(most, os.environ).items())


class Session:
    """A Record and the backend to run it on.

    Raises:
        DumpDamagedError: the graph cannot be read, or an array that it needs is not in the dump.
        ReplayError: the iteration holds something that cannot be run again.
    """

    def __init__(self, record: Record, backend: Backend) -> None:
        self.record = record
        self.backend = backend
        try:
            self.graph = Graph.from_json(record.graph)
        except ValueError as error:
            raise DumpDamagedError("the dump's op graph cannot be read: %s" % error) from error
        missing = sorted({n.leaf.name for n in self.graph.nodes if n.leaf is not None and n.leaf.group == "missing"})
        if missing:
            raise ReplayError(
                "the iteration read %d arrays that were not seen when it ran (%s), so it cannot be run again"
                % (len(missing), ", ".join(missing[:3]))
            )
        _check_observed(record.observed)
        self._opened: Optional[Graph] = None
        if record.reason != HANG:
            _check_synchronised(self.graph, backend)
        if not self.graph.heads:
            raise ReplayError(
                "the dump holds no op graph: the run ended before another backward, so there is nothing to run again"
            )

    @property
    def opened(self) -> Graph:
        """The graph with its compiled parts opened up, for looking at every operator.

        Raises:
            ReplayError: its operators cannot be run one by one.
        """
        if self._opened is None:
            try:
                self._opened = together(opened(self.graph))
            except ValueError as error:
                raise ReplayError("the iteration cannot be run operator by operator: %s" % error) from error
        return self._opened

    @property
    def python_code(self) -> Tuple[str, ...]:
        """Operators of the iteration whose code is the program's own: their recorded outputs stand in for them."""
        return _named(node for node in self.graph.nodes if node.op in PYTHON_CODE)

    @property
    def undrawn(self) -> Tuple[str, ...]:
        """Random operators of an iteration that was not seeded whose draws are not in the dump: they draw others here."""
        if self.seed is not None:
            return ()
        return _named(node for node in self.opened.nodes if self.backend.draws(node) and not node.draws)

    @property
    def came_in(self) -> Mapping[str, str]:
        """The batch's own arrays among those marked for gradients that no update was seen to write, with the batch's names."""
        plain = self.record.optimizer_settings.get("not_updated")
        return {str(name): str(batch) for name, batch in plain.items() if batch} if isinstance(plain, dict) else {}

    def gradient(self, leaf: Leaf) -> Optional[np.ndarray]:
        """What the leaf's gradient array held when the iteration began; None where it is not kept."""
        return self.record.gradients.get("%s/%s" % (leaf.device, leaf.name))

    @property
    def seed(self) -> Optional[int]:
        """The framework's seed for this iteration."""
        value = self.record.iteration.get("seed")
        return None if value is None else int(value)

    def leaf(self, leaf: Leaf) -> np.ndarray:
        """The array that the leaf had when the iteration began."""
        record = self.record
        try:
            if leaf.group == "batch":
                return record.batch["%s/%s" % (leaf.device, leaf.name)]
            own = "%s/%s/%s" % (leaf.device, leaf.group, leaf.name)
            if own in record.devices:
                return record.devices[own]
            groups: Dict[str, Mapping[str, np.ndarray]] = {"parameters": record.parameters, "aux": record.aux}
            return groups[leaf.group][leaf.name]
        except KeyError as error:
            raise DumpDamagedError(
                "the dump lacks the array %s %r that its op graph needs" % (leaf.group, leaf.name)
            ) from error
