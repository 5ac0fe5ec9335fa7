"""One node of a recorded graph, called again."""

import json
from typing import Any, Callable, Iterable, List, Optional, Sequence, Tuple

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

from nanhunt.backends.graph import GRADIENT, PYTHON_CODE, Leaf, Node
from nanhunt.backends.mxnet import operators
from nanhunt.backends.mxnet.draws import factors, with_recorded_masks
from nanhunt.backends.mxnet.shapes import open_shape
from nanhunt.backends.mxnet.tape import DRAWN
from nanhunt.errors import ReplayError

LeafValues = Callable[[Leaf], np.ndarray]


def gpus() -> int:
    """How many GPUs there are."""
    try:
        return int(mx.context.num_gpus())
    except mx.base.MXNetError:
        return 0


class Placing:
    """Where what a dump names as devices is run.

    Attributes:
        on_cpu: GPUs become the CPU contexts of the same numbers.
        as_one: all become the first of their kind.
    """

    on_cpu = False
    as_one = False


def needs_cpu(devices: Iterable[str]) -> bool:
    """Whether a GPU among them is not there; then none is used: operators of two kinds of devices never meet."""
    numbers = [0 if Placing.as_one else _split(each)[1] for each in devices if each.startswith("gpu")]
    return bool(numbers) and max(numbers) >= gpus()


def context(device: str) -> Any:
    """`cpu(0)` as a Context, as `Placing` has it."""
    kind, index = _split(device)
    index = 0 if Placing.as_one else index
    return mx.gpu(index) if kind == "gpu" and not Placing.on_cpu else mx.cpu(index)


def _split(device: str) -> Tuple[str, int]:
    kind, _, number = device.partition("(")
    return kind, int(number.rstrip(")") or 0) if number else 0


def array_of(value: np.ndarray, device: str) -> Any:
    """The value on the device, or where it belongs if that is not here."""
    return nd.array(value, ctx=context(device), dtype=value.dtype)


def call(node: Node, inputs: List[Any], values: LeafValues) -> List[Any]:
    """The node's outputs, from running it on these inputs.

    Raises:
        ReplayError: it cannot be run here.
    """
    if node.op in PYTHON_CODE or node.op == GRADIENT:
        # A gradient by itself has no operators to run: they are those before it.
        return _recorded(node, inputs, values)
    if node.symbol is not None:
        return _compiled(node, inputs, values)
    if node.op == "_copyto":
        # Records as well; `astype` and `as_in_context` are this operator with another dtype or context.
        target = nd.empty(inputs[0].shape, ctx=context(node.device), dtype=node.dtype)
        return [inputs[0].copyto(target)]
    if node.op == "Dropout" and node.draws and node.train:
        return [_with_mask(node, inputs[0], values)]
    out = None
    if DRAWN in node.attributes:
        out = [
            nd.empty(tuple(shape), ctx=context(node.device), dtype=dtype) for shape, dtype in json.loads(node.attributes[DRAWN])
        ]
    attributes = dict(node.attributes)
    if not inputs and open_shape(attributes) and not getattr(mx.util, "is_np_shape", bool)():
        # MXNet 1.4.1 makes an array of it that ends the process in whatever reads it.
        raise ReplayError("the shape of %s followed from what reads it, and the dump does not say it" % node.name)
    if "ctx" in attributes:
        attributes["ctx"] = str(context(attributes["ctx"]))
    return operators.invoke(node.op, inputs, attributes, out)


def recorded_output(node: Node, output: int, values: LeafValues) -> Optional[Any]:
    """An output as it was recorded; None where it was not."""
    if output >= len(node.outputs) or not node.outputs[output]:
        return None
    return array_of(values(Leaf("batch", node.outputs[output], node.device)), node.device)


def _with_mask(node: Node, data: Any, values: LeafValues) -> Any:
    mask = factors(values(Leaf("batch", node.draws[0], node.device)), node.attributes)
    return nd.broadcast_mul(data, array_of(mask, node.device))


def _compiled(node: Node, inputs: List[Any], values: LeafValues) -> List[Any]:
    symbol, flags = mx.sym.load_json(node.symbol), list(node.attributes.items())
    arguments = list(inputs)
    if node.draws and node.train:
        names = symbol.list_inputs()
        symbol, masks, attributes = with_recorded_masks(node.symbol or "")
        drawn = {
            mask: array_of(factors(values(Leaf("batch", name, node.device)), each), node.device)
            for mask, name, each in zip(masks, node.draws, attributes)
        }
        given = {**dict(zip(names, inputs)), **drawn}
        order = symbol.list_inputs()
        arguments = [given[name] for name in order]
        data = {names[place] for place in json.loads(dict(flags).get("data_indices", "[]"))} | set(drawn)
        own = {"data_indices": [i for i, n in enumerate(order) if n in data]}
        own["param_indices"] = [i for i, n in enumerate(order) if n not in data]
        flags = [(k, str(own.get(k, v))) for k, v in flags]
    out = nd.CachedOp(symbol, flags)(*arguments)
    return list(out) if isinstance(out, (list, tuple)) else [out]


class _Recorded(autograd.Function):  # type: ignore[misc]
    """Returns what was recorded, and passes on the gradients that were recorded."""

    def __init__(self, outputs: Sequence[Any], gradients: Sequence[Any]) -> None:
        super().__init__()
        self._outputs, self._gradients = list(outputs), list(gradients)
        self._inputs: List[Any] = []

    def forward(self, *inputs: Any) -> Any:
        self._inputs = list(inputs)
        # An array that it returned and kept would hold the graph, which holds this: for ever.
        outputs, self._outputs = self._outputs, []
        return outputs if len(outputs) > 1 else outputs[0]

    def backward(self, *arrived: Any) -> Any:
        if self._gradients:
            return tuple(self._gradients)
        return tuple(nd.zeros_like(each) for each in self._inputs)


def _recorded(node: Node, inputs: List[Any], values: LeafValues) -> List[Any]:
    if not node.outputs:
        raise ReplayError(
            "the iteration calls Python code (%s, %s) whose outputs were not recorded, so it cannot be run again"
            % (node.op, node.block or node.source)
        )
    outputs = [recorded_output(node, k, values) for k in range(len(node.outputs))]
    gradients = [array_of(values(Leaf("batch", name, node.device)), node.device) for name in node.gradients]
    found = _Recorded(outputs, gradients)(*inputs)
    return list(found) if isinstance(found, (list, tuple)) else [found]
