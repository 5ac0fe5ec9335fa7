"""The producer alone on its recorded inputs, and of those only what is needed to show the same."""

import contextlib
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import GRADIENT, PYTHON_CODE, Backward, Graph, Leaf, Node
from nanhunt.diagnose.evidence import TensorFacts, facts_of
from nanhunt.errors import ReplayError
from nanhunt.replay.minimising.axes import Cut, cuts_of
from nanhunt.replay.minimising.base import Step, Target, kinds_of
from nanhunt.replay.trace import calls

_NOT_ALONE = (*PYTHON_CODE, GRADIENT)


@dataclass(frozen=True)
class Alone:
    """One operator and what it reads.

    Attributes:
        node: its attributes as far as they changed with the inputs' shapes; its name and place mean nothing any more.
        inputs: the arrays that it reads.
        heads: for a gradient, the gradient of each output that arrives (None: none does); empty for a forward.
        wanted: for a gradient, the inputs that one is passed to.
        bad: which output (or, for a gradient, which input's gradient) is non-finite.
        index: where in it.
    """

    node: Node
    inputs: Tuple[np.ndarray, ...]
    heads: Tuple[Optional[np.ndarray], ...] = ()
    wanted: Tuple[bool, ...] = ()
    bad: int = 0
    index: Tuple[int, ...] = ()

    @property
    def elements(self) -> int:
        """How many numbers it reads."""
        return sum(each.size for each in self.inputs) + sum(each.size for each in self.heads if each is not None)


class NotAlone(Exception):
    """The producer does not show by itself; the message says why."""


def alone(target: Target) -> Tuple[Alone, Step]:
    """The producer on the smallest part of its recorded inputs.

    Raises:
        NotAlone: it cannot be run by itself, or does not give the same then.
    """
    node, session = target.node, target.session
    if node.op in _NOT_ALONE:
        raise NotAlone("%s is code of the program's own" % node.op)
    if int(node.attributes.get("ndev", "1")) > 1:
        raise NotAlone("it waits for %s devices" % node.attributes["ndev"])
    place = target.origin.node
    arrays = calls(session, [place], backward=target.backward)
    if place not in arrays.inputs:
        raise NotAlone("what it read had been overwritten since")
    recorded: List[Optional[np.ndarray]] = list(arrays.gradients_out[place] if target.backward else arrays.outputs[place])
    bad = next(k for k, each in enumerate(recorded) if each is not None and not facts_of(each).finite)
    first = recorded[bad]
    assert first is not None
    named = target.origin.producer.index
    index = named if len(named) == first.ndim and _bad_at(first, named) else facts_of(first).first_bad
    whole = Alone(
        replace(node, outputs=(), order=0),
        tuple(arrays.inputs[place]),
        tuple(arrays.gradients_in[place]) if target.backward else (),
        tuple(each is not None for each in recorded) if target.backward else (),
        bad,
        index,
    )
    run = _Runner(target)
    given = run(whole)
    if given is None or not _same(given, facts_of(first)):
        raise NotAlone("alone on its recorded inputs it does not give the same")
    value = target.origin.producer.value or facts_of(first).value
    small = _shrunk(whole, first.shape, lambda each: value in kinds_of(run(each) or TensorFacts((), "")))
    note = "%s alone, %d of its inputs' %d elements" % (node.op, small.elements, whole.elements)
    return small, Step("the producer alone", str(whole.elements), str(small.elements), run.tried, note)


def _bad_at(array: np.ndarray, index: Tuple[int, ...]) -> bool:
    return all(at < n for at, n in zip(index, array.shape)) and not np.isfinite(array[index])


def _same(a: TensorFacts, b: TensorFacts) -> bool:
    return (a.shape, a.nan, a.positive_inf, a.negative_inf) == (b.shape, b.nan, b.positive_inf, b.negative_inf)


