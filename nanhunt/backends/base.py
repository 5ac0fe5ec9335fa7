"""The whole interface between nanhunt and a framework."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import FrameType
from typing import (
    AbstractSet,
    Any,
    Callable,
    ContextManager,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
)

import numpy as np

from nanhunt.backends.alignment import Alignment
from nanhunt.backends.graph import Graph, Leaf, Node, Port
from nanhunt.backends.indexing import Indexing
from nanhunt.backends.margins import OnePass
from nanhunt.backends.planting import Follower, Plant, Planted
from nanhunt.backends.reductions import Collector, Reduction, Standing
from nanhunt.backends.stalling import Barrier, Wait
from nanhunt.backends.update import Update

Tensor = Any
"""An array of the framework."""


class Listener(ABC):
    """What an instrumented framework tells while a program runs; one call at a time, in the thread that does the work."""

    @abstractmethod
    def record_begins(self) -> None:
        """The program begins to record: a new iteration if the last one is complete, else a further part of it."""

    @abstractmethod
    def record_interrupted(self) -> None:
        """Recording ends or pauses: what was recorded may be written into."""

    @abstractmethod
    def forward_begins(self) -> None:
        """A recorded operation is about to run; at the first one of an iteration nothing has changed yet."""

    @abstractmethod
    def grew(self) -> None:
        """In an iteration under way a network or an array was used that nobody knew of; `Instrumentation.states` has it."""

    @abstractmethod
    def inputs(self, named: Mapping[Tuple[str, str], Tensor]) -> None:
        """A network was called from outside any other with these arrays, by (device, name)."""

    @abstractmethod
    def batch(self, position: "BatchPosition") -> None:
        """A data loader gave a batch."""

    @abstractmethod
    def draws(self, alone: bool) -> None:
        """An operator is about to take random numbers, or may be.

        Args:
            alone: no other thread has to go on before the devices have done all that was queued.
        """

    @abstractmethod
    def activation(self, block: str, node: str, output: int, tensor: Tensor, plain: bool) -> None:
        """A leaf block returned `tensor`, which is output `output` of the recorded node named `node` (empty: not recorded).

        Args:
            plain: see `Backend.reduce`.
        """

    @abstractmethod
    def indices(self, place: str, how: Indexing, tensor: Tensor) -> None:
        """An operator called at `place` reads labels or rows from `tensor`."""

    @abstractmethod
    def targets(self, place: str, how: Alignment, tensors: Sequence[Tensor]) -> None:
        """An operator called at `place` aligns sequences with their labels; `tensors` are those of `how.inputs`."""

    @abstractmethod
    def logarithms(self, place: str, dtype: str, smallest: Tensor) -> None:
        """An operator called at `place` reads logarithms of a softmax, of probabilities of that dtype.

        Args:
            smallest: of them, (1,) in float32 or float64.
        """

    @abstractmethod
    def one_pass(self, place: str, how: OnePass, mean: Tensor, variance: Tensor) -> None:
        """A normalisation called at `place` computes variances in one pass; its running statistics, float32 (C,)."""

    @abstractmethod
    def before_backward(self, heads: Sequence[Tensor], names: Sequence[Tuple[str, int]]) -> None:
        """`backward` was called; the graph still stands. Each head with the name and output number of its node."""

    @abstractmethod
    def after_backward(self, returned: Mapping[str, Tensor]) -> None:
        """Gradients are computed (or queued); `returned` are those that `autograd.grad` gave, by the variable's name."""

    @abstractmethod
    def may_update(self, scaler: "Optional[Scaler]", shared: bool) -> bool:
        """The optimizer is about to update parameters; False withholds it. An iteration may have several such calls.

        Args:
            scaler: looks for overflows itself and skips the update; None where there is none, or its scale is 1.
            shared: with what other workers send, who do the same.
        """


@dataclass(frozen=True)
class Scaler:
    """A loss scaler with a scale above 1.

    Attributes:
        sees: which overflows it skips the update for: `all`, those of the `first` device, or `none`, because the update is
            made before it looks.
        first: that device.
    """

    sees: str
    first: str


