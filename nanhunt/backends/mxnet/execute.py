"""Run a recorded graph again, as one recorded iteration (`run`) or operator by operator (`trace`).

The nodes run one by one as imperative operators in the order in which they were recorded; that is the way that gives the
original's bits on 1.4.1 as well as on 1.9.1 (the symbolic executor does not on 1.4.1: apache/mxnet issue 17989). What ran in an
executor runs in one again.
"""

from typing import Any, Callable, Dict, List, Optional, Tuple

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

from nanhunt.backends.base import BackwardVisit, ForwardVisit, GraphRun, OutputVisit
from nanhunt.backends.graph import GRADIENT, PYTHON_CODE, Backward, Graph, Leaf, Node, Port
from nanhunt.backends.mxnet import operators
from nanhunt.backends.mxnet.calls import LeafValues, array_of, call, context, recorded_output
from nanhunt.backends.mxnet.executors import OPERATOR, requests_of
from nanhunt.backends.synchronised import units

Gradients = Callable[[Leaf], Optional[np.ndarray]]
"""What the gradient array of a leaf held before the iteration; None for zeros."""


class _Run:
    """One run of a graph as it was recorded."""

    def __init__(self, graph: Graph, values: LeafValues, gradients: Gradients, visit: Optional[OutputVisit]) -> None:
        self.graph, self.values, self.visit = graph, values, visit
        self.leaves: Dict[Leaf, Any] = {}
        self.computed: Dict[Port, Any] = {}
        self.heads: Dict[Port, np.ndarray] = {}
        self.returned: Dict[str, Any] = {}
        self._executors: Dict[int, Any] = {}
        for i, node in enumerate(graph.nodes):
            if node.leaf is None:
                continue
            if node.leaf not in self.leaves:
                array = self.leaves[node.leaf] = array_of(values(node.leaf), node.leaf.device)
                if node.leaf.grad_req != "null":
                    _attach(array, node.leaf.grad_req, node.leaf)
                    before = gradients(node.leaf)
                    if before is not None:
                        array.grad[:] = array_of(before, node.leaf.device)
            self.computed[(i, 0)] = self.leaves[node.leaf]
        nd.waitall()

    def __call__(self) -> None:
        backwards = sorted(self.graph.backwards, key=lambda each: each.order)
        last_use = _last_uses(self.graph)
        kept = set(self.graph.heads)
        for i in self.graph.execution_order:
            node = self.graph.nodes[i]
            while backwards and backwards[0].order < node.order:
                self._backward(backwards.pop(0), bool(backwards))
            for k, array in enumerate(self._forward(i, node)):
                self.computed[(i, k)] = array
                if self.visit is not None:
                    self.visit((i, k), array)
            for port in last_use.get(i, ()):
                if port not in kept:
                    self.computed.pop(port, None)
        while backwards:
            self._backward(backwards.pop(0), bool(backwards))
        nd.waitall()

    def _forward(self, i: int, node: Node) -> List[Any]:
        inputs = [self.computed[port] for port in node.inputs]
        if node.op == OPERATOR:
            self._executors[i] = _bind(node, self.graph, inputs)
            return list(self._executors[i].forward(is_train=True))
        if node.op == GRADIENT:
            return _gradient(node, inputs)
        if node.outputs and node.op not in PYTHON_CODE:
            # Not recorded by autograd. It runs for the sake of those that draw random numbers after it; what it gave is known.
            with autograd.pause(train_mode=node.train):
                outputs = call(node, inputs, self.values)
            known = [recorded_output(node, k, self.values) for k in range(len(outputs))]
            return [out if before is None else before for out, before in zip(outputs, known)]
        with autograd.record(train_mode=node.train):
            return call(node, inputs, self.values)

    def _backward(self, backward: Backward, more: bool) -> None:
        for head in backward.heads:
            self.heads[head] = self.computed[head].asnumpy()
        if not backward.ran:
            return
        seeds = [self.computed[(seed, 0)] if seed != -1 else None for seed in backward.seeds] or None
        executor = self._executors.get(backward.heads[0][0])
        if executor is not None:
            executor.backward(seeds) if seeds else executor.backward()
            return
        heads = [self.computed[port] for port in backward.heads]
        if backward.variables:
            variables = [self.computed[(each, 0)] for each in backward.variables]
            found = autograd.grad(heads, variables, seeds, retain_graph=more, train_mode=backward.train)
            names = [self.graph.nodes[each].leaf.name for each in backward.variables]  # type: ignore[union-attr]
            self.returned.update(zip(names, found))
        else:
            autograd.backward(heads, seeds, retain_graph=more, train_mode=backward.train)


def run(graph: Graph, values: LeafValues, gradients: Gradients, visit: Optional[OutputVisit]) -> GraphRun:
    """See Backend.run; the generators are seeded by the caller."""
    running = _Run(graph, values, gradients, visit)
    running()
    leaves = running.leaves
    return GraphRun(
        heads=[running.heads[port] for port in graph.heads],
        gradients={leaf: array.grad for leaf, array in leaves.items() if leaf.grad_req != "null"},
        aux={leaf: array for leaf, array in leaves.items() if leaf.group == "aux"},
        returned=running.returned,
    )