class _Runner:
    """Runs an operator by itself; the facts of what is bad, None where the framework refused it."""

    def __init__(self, target: Target) -> None:
        self._target, self.tried = target, 0

    def __call__(self, each: Alone) -> Optional[TensorFacts]:
        self.tried += 1
        session = self._target.session
        values: Dict[Leaf, np.ndarray] = {}
        nodes: List[Node] = []

        def leaf(name: str, array: np.ndarray, request: str) -> int:
            made = Leaf("alone", name, self._target.device, request)
            values[made] = array
            nodes.append(Node(op="null", name=name, leaf=made))
            return len(nodes) - 1

        wanted = each.wanted or (False,) * len(each.inputs)
        for k, (array, wants) in enumerate(zip(each.inputs, wanted)):
            leaf("input%d" % k, array, "write" if wants else "null")
        seeds = tuple(leaf("head%d" % k, head, "null") for k, head in enumerate(each.heads) if head is not None)
        place = len(nodes)
        nodes.append(replace(each.node, inputs=tuple((k, 0) for k in range(len(each.inputs)))))
        heads = tuple((place, k) for k, head in enumerate(each.heads) if head is not None)
        backward = Backward(heads, seeds, order=1, train=each.node.train) if heads else Backward(((place, 0),), ran=False)
        found: Dict[str, Optional[TensorFacts]] = {}
        host = session.backend.to_numpy

        def look(tensors: List[Any]) -> None:
            if each.bad < len(tensors) and tensors[each.bad] is not None:
                found["facts"] = facts_of(host(tensors[each.bad]))

        def forward(_: int, __: Optional[List[Any]], outputs: List[Any]) -> None:
            if not each.heads:
                look(outputs)

        def backwards(_: int, __: List[Any], passed: List[Any]) -> None:
            look(passed)

        def value(leaf: Leaf) -> np.ndarray:
            return values[leaf] if leaf in values else session.leaf(leaf)

        graph = Graph(tuple(nodes), (backward,))
        try:
            session.backend.trace(graph, value, session.seed, forward, backwards if each.heads else None)
        except ReplayError:
            for _ in range(2):
                with contextlib.suppress(Exception):
                    session.backend.wait()
            return None
        return found.get("facts")


def _shrunk(whole: Alone, shape: Tuple[int, ...], shows: Callable[[Alone], bool]) -> Alone:
    """Cut by cut: the element's own place alone if that shows, else halves as long as one of them does."""
    small = whole
    shapes = {("input", k): each.shape for k, each in enumerate(whole.inputs)}
    shapes.update({("head", k): each.shape for k, each in enumerate(whole.heads) if each is not None})
    for cut in cuts_of(whole.node, shapes, shape, bool(whole.heads), whole.bad):
        low, high = 0, cut.length
        at = whole.index[cut.axis] if cut.axis is not None and cut.axis < len(whole.index) else None
        if at is not None and at < high:
            one = _cut(small, cut, at, at + 1)
            if one.elements < small.elements and shows(one):
                small = one
                continue
        before = small
        while high - low > 1:
            half = (high - low) // 2
            halves = [(low, low + half), (high - half, high)]
            if at is not None and low + half <= at:
                halves.reverse()
            taken = next((each for each in halves if shows(_cut(before, cut, *each))), None)
            if taken is None:
                break
            low, high = taken
            small = _cut(before, cut, low, high)
    return small


def _cut(whole: Alone, cut: Cut, low: int, high: int) -> Alone:
    def sliced(array: np.ndarray, axis: int) -> np.ndarray:
        return np.ascontiguousarray(np.take(array, range(low, high), axis=axis))

    inputs: Mapping[int, np.ndarray] = {k: sliced(whole.inputs[k], a) for (kind, k), a in cut.members if kind == "input"}
    heads = {k: sliced(whole.heads[k], a) for (kind, k), a in cut.members if kind == "head"}  # type: ignore[arg-type]
    attributes = dict(whole.node.attributes)
    if cut.attribute is not None:
        attributes[cut.attribute] = str(high - low)
    if "key" in attributes:
        # SyncBatchNorm keeps buffers by key for the whole process, of the size that it saw first.
        attributes["key"] = "%d channels" % (high - low)
    return replace(
        whole,
        node=replace(whole.node, attributes=attributes),
        inputs=tuple(inputs.get(k, each) for k, each in enumerate(whole.inputs)),
        heads=tuple(heads.get(k, each) for k, each in enumerate(whole.heads)),
    )
