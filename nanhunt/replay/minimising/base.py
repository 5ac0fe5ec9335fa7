"""What shrinks: an iteration with parts left out, and the question whether it still has the same producer."""

import contextlib
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any, Callable, ClassVar, Dict, List, Mapping, Optional, Sequence, Set, Tuple

import numpy as np

from nanhunt.backends.graph import Backward, Graph, Leaf, Node, Port
from nanhunt.diagnose.evidence import TensorFacts, facts_of
from nanhunt.diagnose.producer import Origin
from nanhunt.errors import ReplayError
from nanhunt.replay.session import Session

Box = Tuple[int, int, int, int]
"""top, bottom, left, right"""

ForwardHook = Callable[[int, List[Any]], None]


@dataclass(frozen=True)
class Reduced:
    """An iteration of which parts were left out.

    Attributes:
        graph: what is left of the operators.
        extra: arrays that the recorded iteration does not have, such as frozen statistics.
        rows: samples that are left; None for all.
        box: what is left of every picture; None for all.
    """

    graph: Graph
    extra: Mapping[Leaf, np.ndarray] = field(default_factory=dict)
    rows: Optional[Tuple[int, ...]] = None
    box: Optional[Box] = None

    @property
    def operators(self) -> int:
        """How many there are."""
        return sum(node.leaf is None for node in self.graph.nodes)


@dataclass(frozen=True)
class Step:
    """One row of the table: what was to become smaller, from what to what, in how many runs, and why no further."""

    what: str
    before: str
    after: str
    tried: int = 0
    note: str = ""


class Target:
    """The producer that every smaller iteration must still have.

    Attributes:
        batch: samples on the producer's device.
        size: height and width of its pictures; None where there are none.
        tried: runs so far.
    """

    def __init__(self, session: Session, origin: Origin, seconds: float) -> None:
        self.session, self.origin, self.graph = session, origin, session.opened
        self.node = self.graph.nodes[origin.node]
        self.backward = origin.producer.phase == "backward"
        self.device = origin.producer.device or self.node.device
        self._ends = time.perf_counter() + seconds
        self._arrays: Dict[Leaf, np.ndarray] = {}
        self._bad: Optional[Set[Tuple[str, str]]] = None
        self.tried = 0
        self.batch = self._batch()
        self.size = self._size()

    @property
    def exhausted(self) -> bool:
        """Whether the time is used up."""
        return time.perf_counter() > self._ends

    def array(self, leaf: Leaf) -> np.ndarray:
        """A leaf's array as recorded, read from the dump once."""
        if leaf not in self._arrays:
            self._arrays[leaf] = self.session.leaf(leaf)
        return self._arrays[leaf]

    def values(self, reduced: Reduced) -> Callable[[Leaf], np.ndarray]:
        """The arrays of a smaller iteration."""

        def value(leaf: Leaf) -> np.ndarray:
            if leaf in reduced.extra:
                return reduced.extra[leaf]
            array = self.array(leaf)
            if leaf.group != "batch" or leaf.device != self.device or not array.ndim or array.shape[0] != self.batch:
                return array
            if reduced.box is not None and array.ndim in (3, 4) and array.shape[-2:] == self.size:
                top, bottom, left, right = reduced.box
                array = array[..., top:bottom, left:right]
            if reduced.rows is not None:
                array = array[list(reduced.rows)]
            return np.ascontiguousarray(array)

        return value

    def shows(self, reduced: Reduced, look: Optional[ForwardHook] = None) -> bool:
        """Whether the producer, and no operator that did not before, makes something non-finite of what is finite.

        Args:
            look: is shown every operator and its inputs in the forward.
        """
        if self.exhausted:
            return False
        self.tried += 1
        try:
            bad = self._made(reduced, look)
        except ReplayError:
            self._settle()
            return False
        if self._bad is None:
            self._bad = bad
        phase = "backward" if self.backward else "forward"
        return (self.node.name, phase) in bad and bad <= self._bad

    def _made(self, reduced: Reduced, look: Optional[ForwardHook]) -> Set[Tuple[str, str]]:
        """(name, phase) of the operators that make something non-finite of what is finite.

        Of the producer it is the kind of value that counts: one that it reads may be infinite on purpose, as a mask is.
        """
        graph, host = reduced.graph, self.session.backend.to_numpy
        values = self.values(reduced)
        kinds: Dict[Port, Set[str]] = {}
        for i, node in enumerate(graph.nodes):
            if node.leaf is not None:
                kinds[(i, 0)] = kinds_of(facts_of(values(node.leaf)))
        made: Set[Tuple[str, str]] = set()

        def judge(node: Node, phase: str, came: List[Set[str]], went: List[Set[str]]) -> None:
            read: Set[str] = set().union(*came)
            gave: Set[str] = set().union(*went)
            own = node.name == self.node.name and (phase == "backward") == self.backward
            value = self.origin.producer.value
            if (value in gave - read) if own and value else (gave and not read):
                made.add((node.name, phase))

        def forward(place: int, inputs: Optional[List[Any]], outputs: List[Any]) -> None:
            node = graph.nodes[place]
            if look is not None and inputs is not None:
                look(place, inputs)
            check_size(node, inputs, outputs)
            went = [kinds_of(facts_of(host(each))) for each in outputs]
            kinds.update(((place, k), each) for k, each in enumerate(went))
            if inputs is not None:
                judge(node, "forward", [kinds.get(port, set()) for port in node.inputs], went)

        def backward(place: int, arrived: List[Any], passed: List[Any]) -> None:
            came, went = ([kinds_of(facts_of(host(each))) for each in side if each is not None] for side in (arrived, passed))
            judge(graph.nodes[place], "backward", came, went)

        self.session.backend.trace(graph, values, self.session.seed, forward, backward if self.backward else None)
        return made

    def _settle(self) -> None:
        for _ in range(2):
            # MXNet 1.4.1 hands an error of its queue to whoever waits next as well.
            with contextlib.suppress(Exception):
                self.session.backend.wait()

    def _leaves(self) -> List[Leaf]:
        found = {node.leaf for node in self.graph.nodes if node.leaf is not None}
        return sorted(
            (leaf for leaf in found if leaf.group == "batch" and leaf.device == self.device), key=lambda leaf: leaf.name
        )

    def _batch(self) -> int:
        samples = self.session.record.iteration.get("samples") or ()
        named = sum(each.get("device") == self.device for each in samples)
        if named:
            return int(named)
        own = [leaf for leaf in self._leaves() if not leaf.name.startswith("computed_")]
        lengths = [self.array(leaf).shape[0] for leaf in own if self.array(leaf).ndim]
        return int(max(lengths, key=lambda n: (lengths.count(n), n))) if lengths else 0

    def _size(self) -> Optional[Tuple[int, int]]:
        shapes = [self.array(leaf).shape for leaf in self._leaves()]
        sizes = [shape[-2:] for shape in shapes if len(shape) == 4 and shape[0] == self.batch]
        return max(sizes, key=lambda size: size[0] * size[1]) if sizes else None