def _gradient(node: Node, inputs: List[Any]) -> List[Any]:
    heads, variables = int(node.attributes["heads"]), int(node.attributes["variables"])
    seeds = inputs[heads + variables :] or None
    with autograd.record(train_mode=node.train):
        return list(autograd.grad(inputs[:heads], inputs[heads : heads + variables], seeds, create_graph=True))


def _attach(array: Any, request: str, leaf: Optional[Leaf]) -> None:
    """Give the array a gradient, stored as the leaf's was."""
    if leaf is None or leaf.stype == "default":
        array.attach_grad(request)
    else:
        array.attach_grad(request, stype=leaf.stype)


def _bind(node: Node, graph: Graph, inputs: List[Any]) -> Any:
    symbol = mx.sym.load_json(node.symbol)
    names, requests = symbol.list_arguments(), requests_of(node.attributes)
    arguments = dict(zip(names, inputs))
    for name, array in arguments.items():
        if requests.get(name, "null") != "null" and array.grad is None:
            array.attach_grad(requests[name])  # made by an executor before it, not a leaf
    gradients = {name: array.grad for name, array in arguments.items() if requests.get(name, "null") != "null"}
    return symbol.bind(
        context(node.device),
        arguments,
        args_grad=gradients,
        grad_req={name: requests.get(name, "null") for name in names},
        aux_states=dict(zip(symbol.list_auxiliary_states(), inputs[len(names) :])),
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
                leaves[node.leaf] = array_of(values(node.leaf), node.leaf.device)
            computed[(i, 0)] = leaves[node.leaf]
    nd.waitall()
    needs_gradient = _needing_gradient(graph)
    calls: Dict[int, Tuple[List[Any], List[Any]]] = {}
    last_use = _last_uses(graph)
    heads = set(graph.heads)
    order = units(graph)

    def run_one(i: int) -> Tuple[List[Any], List[Any]]:
        node = graph.nodes[i]
        inputs = [computed[port] for port in node.inputs]
        if backward is not None and i in needs_gradient:
            # A detached array shares its memory, so statistics written in place still arrive; and an array that two operators
            # read must not be one leaf of both, since the backward of the one empties it for the other.
            inputs = [each.detach() for each in inputs]
            for each, port in zip(inputs, node.inputs):
                if port[0] in needs_gradient:
                    _attach(each, "write", graph.nodes[port[0]].leaf)
        with autograd.record(train_mode=node.train):
            return inputs, call(node, inputs, values)

    for unit in order:
        # Those that wait for each other are all queued before any of them is looked at.
        for i, (inputs, outputs) in zip(unit, [run_one(i) for i in unit]):
            if _as_recorded(graph.nodes[i], outputs, values):
                forward(i, inputs, outputs)
            else:
                forward(i, None, outputs)
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
    for each in graph.backwards:
        for place, port in enumerate(each.heads if each.ran and not each.passed_on else ()):
            head = computed[port]
            seed = each.seeds[place] if each.seeds else -1
            began = computed[(seed, 0)] if seed != -1 else nd.ones(head.shape, ctx=head.context, dtype=head.dtype)
            gradients[port] = gradients[port] + began if port in gradients else began
    computed.clear()
    for unit in reversed(order):
        members = [i for i in unit if i in calls]
        taken = {i: calls.pop(i) for i in members}
        arrived = {i: [gradients.pop((i, k), None) for k in range(len(taken[i][1]))] for i in members}
        if all(each is None for i in members for each in arrived[i]):
            continue
        outputs_of = [out for i in members for out in taken[i][1]]
        seeds = [
            each if each is not None else nd.zeros(out.shape, ctx=out.context, dtype=out.dtype)
            for each, out in zip((each for i in members for each in arrived[i]), outputs_of)
        ]
        autograd.backward(outputs_of, seeds)
        for i in reversed(members):
            passed: List[Any] = []
            for each, port in zip(taken[i][0], graph.nodes[i].inputs):
                if port[0] not in needs_gradient:
                    passed.append(None)
                    continue
                passed.append(each.grad)
                gradients[port] = each.grad if port not in gradients else gradients[port] + each.grad
            backward(i, arrived[i], passed)


def _as_recorded(node: Node, outputs: List[Any], values: LeafValues) -> bool:
    """Whether an operator that autograd did not record gives what it gave then; if not, that is put in place of it.

    It does not if the program has since overwritten what it read.
    """
    if node.op in PYTHON_CODE or node.op == GRADIENT:
        return True
    drawn = operators.draws(node.op, node.attributes)  # others, where the generator was not seeded
    same = True
    for k in range(len(outputs)):
        before = recorded_output(node, k, values)
        if before is not None and outputs[k].asnumpy().tobytes() != before.asnumpy().tobytes():
            outputs[k], same = before, drawn
    return same


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