@dataclass(frozen=True)
class WorkerPlace:
    """What the framework knows of this worker among others.

    Attributes:
        rank: None where it is not known.
        alone: its updates wait for no other worker's.
    """

    rank: Optional[int]
    alone: bool


@dataclass(frozen=True)
class BatchPosition:
    """Where a batch stands in its loader.

    Attributes:
        epoch: how often the loader was gone through before.
        iteration: batches that it gave before in this epoch.
        indices: samples of the batch, in order; empty where the sampler does not tell.
        paths: their files, where the dataset knows any.
    """

    epoch: int
    iteration: int
    indices: Tuple[int, ...] = ()
    paths: Tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """One parameter, or one running statistic, on one device.

    Attributes:
        name: the parameter's name.
        device: such as `cpu(0)`.
        tensor: the framework's own array, not a copy.
        grad: its gradient array; None where it has none.
        grad_req: `null`, `write` or `add`.
        statistic: whether the forward changes it, and not the optimizer: a running mean or variance.
        stype: storage of the gradient, `default` or `row_sparse`.
    """

    name: str
    device: str
    tensor: Tensor
    grad: Optional[Tensor]
    grad_req: str
    statistic: bool = False
    stype: str = "default"


@dataclass(frozen=True)
class SyncLayer:
    """A normalisation over several devices, which wait for each other in it.

    Attributes:
        path: of the layer in its network.
        waits_for: devices that it waits for.
        devices: where its parameters live; empty where they are not initialised.
    """

    path: str
    waits_for: int
    devices: Tuple[str, ...]


@dataclass(frozen=True)
class LoaderFacts:
    """A data loader.

    Attributes:
        workers: processes, or threads.
        threads: whether they are threads, which need no shared memory.
        ahead: batches that may wait in shared memory.
    """

    workers: int
    threads: bool
    ahead: int


@dataclass(frozen=True)
class OptimizerState:
    """State arrays by `<parameter>/<k>`, and the optimizer's class and hyperparameters as JSON values."""

    arrays: Dict[str, Tensor]
    settings: Dict[str, Any]


@dataclass(frozen=True)
class Capture:
    """The recorded graph of an iteration and the arrays of those leaves that are neither parameter nor statistic.

    Attributes:
        carried: statistics by (name, device) that a part of the forward which ran in the iteration before has changed already.
    """

    graph: Graph
    batch: Dict[Tuple[str, str], Tensor]
    carried: FrozenSet[Tuple[str, str]] = frozenset()


class HeldIteration(ABC):
    """What is kept of an iteration that is over, so that it can be run again later.

    Attributes:
        bytes: what is kept alive for it.
        update: what wrote into parameters, gradients and optimizer states after its last backward, in order; None where that is
            not known in full, and then `why_not` says why.
        others: arrays that the update read and that are none of these, by the names that it has for them.
    """

    bytes: int = 0
    update: Optional[Update] = None
    others: Mapping[str, Tensor] = {}
    why_not: str = ""

    @abstractmethod
    def capture(self) -> Capture:
        """Its graph, and the arrays that went in, as they were."""


@dataclass(frozen=True)
class GraphRun:
    """What running a graph gave.

    Attributes:
        heads: loss arrays in `Graph.heads`' order.
        gradients: by leaf, for the leaves that have one.
        aux: running statistics after the forward, by leaf.
        returned: gradients that `autograd.grad` gave, by the variable's name.
    """

    heads: List[np.ndarray]
    gradients: Dict[Leaf, Tensor]
    aux: Dict[Leaf, Tensor]
    returned: Dict[str, Tensor]


@dataclass(frozen=True)
class PublicCall:
    """How a user of the framework calls an operator.

    Attributes:
        function: such as `mx.nd.log`.
        takes: names of its arguments, arrays first; empty where it takes any number of arrays.
        attributes: those of the recorded ones that it takes, each as its string.
        array: the function that makes an array for it out of NumPy's.
    """

    function: str
    takes: Tuple[str, ...]
    attributes: Mapping[str, str]
    array: str