def kinds_of(facts: TensorFacts) -> Set[str]:
    """Which of `nan`, `+inf` and `-inf` a tensor holds."""
    counts = (("nan", facts.nan), ("+inf", facts.positive_inf), ("-inf", facts.negative_inf))
    return {kind for kind, count in counts if count}


class Pass(ABC):
    """One idea of what could be left out."""

    what: ClassVar[str]

    @abstractmethod
    def shrink(self, target: Target, reduced: Reduced) -> Tuple[Reduced, Step]:
        """The smallest that this pass finds and that still shows, and a row about it."""


_RESHAPING = ("Reshape", "Flatten", "reshape", "_np_reshape", "_npi_reshape", "_npx_reshape")


def check_size(node: Node, inputs: Optional[List[Any]], outputs: List[Any]) -> None:
    """What MXNet 1.9.1 does not: its Reshape to more elements than there are reads whatever lies behind them.

    Raises:
        ReplayError: there are not as many out as in.
    """
    if node.op not in _RESHAPING or not inputs:
        return
    before, after = (int(np.prod(each.shape, dtype=np.int64)) for each in (inputs[0], outputs[0]))
    if before != after:
        raise ReplayError("%s of %d elements to %d" % (node.op, before, after))


def part(graph: Graph, keep: Set[int], backwards: Sequence[Backward]) -> Graph:
    """Some nodes of a graph; each with all that it reads."""
    order = sorted(keep)
    moved = {old: new for new, old in enumerate(order)}

    def port(each: Port) -> Port:
        return (moved[each[0]], each[1])

    nodes: List[Node] = []
    for old in order:
        node = graph.nodes[old]
        nodes.append(replace(node, inputs=tuple(port(each) for each in node.inputs)))
    kept = tuple(
        replace(
            each,
            heads=tuple(port(head) for head in each.heads),
            seeds=tuple(moved[seed] if seed != -1 else -1 for seed in each.seeds),
            variables=(),
        )
        for each in backwards
    )
    return Graph(tuple(nodes), kept)


def ancestors(graph: Graph, nodes: Set[int]) -> Set[int]:
    """The nodes and all that feeds them."""
    found, queue = set(nodes), list(nodes)
    while queue:
        for a, _ in graph.nodes[queue.pop()].inputs:
            if a not in found:
                found.add(a)
                queue.append(a)
    return found
