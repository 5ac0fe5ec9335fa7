"""Hooks that plant a fault into a running program, by the framework's own operators and arrays."""

import contextlib
import inspect
import json
import threading
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.ndarray import register

from nanhunt.backends.mxnet import operators
from nanhunt.backends.mxnet.arrays import entry_name
from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.mxnet.tape import arrays_in
from nanhunt.backends.planting import NotPlantable, Plant, Planted, Weights

SOFTMAXES = frozenset(["softmax", "SoftmaxOutput", "SoftmaxActivation"])

LOGS = frozenset(["log", "_npi_log"])

_BETWEEN = frozenset(["pick", "Reshape", "_copy", "slice", "slice_axis", "transpose", "Cast", "Flatten", "expand_dims"])
"""Operators through which the zeros of a softmax come to a logarithm as they are."""


class _Depth(threading.local):
    """How many blocks deep the thread is."""

    blocks = 0


class PlantHooks:
    """Does what a Plant says, in the iteration that it says.

    To be installed after the hooks that watch: these then see its operators as if the program had called them, and its arrays
    as if they had come with the program.

    Args:
        iteration: the number of the one that runs.
        ours: whether it is not the program that runs operators in this thread now.

    Attributes:
        planted: what became of it.
    """

    def __init__(self, plant: Plant, iteration: Callable[[], int], ours: Callable[[], bool]) -> None:
        self._plant = plant
        self._iteration = iteration
        self._ours = ours
        self._hooks = Hooks()
        self._depth = _Depth()
        self._networks: Dict[int, Any] = {}
        self._waiting: Any = None
        self._log_of_softmax = False
        self.planted = Planted(why_not=_why_nowhere(plant))

    def install(self) -> None:
        """Put the hooks in."""
        plant, replace = self._plant, self._hooks.replace
        replace(gluon.Block, "__call__", self._call)
        if "__call__" in vars(gluon.HybridBlock):
            replace(gluon.HybridBlock, "__call__", self._call)
        replace(nd.NDArray, "backward", self._array_backward)
        replace(autograd, "backward", self._heads_backward)
        for name in ("step", "update"):
            replace(gluon.Trainer, name, self._update)
        if plant.weights is not None:
            replace(autograd._RecordingStateScope, "__enter__", self._enter_scope)
            replace(gluon.Parameter, "_finish_deferred_init", self._initialised)
        if plant.logits is not None or plant.label is not None:
            replace(register, "_imperative_invoke", self._invoke)

    def remove(self) -> None:
        """Take them out."""
        self._hooks.remove()

    @property
    def _now(self) -> bool:
        return self._iteration() == self._plant.at and not self._ours()

    @contextlib.contextmanager
    def _planting(self) -> Iterator[None]:
        """The program goes on as it is where this does not work."""
        try:
            yield
        except NotPlantable as why:
            self.planted.why_not = str(why)
        except Exception as error:  # the framework's own
            self.planted.why_not = "%s: %s" % (type(error).__name__, (str(error).strip().splitlines() or [""])[0])

    def _done(self) -> None:
        self.planted.done, self.planted.why_not = True, ""

    # Weights and statistics.

    def _enter_scope(self, original: Any) -> Any:
        def enter(scope: Any) -> Any:
            weights = self._plant.weights
            begins = scope._enter_is_record and not autograd.is_recording() and not self._ours()
            if begins and weights is not None and self._iteration() == weights.at > 0 and not self.planted.done:
                with self._planting():
                    self._change(weights, list(self._networks.values()))
            return original(scope)

        return enter

    def _change(self, weights: Weights, networks: Sequence[Any]) -> None:
        found: Dict[str, Any] = {}
        for network in networks:
            found.update((name, each) for name, each in network.collect_params().items() if _is_dense(each))
        chosen = found[weights.choose(list(found))]
        if chosen._data is None:
            self._waiting = chosen
        else:
            self._write(weights, chosen)

    def _write(self, weights: Weights, parameter: Any) -> None:
        with _recording(False, autograd.is_training()):
            array = parameter.list_data()[0]
            parameter.set_data(_like(array, weights.change(array.asnumpy())))
        self.planted.name = parameter.name
        self._done()

    def _initialised(self, original: Any) -> Any:
        def finish(parameter: Any, *arguments: Any, **options: Any) -> Any:
            out = original(parameter, *arguments, **options)
            if parameter is self._waiting and parameter._data is not None and self._plant.weights is not None:
                self._waiting = None
                with self._planting():
                    self._write(self._plant.weights, parameter)
            return out

        return finish

    # Arrays that come in.

    def _call(self, original: Any) -> Any:
        def call(block: Any, *arguments: Any, **options: Any) -> Any:
            if not autograd.is_recording() or not arrays_in(arguments) or self._ours():
                return original(block, *arguments, **options)
            if self._depth.blocks == 0 and block.collect_params().keys():
                arguments = self._came_in(block, arguments)
            if self._plant.label is not None and self._now and not self.planted.done:
                arguments = self._with_label(self._plant.label, block, arguments)
            self._depth.blocks += 1
            try:
                return original(block, *arguments, **options)
            finally:
                self._depth.blocks -= 1

        return call

    def _came_in(self, block: Any, arguments: Tuple[Any, ...]) -> Tuple[Any, ...]:
        """A network is called."""
        first = not self._networks
        self._networks[id(block)] = block
        weights = self._plant.weights
        if weights is not None and weights.at == 0 and first:
            with self._planting():
                self._change(weights, [block])
        if self._plant.entering is None or not self._now or self.planted.done:
            return arguments
        came = [each for each in arrays_in(arguments) if _is_leaf(each)]
        floating = [each for each in came if np.dtype(each.dtype).kind == "f"]
        if not floating:
            if came:
                self.planted.why_not = "the network is called with whole numbers, which cannot be NaN"
            return arguments
        with self._planting():
            values, self.planted.index = self._plant.entering(floating[0].asnumpy())
            changed = _with_values(floating[0], values)
            self._done()
            return tuple(_replaced(each, floating[0], changed) for each in arguments)
        return arguments

    def _with_label(self, change: Callable[[np.ndarray, int], np.ndarray], block: Any, arguments: Any) -> Any:
        if not isinstance(block, gluon.loss.SoftmaxCrossEntropyLoss):
            return arguments
        if not block._sparse_label:
            self.planted.why_not = "the labels are shares of all classes, and no class numbers"
            return arguments
        at = _place_of_label(block, len(arguments))
        if at is None or not isinstance(arguments[at], nd.NDArray) or not _is_leaf(arguments[at]):
            self.planted.why_not = "the loss is not called with a label that comes from outside"
            return arguments
        with self._planting():
            values = change(arguments[at].asnumpy(), arrays_in(arguments)[0].shape[block._axis])
            self._done()
            return (*arguments[:at], _with_values(arguments[at], values), *arguments[at + 1 :])
        return arguments

    # The loss.

    def _array_backward(self, original: Any) -> Any:
        def backward(head: Any, out_grad: Any = None, retain_graph: bool = False, train_mode: bool = True) -> Any:
            return original(self._heads([head], train_mode)[0], out_grad, retain_graph, train_mode)

        return backward

    def _heads_backward(self, original: Any) -> Any:
        def backward(heads: Any, head_grads: Any = None, retain_graph: bool = False, train_mode: bool = True) -> Any:
            changed = self._heads(arrays_in(heads), train_mode)
            return original(heads if isinstance(heads, nd.NDArray) else changed, head_grads, retain_graph, train_mode)

        return backward

    def _heads(self, heads: List[Any], train: bool) -> List[Any]:
        """What is differentiated in the place of these."""
        if self._plant.logits is not None and self._iteration() == self._plant.at - 1 and not self._ours():
            self._log_of_softmax = self._log_of_softmax or any(map(_takes_log_of_softmax, heads))
        head = self._plant.head
        if head is not None and self._now and not self.planted.done:
            with self._planting(), _recording(True, train):
                heads = [self._head(head, each) for each in heads]
                self._done()
        if self._looks:
            self.planted.reached = not all(np.isfinite(each.asnumpy()).all() for each in heads)
        return heads

    def _head(self, change: Callable[[Any, Any], Any], head: Any) -> Any:
        if not head.shape:
            raise NotPlantable("the loss is a number of mx.np without any axis, which cannot be replayed")
        return change(nd, head if type(head) is nd.NDArray else head.as_nd_ndarray())  # of mx.np

    @property
    def _looks(self) -> bool:
        """Whether it is to be looked at what the fault has come to."""
        return self._plant.may_vanish and self._now and self.planted.done and not self.planted.reached

    # Operators.

    def _invoke(self, original: Any) -> Any:
        def invoke(handle: Any, arrays: Any, keys: Any, values: Any, *rest: Any) -> Any:
            if self._now and autograd.is_recording():
                name = operators.name_of(handle)
                if self._log_of_softmax and name in SOFTMAXES:
                    self._done()
                    arrays = [arrays[0] * self._plant.logits, *arrays[1:]]
                if self._plant.label is not None and name == "pick" and not self.planted.done and _is_leaf(arrays[1]):
                    axis = int(dict(zip(keys, values)).get("axis", -1))
                    with self._planting():
                        labels = self._plant.label(arrays[1].asnumpy(), arrays[0].shape[axis])
                        arrays = [arrays[0], _with_values(arrays[1], labels)]
                        self._done()
            return original(handle, arrays, keys, values, *rest)

        return invoke

    # The update.

    def _update(self, original: Any) -> Any:
        def update(trainer: Any, *arguments: Any, **options: Any) -> Any:
            if self._looks:
                self.planted.reached = not all(np.isfinite(each.asnumpy()).all() for each in self._gradients(trainer))
            if self._plant.rate is None or not self._now:
                return original(trainer, *arguments, **options)
            optimizer = trainer._optimizer
            before = optimizer.lr, optimizer.lr_scheduler
            optimizer.lr, optimizer.lr_scheduler = self._plant.rate, None
            try:
                return original(trainer, *arguments, **options)
            finally:
                optimizer.lr, optimizer.lr_scheduler = before

        return update

    def _gradients(self, trainer: Any) -> Iterator[Any]:
        found = {id(each): each for each in trainer._params}
        for network in self._networks.values():
            found.update((id(each), each) for each in network.collect_params().values())
        for parameter in found.values():
            if parameter.grad_req != "null" and parameter._grad is not None:
                yield from parameter.list_grad()


