"""Run a recorded graph again, as one recorded iteration (`run`) or operator by operator (`trace`).

The nodes run one by one as imperative operators in the order in which they were recorded; that is the way that gives the
original's bits on 1.4.1 as well as on 1.9.1 (the symbolic executor does not on 1.4.1: apache/mxnet issue 17989).
"""

from typing import Any, Callable, Dict, List, Optional

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

from nanhunt.backends.base import BackwardVisit, ForwardVisit, GraphRun, OutputVisit
from nanhunt.backends.graph import Graph, Leaf, Node, Port
from nanhunt.backends.mxnet import operators
from nanhunt.errors import ReplayError

LeafValues = Callable[[Leaf], np.ndarray]


def context(device: str) -> Any:
    """`cpu(0)` as a Context; a GPU that is not there becomes the CPU context of the same number."""
    kind, _, number = device.partition("(")
    index = int(number.rstrip(")") or 0) if number else 0
    if kind == "gpu" and index < _gpus():
        return mx.gpu(index)
    return mx.cpu(index)


def _gpus() -> int:
    try:
        return int(mx.context.num_gpus())
    except mx.base.MXNetError:
        return 0


def _call(node: Node, inputs: List[Any]) -> List[Any]:
    if node.symbol is not None:
        flags = [(k, v) for k, v in node.attributes.items()]
        out = nd.CachedOp(mx.sym.load_json(node.symbol), flags)(*inputs)
        return list(out) if isinstance(out, (list, tuple)) else [out]
    if node.op == "_copyto":
        # Records as well; `astype` and `as_in_context` are this operator with another dtype or context.
        target = nd.empty(inputs[0].shape, ctx=context(node.device), dtype=node.dtype)
        return [inputs[0].copyto(target)]
    if node.op in ("_CustomFunction", "Custom"):
        raise ReplayError(
            "the iteration calls Python code of its own (%s, %s), which no dump can hold" % (node.op, node.block or node.source)
        )
    return operators.invoke(node.op, inputs, node.attributes)


def _leaf_array(leaf: Leaf, values: LeafValues) -> Any:
    value = values(leaf)
    return nd.array(value, ctx=context(leaf.device), dtype=value.dtype)


def run(graph: Graph, values: LeafValues, visit: Optional[OutputVisit]) -> GraphRun:
    """See Backend.run; the generators are seeded by the caller."""
    leaves: Dict[Leaf, Any] = {}
    computed: Dict[Port, Any] = {}
    for i, node in enumerate(graph.nodes):
        if node.leaf is not None:
            if node.leaf not in leaves:
                leaves[node.leaf] = _leaf_array(node.leaf, values)
                if node.leaf.grad_req != "null":
                    leaves[node.leaf].attach_grad(node.leaf.grad_req)
            computed[(i, 0)] = leaves[node.leaf]
    nd.waitall()
    last_use = _last_uses(graph)
    heads = graph.heads
    kept = dict.fromkeys(heads)
    with autograd.record():
        for i in graph.execution_order:
            node = graph.nodes[i]
            for k, array in enumerate(_call(node, [computed[port] for port in node.inputs])):
                computed[(i, k)] = array
                if visit is not None:
                    visit((i, k), array)
            for port in last_use.get(i, ()):
                if port not in kept and port in computed:
                    del computed[port]
        for heads_of_call in graph.backwards:
            autograd.backward([computed[port] for port in heads_of_call])
    nd.waitall()
    return GraphRun(
        heads=[computed[port].asnumpy() for port in heads],
        gradients={leaf: array.grad for leaf, array in leaves.items() if leaf.grad_req != "null"},
        aux={leaf: array for leaf, array in leaves.items() if leaf.group == "aux"},
    )


def _last_uses(graph: Graph) -> Dict[int, List[Port]]:
    """Operator node to the operator outputs that nobody reads after it: holding them longer would cost memory for nothing."""
    last: Dict[Port, int] = {}
    for i in graph.execution_order:
        for port in graph.nodes[i].inputs:
            if graph.nodes[port[0]].leaf is None:
                last[port] = i
    ends: Dict[int, List[Port]] = {}
    for port, i in last.items():
        ends.setdefault(i, []).append(port)
    return ends


def trace(graph: Graph, values: LeafValues, forward: ForwardVisit, backward: Optional[BackwardVisit]) -> None:
    """See Backend.trace.

    Every operator runs in a record scope of its own on detached inputs, so that its gradient can be taken alone as well.
    """
    leaves: Dict[Leaf, Any] = {}
    computed: Dict[Port, Any] = {}
    for i, node in enumerate(graph.nodes):
        if node.leaf is not None:
            if node.leaf not in leaves:
                leaves[node.leaf] = _leaf_array(node.leaf, values)
            computed[(i, 0)] = leaves[node.leaf]
    nd.waitall()
    needs_gradient = _needing_gradient(graph)
    calls: Dict[int, Any] = {}
    last_use = _last_uses(graph)
    heads = set(graph.heads)
    for i in graph.execution_order:
        node = graph.nodes[i]
        inputs = [computed[port] for port in node.inputs]
        if backward is not None and i in needs_gradient:
            # A detached array shares its memory, so statistics written in place still arrive; and an array that two operators
            # read must not be one leaf of both, since the backward of the one empties it for the other.
            inputs = [each.detach() for each in inputs]
            for each, port in zip(inputs, node.inputs):
                if port[0] in needs_gradient:
                    each.attach_grad()
        with autograd.record():
            outputs = _call(node, inputs)
        forward(i, inputs, outputs)
        for k, array in enumerate(outputs):
            computed[(i, k)] = array.detach()
        if backward is not None and i in needs_gradient:
            calls[i] = (inputs, outputs)
        for port in last_use.get(i, ()):
            if port not in heads:
                computed.pop(port, None)
    if backward is None:
        return
    gradients: Dict[Port, Any] = {}
    for port in graph.heads:
        head = computed[port]
        gradients[port] = nd.ones(head.shape, ctx=head.context, dtype=head.dtype)
    computed.clear()
    for i in reversed(graph.execution_order):
        if i not in calls:
            continue
        inputs, outputs = calls.pop(i)
        arrived = [gradients.pop((i, k), None) for k in range(len(outputs))]
        if all(each is None for each in arrived):
            continue
        seeds = [
            each if each is not None else nd.zeros(out.shape, ctx=out.context, dtype=out.dtype)
            for each, out in zip(arrived, outputs)
        ]
        autograd.backward(outputs, seeds)
        passed: List[Any] = []
        for each, port in zip(inputs, graph.nodes[i].inputs):
            if port[0] not in needs_gradient:
                passed.append(None)
                continue
            passed.append(each.grad)
            gradients[port] = each.grad if port not in gradients else gradients[port] + each.grad
        backward(i, arrived, passed)


def _needing_gradient(graph: Graph) -> Dict[int, bool]:
    """The nodes on a path from a leaf that has a gradient."""
    needing: Dict[int, bool] = {}
    for i, node in enumerate(graph.nodes):
        if node.leaf is not None:
            if node.leaf.grad_req != "null":
                needing[i] = True
        elif any(port[0] in needing for port in node.inputs):
            needing[i] = True
    return needing
