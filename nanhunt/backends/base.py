"""The whole interface between nanhunt and a framework."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Callable, ContextManager, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.graph import Graph, Leaf, Node, Port

Tensor = Any
"""An array of the framework."""


class Listener(ABC):
    """What an instrumented framework tells while a program runs; all calls come in the program's own thread."""

    @abstractmethod
    def forward_begins(self) -> None:
        """The first recorded operation of an iteration is about to run."""

    @abstractmethod
    def activation(self, block: str, node: str, output: int, tensor: Tensor) -> None:
        """A leaf block returned `tensor`, which is output `output` of the recorded node named `node` (empty: not recorded)."""

    @abstractmethod
    def before_backward(self, heads: Sequence[Tensor]) -> None:
        """`backward` was called; the graph still stands."""

    @abstractmethod
    def after_backward(self) -> None:
        """Gradients are computed (or queued)."""

    @abstractmethod
    def may_update(self) -> bool:
        """The optimizer is about to update the parameters; False withholds it."""

    @abstractmethod
    def updated(self) -> None:
        """The optimizer's update ran, or was withheld."""


@dataclass(frozen=True)
class State:
    """One parameter, or one running statistic, on one device.

    Attributes:
        name: the parameter's name.
        device: such as `cpu(0)`.
        tensor: the framework's own array, not a copy.
        grad: its gradient array; None where it has none.
        grad_req: `null`, `write` or `add`.
    """

    name: str
    device: str
    tensor: Tensor
    grad: Optional[Tensor]
    grad_req: str


@dataclass(frozen=True)
class OptimizerState:
    """State arrays by `<parameter>/<k>`, and the optimizer's class and hyperparameters as JSON values."""

    arrays: Dict[str, Tensor]
    settings: Dict[str, Any]


@dataclass(frozen=True)
class Capture:
    """The recorded graph of an iteration and the arrays of those leaves that are neither parameter nor statistic."""

    graph: Graph
    batch: Dict[Tuple[str, str], Tensor]


@dataclass(frozen=True)
class GraphRun:
    """What running a graph gave.

    Attributes:
        heads: loss arrays in `Graph.heads`' order.
        gradients: by leaf, for the leaves that have one.
        aux: running statistics after the forward, by leaf.
    """

    heads: List[np.ndarray]
    gradients: Dict[Leaf, Tensor]
    aux: Dict[Leaf, Tensor]


ForwardVisit = Callable[[int, List[Tensor], List[Tensor]], None]
"""(node, inputs, outputs)"""
BackwardVisit = Callable[[int, List[Optional[Tensor]], List[Optional[Tensor]]], None]
"""(node, gradients of its outputs, gradients of its inputs)"""
OutputVisit = Callable[[Port, Tensor], None]
"""(node output, tensor), as soon as it is computed"""


class Instrumentation(ABC):
    """Hooks in the framework; `remove` puts everything back as it was."""

    @abstractmethod
    def know(self, states: Sequence[State], named: Mapping[Tuple[str, str], Tensor]) -> None:
        """An iteration begins with these parameters and statistics, and these named arrays of the batch."""

    @abstractmethod
    def head_names(self, heads: Sequence[Tensor]) -> List[Tuple[str, int]]:
        """Node name and output number of each head; only before backward."""

    @abstractmethod
    def capture(self) -> Capture:
        """The graphs seen by `before_backward` since the last `reset`, joined."""

    @abstractmethod
    def asleep(self) -> ContextManager[None]:
        """While this is entered the hooks let everything pass: for what nanhunt itself runs on the framework."""

    @abstractmethod
    def reset(self) -> None:
        """Forget the iteration."""

    @abstractmethod
    def remove(self) -> None:
        """Take every hook out."""


class Backend(ABC):
    """One framework."""

    @abstractmethod
    def environment(self) -> Dict[str, Any]:
        """Framework, versions, devices and variables that decide its numbers; JSON values."""

    @abstractmethod
    def instrument(self, listener: Listener, net: Any, trainer: Any) -> Instrumentation:
        """Hook into the framework; `net` and `trainer` may be None: then everything is watched."""

    @abstractmethod
    def states(self, net: Any, trainer: Any) -> List[State]:
        """All initialised parameters and running statistics, by device; gradients None for statistics."""

    @abstractmethod
    def is_statistic(self, state: State) -> bool:
        """Whether it is a running statistic, changed by the forward and not by the optimizer."""

    @abstractmethod
    def optimizer_state(self, trainer: Any) -> OptimizerState:
        """The optimizer's arrays as they stand, and its settings."""

    @abstractmethod
    def seed(self, value: int) -> None:
        """Seed the generators of all devices, and wait until that is done."""

    @abstractmethod
    def wait(self) -> None:
        """Wait for everything that was queued."""

    @abstractmethod
    def device(self, tensor: Tensor) -> str:
        """Where the tensor lives, such as `cpu(0)`."""

    @abstractmethod
    def copy(self, tensor: Tensor) -> Tensor:
        """A copy on the same device, queued."""

    @abstractmethod
    def assign(self, tensor: Tensor, value: Tensor) -> None:
        """Overwrite `tensor` with `value`, queued."""

    @abstractmethod
    def to_numpy(self, tensor: Tensor) -> np.ndarray:
        """The values, copied to the host."""

    @abstractmethod
    def is_floating(self, tensor: Tensor) -> bool:
        """Whether the tensor can hold a NaN at all."""

    @abstractmethod
    def reduce(self, tensor: Tensor) -> Tensor:
        """A small 1-D float tensor that is non-finite if an element of `tensor` is (or, perhaps, only huge), queued."""

    @abstractmethod
    def reduce_together(self, tensors: Sequence[Tensor]) -> Tensor:
        """One such reduction for several small tensors of one device and dtype."""

    @abstractmethod
    def read(self, reduced: Sequence[Tensor]) -> List[np.ndarray]:
        """The values of many reductions, with one copy to the host for each device and dtype."""

    @abstractmethod
    def run(
        self, graph: Graph, leaves: Callable[[Leaf], np.ndarray], seed: Optional[int], visit: Optional[OutputVisit]
    ) -> GraphRun:
        """Run a recorded graph, forward and backward, exactly as it was recorded.

        Raises:
            ReplayError: an operator or device of the graph does not exist here.
        """

    @abstractmethod
    def trace(
        self,
        graph: Graph,
        leaves: Callable[[Leaf], np.ndarray],
        seed: Optional[int],
        forward: ForwardVisit,
        backward: Optional[BackwardVisit],
    ) -> None:
        """Run a recorded graph operator by operator, each alone on the inputs that it had, and show what went in and out."""

    @abstractmethod
    def in_float64(self, node: Node, inputs: Sequence[np.ndarray]) -> Optional[List[np.ndarray]]:
        """One operator's outputs with all floating inputs in float64; None where the framework has no such kernel."""


def load(name: str = "mxnet") -> Backend:
    """The backend called `name`.

    Raises:
        NanhuntError: the framework is not installed.
    """
    from nanhunt.errors import NanhuntError

    if name != "mxnet":
        raise NanhuntError("unknown framework %r; this nanhunt knows mxnet" % name)
    try:
        from nanhunt.backends.mxnet.backend import MXNetBackend
    except ImportError as error:
        raise NanhuntError(
            "MXNet cannot be imported (%s); install an environment with it, such as nanhunt[cpu] or nanhunt[seed-cpu]" % error
        ) from error
    return MXNetBackend()