def _why_nowhere(plant: Plant) -> str:
    """Why it was not planted if the program comes to no place for it."""
    if plant.entering is not None:
        return "no network is called with an array that comes from outside"
    if plant.label is not None:
        return "neither SoftmaxCrossEntropyLoss nor pick is called with class numbers"
    if plant.logits is not None:
        return "the loss takes no log of a softmax that stands by itself; log_softmax cannot underflow"
    return "the program came to no place for it"


@contextlib.contextmanager
def _recording(on: bool, train: bool) -> Iterator[None]:
    """Not by `autograd.record()`, which to those who watch is the beginning of another forward."""
    before = autograd.set_recording(on), autograd.set_training(train)
    try:
        yield
    finally:
        autograd.set_recording(before[0])
        autograd.set_training(before[1])


def _with_values(array: Any, values: np.ndarray) -> Any:
    """Another array with these values; the same one where the program wants its gradient."""
    with _recording(False, autograd.is_training()):
        fresh = _like(array, values)
        if getattr(array, "grad", None) is None:
            return fresh
        array[:] = fresh
        return array


def _like(array: Any, values: np.ndarray) -> Any:
    """An array of the same kind, of the program's or of mx.np."""
    fresh = nd.array(values, ctx=array.context, dtype=array.dtype)
    return fresh if type(array) is nd.NDArray else fresh.as_np_ndarray()