ForwardVisit = Callable[[int, Optional[List[Tensor]], List[Tensor]], None]
"""(node, inputs, outputs); inputs are None where the outputs are those recorded, and running it on what is left gives others"""
BackwardVisit = Callable[[int, List[Optional[Tensor]], List[Optional[Tensor]]], None]
"""(node, gradients of its outputs, gradients of its inputs)"""
OutputVisit = Callable[[Port, Tensor], None]
"""(node output, tensor), as soon as it is computed"""


class Instrumentation(ABC):
    """Hooks in the framework; `remove` puts everything back as it was."""

    @abstractmethod
    def states(self) -> List[State]:
        """All initialised parameters and running statistics known so far, by device; the same list while none changed."""

    @abstractmethod
    def optimizer_state(self) -> OptimizerState:
        """The arrays of all optimizers known so far as they stand, and their settings."""

    @abstractmethod
    def optimizer_arrays(self) -> Mapping[str, Tensor]:
        """The arrays alone; the same mapping while none of them is another."""

    @abstractmethod
    def implied(self) -> AbstractSet[str]:
        """Those of `optimizer_arrays` that an update adds to the parameter: it is not finite if they are not."""

    @abstractmethod
    def learn(self, tensors: Iterable[Tensor], squares: Iterable[float]) -> None:
        """The sum of squares of each parameter, gradient or array of an optimizer that was read just now."""

    @abstractmethod
    def moderate(self, tensor: Tensor) -> bool:
        """Whether a parameter is certainly finite, and far from the end of its range, from what was learned and seen since."""

    @property
    @abstractmethod
    def updates(self) -> bool:
        """Whether anything is known that would ask `Listener.may_update`; if not, parameters change unseen after backward."""

    @abstractmethod
    def know(self, named: Mapping[Tuple[str, str], Tensor]) -> None:
        """Further arrays of the batch, named."""

    @abstractmethod
    def take_pending(self) -> List[Tuple[Tensor, str, int]]:
        """Take the graph of the last outputs that nobody has differentiated; each with its node's name and output number."""

    @abstractmethod
    def place(self, tensor: Tensor) -> Tuple[str, int]:
        """Node name and output number of a tensor, with an empty name where it was not recorded; only before backward."""

    @abstractmethod
    def update_operator(self, tensor: Tensor) -> str:
        """Name of the operator that last wrote the parameter in an update; empty where that was not seen."""

    @abstractmethod
    def plain(self, tensor: Tensor) -> bool:
        """Whether it is an array marked for gradients, no parameter of a network, that no update was seen to write."""

    @abstractmethod
    def written_by_program(self, tensor: Tensor) -> str:
        """Line of the program that last wrote into the parameter by itself since the update before the last one began; empty
        where that was not seen."""

    @abstractmethod
    def expect_update(self, nearness: float) -> None:
        """The iteration was checked; `nearness`: how large its numbers are. From 1 on they are so near the end of their range
        that what the update is about to overwrite is worth keeping."""

    @abstractmethod
    def update_of(self, tensor: Tensor) -> Optional[Tuple[Update, Dict[str, Tensor]]]:
        """How the last update wrote the parameter or optimizer state, and copies of what it was made from, by name.

        None where that was not kept.
        """

    @abstractmethod
    def look_closer(self, logarithms: bool, variances: bool) -> None:
        """An iteration begins: whether `Listener.logarithms` and `Listener.one_pass` are to be told of in it."""

    @abstractmethod
    def loss_scale(self) -> Optional[float]:
        """The smallest of the framework's own loss scales, as it stands; None where none is in use."""

    @abstractmethod
    def worker(self, meet: bool = False) -> WorkerPlace:
        """What is known of this worker among others.

        Args:
            meet: do first what all workers wait for each other in, before the first update.
        """

    @abstractmethod
    def learning_rate(self) -> Optional[float]:
        """Of the first optimizer, as its last update had it; None where that is not known."""

    @abstractmethod
    def sync_layers(self) -> List[SyncLayer]:
        """Of all networks known so far; none where they are about to run without training, and so without waiting."""

    @abstractmethod
    def fix_sync_layers(self) -> None:
        """Make each of them wait for as many devices as its parameters live on."""

    @abstractmethod
    def loaders(self) -> List[LoaderFacts]:
        """The data loaders that were gone through so far."""

    @abstractmethod
    def changed(self, tensor: Tensor) -> bool:
        """Whether the program has written into the array since the last backward, as clipping does with gradients."""

    @abstractmethod
    def capture(self) -> Capture:
        """The graphs taken since the last `reset`, joined."""

    @property
    @abstractmethod
    def moves(self) -> int:
        """Grows with every operator that the program calls and every batch that it gets: a sign of life."""

    @property
    @abstractmethod
    def thread(self) -> int:
        """Identity of the thread that trains."""

    @abstractmethod
    def barriers(self) -> List[Barrier]:
        """The layers of all known networks that wait for other devices, in the order in which they ran. From any thread."""

    @property
    @abstractmethod
    def awaited(self) -> Tuple[Tuple[int, ...], Tuple[str, ...]]:
        """Samples and files of the batch that a loader is at work on, as far as it tells. From any thread."""

    @abstractmethod
    def name_of(self, tensor: Tensor) -> str:
        """What the array is, in words; empty where that is not known. From any thread."""

    @abstractmethod
    def keep_iterations(self, on: bool) -> None:
        """Whether `hold` and `take_held` are wanted from here on; it costs something."""

    @abstractmethod
    def hold(self) -> None:
        """The iteration was checked, and its update is still to come: keep what went into it."""

    @abstractmethod
    def take_held(self) -> Optional[HeldIteration]:
        """What was held, with all that was written since; at the iteration's end. None where nothing was held."""

    @abstractmethod
    def asleep(self) -> ContextManager[None]:
        """While this is entered the hooks let everything pass: for what nanhunt itself runs on the framework."""

    @property
    @abstractmethod
    def sleeping(self) -> bool:
        """Whether this thread is in `asleep`."""

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
    def instrument(self, listener: Listener, net: Any, trainer: Any, keep_draws: bool) -> Instrumentation:
        """Hook into the framework.

        Args:
            net, trainer: one or several, known from the start; others are found when they are used. Where a trainer is given
                only its updates are withheld.
            keep_draws: the generator is not reseeded, so what random operators draw is recorded.
        """

    @abstractmethod
    def estimator_handler(self, watch: Callable[[Any, Any], Any]) -> Any:
        """An event handler of the framework's own training loop that calls `watch(net, trainer)` and closes what it returns.

        Raises:
            NanhuntError: it has no such loop.
        """

    @abstractmethod
    def follow(self, follower: Follower, plant: Optional[Plant], ours: Callable[[], bool]) -> Planted:
        """Tell of the program's iterations, and plant a fault when it comes there; for the rest of the process.

        To be called after `instrument`, whose hooks then see what is planted as the program's own.

        Args:
            ours: whether it is nanhunt, and not the program, that runs operators in this thread now.

        Returns:
            What became of the fault; filled in as the program goes on.
        """

    @abstractmethod
    def waits(self, frame: FrameType) -> Optional[Wait]:
        """What of the framework a thread waits in, whose innermost frame this is; None where it waits in something else."""

    @abstractmethod
    def wait_for(self, tensor: Tensor) -> None:
        """Wait until the array is computed. Returns at once where it is, whatever else the devices are busy with."""

    @abstractmethod
    def line_of(self, frame: FrameType) -> str:
        """`file.py:line` of the nearest caller outside the framework and nanhunt; empty if there is none."""

    @abstractmethod
    def seed(self, value: int, wait: bool = True) -> None:
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
    def copier(self, tensors: Sequence[Tensor]) -> Callable[[], Tensor]:
        """What copies the elements of all of these, of one device and dtype, into one 1-D array each time it is called."""

    @abstractmethod
    def part(self, joined: Tensor, begin: int, shape: Sequence[int]) -> Tensor:
        """An array of that shape out of one that a `copier` made."""

    @abstractmethod
    def assign(self, tensor: Tensor, value: Tensor) -> None:
        """Overwrite `tensor` with `value`, queued."""

    @abstractmethod
    def to_numpy(self, tensor: Tensor) -> np.ndarray:
        """The values, copied to the host."""

    @abstractmethod
    def size(self, tensor: Tensor) -> int:
        """Number of elements, those that a sparse array does not store included."""

    @abstractmethod
    def is_floating(self, tensor: Tensor) -> bool:
        """Whether the tensor can hold a NaN at all."""

    @abstractmethod
    def paused(self) -> ContextManager[Any]:
        """While this is entered nothing is recorded."""

    @abstractmethod
    def largest(self, tensor: Tensor, ignored: Optional[float]) -> Tensor:
        """The largest element that is not `ignored`, as a 1-D float tensor, queued."""

    @abstractmethod
    def reduce(self, tensor: Tensor, plain: bool = False) -> Optional[Reduction]:
        """Queue the cheapest reduction that shows a NaN or an Inf; None where the tensor can hold neither.

        Args:
            plain: it is known to lie in memory element after element, as activations need not.
        """

    @abstractmethod
    def stands(self, tensor: Tensor) -> bool:
        """Whether `standing` can be told of the array."""

    @abstractmethod
    def standing(self, tensors: Sequence[Tensor]) -> Standing:
        """Prepare the reductions of arrays that stay, of one device and dtype; bit for bit those of `reduce` with `plain`."""

    @abstractmethod
    def collector(self) -> Collector:
        """A new one."""

    @abstractmethod
    def read(self, reductions: Sequence[Reduction]) -> List[np.ndarray]:
        """The values of several at once, 1-D each; waits for the devices."""

    @abstractmethod
    def run(
        self,
        graph: Graph,
        leaves: Callable[[Leaf], np.ndarray],
        gradients: Callable[[Leaf], Optional[np.ndarray]],
        seed: Optional[int],
        visit: Optional[OutputVisit],
        may_hang: bool = False,
    ) -> GraphRun:
        """Run a recorded graph, forward and backward, exactly as it was recorded.

        Args:
            leaves: the array that a leaf had when the iteration began.
            gradients: what a leaf's gradient array held then, for `grad_req` `add`; None for zeros.
            seed: of the generators; None leaves them alone.
            may_hang: run operators too that wait for devices which the graph does not have.

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

    as_one = False
    """Whether dumps are run with all devices as one."""

    @abstractmethod
    def place(self, on_cpu: bool, as_one: bool) -> None:
        """Where dumps are run from now on: GPUs as CPU contexts, which they are anyway if one is missing; all as one."""

    @abstractmethod
    def run_update(
        self,
        update: Update,
        values: Callable[[str], np.ndarray],
        visit: Callable[[int, List[np.ndarray], List[np.ndarray]], None],
    ) -> np.ndarray:
        """Run an update again, one operator after the other; the target's values after it.

        Args:
            values: the kept arrays.
            visit: (number of the step, what it read, `Step.written` after it); not called for views.

        Raises:
            ReplayError: it cannot be run here.
        """

    @abstractmethod
    def run_writes(self, update: Update, values: Callable[[str], np.ndarray]) -> Dict[str, np.ndarray]:
        """Run all that was written after a backward again; the named arrays that it read or wrote, as they are after it.

        Args:
            values: the kept arrays.

        Raises:
            ReplayError: it cannot be run here.
        """

    @abstractmethod
    def draws(self, node: Node) -> bool:
        """Whether the operator takes numbers from the random generator."""

    @abstractmethod
    def public_call(self, node: Node) -> Optional[PublicCall]:
        """How a user calls the operator; None where the framework offers it to nobody."""

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
