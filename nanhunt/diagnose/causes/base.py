"""What a rule is given, and what it answers."""

from dataclasses import dataclass
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.graph import Node
from nanhunt.diagnose.evidence import Calls, Evidence
from nanhunt.diagnose.finding import Fix
from nanhunt.diagnose.producer import Origin

Reference = Callable[[Node, Sequence[np.ndarray]], Optional[List[np.ndarray]]]
"""Runs one operator in float64; None where the framework has no such kernel."""


@dataclass(frozen=True)
class Case:
    """The producer with its full arrays.

    Attributes:
        evidence, origin: see there.
        calls: full arrays of the producer and of the operators that fed it.
        reference: the operator in float64.
        step: iterations, and so updates, since the run began.
    """

    evidence: Evidence
    origin: Origin
    calls: Calls
    reference: Reference
    step: int = 0

    @property
    def node(self) -> Node:
        return self.evidence.graph.nodes[self.origin.node]

    @property
    def inputs(self) -> Tuple[np.ndarray, ...]:
        """What the producer read in the forward."""
        return self.calls.inputs.get(self.origin.node, ())

    @property
    def outputs(self) -> Tuple[np.ndarray, ...]:
        return self.calls.outputs.get(self.origin.node, ())

    @property
    def phase(self) -> str:
        return self.origin.producer.phase

    def bad_output(self) -> Optional[int]:
        """Which of the producer's outputs is the first non-finite one."""
        return next((k for k, y in enumerate(self.outputs) if y.dtype.kind == "f" and not np.isfinite(y).all()), None)

    def value_at(self, index: Tuple[int, ...]) -> str:
        """What the producer gave there, in a word."""
        number = self.bad_output()
        value = float(self.outputs[number or 0][index])
        return "nan" if value != value else "+inf" if value > 0 else "-inf"

    def feeder(self, input_number: int = 0) -> Optional[int]:
        """The node that made one of the producer's inputs; None where that is a leaf."""
        node = self.node.inputs[input_number][0]
        return None if self.evidence.graph.nodes[node].leaf is not None else node

    def place(self) -> str:
        """Where the first bad element is, in words: pixel and file where they are known."""
        producer = self.origin.producer
        if len(producer.index) == 4:
            spot = "pixel (%d,%d)" % (producer.index[2], producer.index[3])
        else:
            spot = "element %s" % (producer.index,)
        return spot + (
            " of %s" % producer.file
            if producer.file
            else " of sample %d" % producer.sample
            if producer.sample is not None
            else ""
        )


@dataclass(frozen=True)
class Verdict:
    """A cause with its sentence and what to do about it."""

    cause: str
    why: str
    fixes: Tuple[Fix, ...] = ()