def _replaced(argument: Any, array: Any, other: Any) -> Any:
    """The argument, a nest of lists and tuples perhaps, with another array in the place of one."""
    if type(argument) in (list, tuple):
        return type(argument)([_replaced(each, array, other) for each in argument])
    return other if argument is array else argument


def _is_leaf(array: Any) -> bool:
    """Whether no recorded operator made it."""
    return entry_name(array).startswith(("null", "var")) or not entry_name(array)


def _is_dense(parameter: Any) -> bool:
    return getattr(parameter, "_stype", "default") == "default"


def _place_of_label(block: Any, count: int) -> Optional[int]:
    """Which argument of a loss is the label: the one of that name, or the last of a loss that takes any number."""
    parameters = list(inspect.signature(type(block).forward).parameters.values())[1:]
    if any(each.kind is each.VAR_POSITIONAL for each in parameters) and type(block).forward is not gluon.HybridBlock.forward:
        return count - 1
    names = list(inspect.signature(type(block).hybrid_forward).parameters)[2:]
    return names.index("label") if "label" in names[:count] else None


def _takes_log_of_softmax(head: Any) -> bool:
    """Whether the recorded graph of the head has the logarithm of a softmax in it."""
    nodes = json.loads(autograd.get_symbol(head).tojson())["nodes"]

    def comes_from_softmax(number: int) -> bool:
        node = nodes[number]
        if node["op"] in SOFTMAXES:
            return True
        return node["op"] in _BETWEEN and comes_from_softmax(node["inputs"][0][0])

    return any(each["op"] in LOGS and comes_from_softmax(each["inputs"][0][0]) for each in nodes)
