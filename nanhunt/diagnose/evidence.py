"""Evidence: exact statistics of tensors, and what every operator of an iteration read and gave."""

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Graph, Leaf, Port


@dataclass(frozen=True)
class TensorFacts:
    """Exact statistics of one tensor; `minimum`, `maximum` and `mean` are over its finite elements (None without any).

    `first_bad` is the first element of the kind that `value` names.
    """

    shape: Tuple[int, ...]
    dtype: str
    nan: int = 0
    positive_inf: int = 0
    negative_inf: int = 0
    zeros: int = 0
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    mean: Optional[float] = None
    first_bad: Tuple[int, ...] = ()

    @property
    def bad(self) -> int:
        """Number of non-finite elements."""
        return self.nan + self.positive_inf + self.negative_inf

    @property
    def finite(self) -> bool:
        """Whether every element is finite."""
        return self.bad == 0

    @property
    def value(self) -> str:
        """What kind of non-finite value dominates: nan before +inf before -inf; empty where all is finite."""
        return "nan" if self.nan else "+inf" if self.positive_inf else "-inf" if self.negative_inf else ""

    def to_json(self) -> Dict[str, Any]:
        """For `/observed`."""
        return {
            "nan": self.nan,
            "+inf": self.positive_inf,
            "-inf": self.negative_inf,
            "zeros": self.zeros,
            "min": self.minimum,
            "max": self.maximum,
            "mean": self.mean,
        }


def facts_of(array: np.ndarray) -> TensorFacts:
    """Exact statistics of an array of any dtype and shape."""
    array = np.asarray(array)
    name = array.dtype.name
    if array.size == 0:
        return TensorFacts(array.shape, name)
    zeros = int(array.size - np.count_nonzero(array))
    if array.dtype.kind != "f":
        return TensorFacts(
            array.shape,
            name,
            zeros=zeros,
            minimum=float(array.min()),
            maximum=float(array.max()),
            mean=float(array.mean(dtype=np.float64)),
        )
    finite = np.isfinite(array)
    if finite.all():
        return TensorFacts(
            array.shape,
            name,
            zeros=zeros,
            minimum=float(array.min()),
            maximum=float(array.max()),
            mean=float(array.mean(dtype=np.float64)),
        )
    nan = int(np.isnan(array).sum())
    positive = int(np.isposinf(array).sum())
    negative = int(np.isneginf(array).sum())
    # The first of the kind that `value` names.
    kind = np.isnan(array) if nan else np.isposinf(array) if positive else ~finite
    first = tuple(int(k) for k in np.unravel_index(int(np.argmax(kind)), array.shape))
    good = array[finite]
    return TensorFacts(
        array.shape,
        name,
        nan=nan,
        positive_inf=positive,
        negative_inf=negative,
        zeros=zeros,
        minimum=float(good.min()) if good.size else None,
        maximum=float(good.max()) if good.size else None,
        mean=float(good.mean(dtype=np.float64)) if good.size else None,
        first_bad=first,
    )


@dataclass(frozen=True)
class OperatorFacts:
    """What one operator read and gave.

    Attributes:
        node: index in the graph.
        phase: `forward` or `backward`.
        inputs, outputs: forward: its arrays. Backward: gradients that arrived, gradients passed on; None where none flowed.
        fresh: forward, of an elementwise operator that read something non-finite: its first output with 0 wherever an operand
            is non-finite already.
    """

    node: int
    phase: str
    inputs: Tuple[Optional[TensorFacts], ...]
    outputs: Tuple[Optional[TensorFacts], ...]
    fresh: Optional[TensorFacts] = None

    @property
    def inputs_finite(self) -> bool:
        return all(each is None or each.finite for each in self.inputs)

    @property
    def outputs_finite(self) -> bool:
        return all(each is None or each.finite for each in self.outputs)


@dataclass(frozen=True)
class Evidence:
    """Everything that is known about a dumped iteration once it has run again.

    Attributes:
        graph: the recorded graph.
        operators: in the order in which they ran, forward, then backward.
        leaves: statistics of the leaves by node index.
        loss, gradients, aux: what came out: names of the non-finite ones.
        optimizer: non-finite optimizer state arrays on arrival.
        samples: the dump's samples (`index`, `path`, `device`, `row`).
        infinite_before: arrays of the batch that held infinities in an iteration before, and did no harm.
        came_in: arrays marked for gradients that are the batch's: the name of the leaf to that of the batch's array.
    """

    graph: Graph
    operators: Tuple[OperatorFacts, ...]
    leaves: Mapping[int, TensorFacts]
    loss: Tuple[str, ...] = ()
    gradients: Tuple[str, ...] = ()
    aux: Tuple[str, ...] = ()
    optimizer: Tuple[str, ...] = ()
    samples: Tuple[Mapping[str, Any], ...] = ()
    infinite_before: Tuple[str, ...] = ()
    came_in: Mapping[str, str] = field(default_factory=dict)
    _by_port: Dict[Port, TensorFacts] = field(default_factory=dict, compare=False)

    def output(self, port: Port) -> Optional[TensorFacts]:
        """Statistics of one forward output, or of a leaf."""
        if not self._by_port:
            for each in self.operators:
                if each.phase == "forward":
                    for k, facts in enumerate(each.outputs):
                        if facts is not None:
                            self._by_port[(each.node, k)] = facts
            for node, facts in self.leaves.items():
                self._by_port[(node, 0)] = facts
        return self._by_port.get(port)

    def batch_name(self, leaf: Optional[Leaf]) -> str:
        """The name of the batch's array that a leaf is; empty where it is none."""
        if leaf is None:
            return ""
        return leaf.name if leaf.group == "batch" else self.came_in.get(leaf.name, "") if leaf.group == "parameters" else ""

    def forward(self) -> List[OperatorFacts]:
        return [each for each in self.operators if each.phase == "forward"]

    def backward(self) -> List[OperatorFacts]:
        return [each for each in self.operators if each.phase == "backward"]


@dataclass(frozen=True)
class Calls:
    """The full arrays of a few operators, for the rules that need numbers.

    Attributes:
        inputs, outputs: by node index, forward.
        gradients_in, gradients_out: by node index, backward: what arrived, what was passed on.
    """

    inputs: Mapping[int, Tuple[np.ndarray, ...]]
    outputs: Mapping[int, Tuple[np.ndarray, ...]]
    gradients_in: Mapping[int, Tuple[Optional[np.ndarray], ...]] = field(default_factory=dict)
    gradients_out: Mapping[int, Tuple[Optional[np.ndarray], ...]] = field(default_factory=dict)
