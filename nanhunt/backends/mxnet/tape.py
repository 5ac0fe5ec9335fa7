"""What one iteration did: MXNet's own recorded graph, and the arrays, blocks and source lines that belong to its nodes."""

import inspect
import json
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np
from mxnet import autograd, nd, symbol

from nanhunt.backends.base import Capture, State
from nanhunt.backends.graph import GRADIENT, Backward, Graph, Leaf, Node, Port
from nanhunt.backends.mxnet import operators
from nanhunt.backends.mxnet.arrays import bytes_of, device_of, dtype_of, entry_name
from nanhunt.backends.mxnet.composing import SymbolLines
from nanhunt.backends.mxnet.executors import OPERATOR, ExecutorRun
from nanhunt.backends.mxnet.program import calling_line

_BETWEEN = 1 << 10
"""Places kept free between two calls for nodes that no hook sees, such as slices."""

_KEPT_BYTES = 64 << 20
"""Most memory that inputs and outputs of operators that autograd did not record may be kept alive with in an iteration; what is
made of the batch beyond it counts as having come with the batch. A frozen network under `record` would keep all it computes."""

_KEPT_BEFORE = 64
"""Calls between iterations of which the last are kept."""

_MOST_LEFT = 8
"""Outputs beside the loss that are taken with it."""

DRAWN = "__drawn__"
"""Attribute of a random operator's node: JSON, shape and dtype of each output."""

Named = Mapping[Tuple[str, str], Any]
"""Arrays of the batch by (device, name)."""


@dataclass
class Call:
    """One operator call as a hook saw it.

    Attributes:
        order: place among all calls of the iteration.
        op, attributes: of a call that autograd did not record; of the others the graph has them.
        inputs, outputs: its arrays; of a recorded call none are kept.
        made: for each input the call and output that made it, if that was not recorded either.
        symbol, flags: of a compiled block.
        filled: the symbol's JSON, where its shapes followed from the inputs.
        draws: masks that it drew.
        returned: outputs of Python code, which cannot be run again.
        passed: gradients that Python code passed on, filled in by its backward.
        kept: bytes that are kept alive for it.
    """

    order: int
    block: str
    source: str
    device: str
    dtype: str
    train: bool
    op: str = ""
    attributes: Dict[str, str] = field(default_factory=dict)
    inputs: Sequence[Any] = ()
    outputs: Sequence[Any] = ()
    made: Sequence[Optional[Tuple[int, int]]] = ()
    symbol: Any = None
    filled: str = ""
    flags: Sequence[Tuple[str, Any]] = ()
    draws: Sequence[Any] = ()
    returned: Sequence[Any] = ()
    passed: Sequence[Any] = ()
    kept: int = 0


@dataclass
class Taken:
    """The graph of one call of backward, taken before it emptied it.

    Attributes:
        heads: JSON of each head's graph.
        order: place among the calls.
        seeds, variables: heads' gradients as given; names of the leaves that gradients are returned for.
        train: its `train_mode`.
        ran: whether it ran; false for what was recorded and never differentiated.
        gradient, returned: set where the gradients returned are part of the graph: the call, and the nodes that they are.
    """

    heads: List[str]
    order: int
    seeds: List[Any]
    variables: List[str]
    train: bool
    ran: bool
    gradient: Optional[Call] = None
    returned: Sequence[str] = ()


@dataclass
class _Before:
    """What the iteration before recorded: its calls, its leaves, and how much earlier it was."""

    calls: Dict[str, Call]
    matched: Dict[str, Tuple[Leaf, Any]]
    earlier: int


class _Known(NamedTuple):
    """The leaves that parameters and statistics are.

    Attributes:
        states: of which this was made.
        by_id: by the array's identity.
        variables: by name, those marked for gradients, which keep their names until they are marked again.
        unnamed: all others, whose names are other ones in each iteration.
    """

    states: Sequence[State]
    by_id: Dict[int, Tuple[Leaf, Any]]
    variables: Dict[str, Tuple[Leaf, Any]]
    unnamed: List[Tuple[Leaf, Any]]


def _know(states: Sequence[State]) -> _Known:
    known = _Known(states, {}, {}, [])
    for state in states:
        group = "aux" if state.statistic else "parameters"
        leaf = (Leaf(group, state.name, state.device, state.grad_req, state.stype), state.tensor)
        known.by_id[id(state.tensor)] = leaf
        name = entry_name(state.tensor)
        if name.startswith("var") and state.grad_req != "null":
            known.variables[name] = leaf
        else:
            known.unnamed.append(leaf)
    return known


class Tape:
    """Collects during the forward what the recorded graph does not keep.

    MXNet's graph names its leaves `varN` (marked for gradients) and `nullN` (all others), and only holds what needs a gradient.
    The tape therefore keeps the few arrays that fed recorded operators without being recorded themselves, the batch, a label
    cast inside the loss, constants, and the operators that made them. Backward empties the graph, so it is taken before.

    Args:
        on_variable: told of each array marked for gradients that is no known parameter, when it is first used.
    """

    def __init__(self, on_variable: Callable[[Any], None], lines: SymbolLines) -> None:
        self._on_variable = on_variable
        self.lines = lines
        self._before = _Before({}, {}, 0)
        self._known: Optional[_Known] = None
        self._forget()

    def reset(self) -> None:
        """Forget the iteration, but for what it recorded and left: the next one may go on from there.

        So does a GAN that draws its fakes while it trains the discriminator, and differentiates them a step later.
        """
        self._before = _Before(self._calls, self._matched, (self._count + 1) * _BETWEEN) if self._open else _Before({}, {}, 0)
        self._forget()

    def _forget(self) -> None:
        self._count = 0
        self._kept = 0
        self._calls: Dict[str, Call] = {}
        self._unrecorded: Dict[int, Call] = {}
        self._made: Dict[int, Tuple[int, int]] = {}
        self._leaves: Dict[str, Any] = {}
        self._leaf_made: Dict[str, Tuple[int, int]] = {}
        self._open: Dict[str, Any] = {}
        self._blocked: Set[str] = set()
        self._latest: Tuple[Any, str] = (None, "")
        self._taken: List[Taken] = []
        self._matched: Dict[str, Tuple[Leaf, Any]] = {}
        self._by_id: Dict[int, Tuple[Leaf, Any]] = {}

    def detach(self, copied: Callable[[Any], Any]) -> None:
        """Make this shallow copy of a tape one that lasts: with copies of the arrays that came from outside.

        Args:
            copied: an array's copy, the same one each time.
        """
        self._open, self._latest, self._leaves = {}, (None, ""), {}
        self._calls, self._made, self._taken = dict(self._calls), dict(self._made), list(self._taken)
        self._leaf_made = dict(self._leaf_made)
        outside = {id(array) for leaf, array in self._matched.values() if leaf.group == "batch" and self._maker(array) is None}

        def lasting(array: Any) -> Any:
            return copied(array) if id(array) in outside else array

        for call in self._unrecorded.values():
            known = (self._by_id.get(id(array)) for array in call.inputs)
            for array, made, leaf in zip(call.inputs, call.made, known):
                if made is None and (leaf is None or leaf[0].group == "batch"):
                    outside.add(id(array))
        self._matched = {name: (leaf, lasting(array)) for name, (leaf, array) in self._matched.items()}
        self._unrecorded = {
            number: replace(call, inputs=[lasting(each) for each in call.inputs]) for number, call in self._unrecorded.items()
        }
        self._by_id = {id(lasting(array)): (leaf, lasting(array)) for leaf, array in self._by_id.values()}
        self._taken = [
            replace(each, seeds=[None if seed is None else copied(seed) for seed in each.seeds]) for each in self._taken
        ]

    @property
    def held_bytes(self) -> int:
        """What the outputs of operators and random draws take that are kept."""
        arrays = [array for call in self._unrecorded.values() for array in call.outputs]
        for call in self._calls.values():
            arrays += [each for each in (*call.returned, *call.passed, *call.draws) if each is not None]
        return sum(map(bytes_of, arrays))

    @property
    def pending(self) -> List[Any]:
        """The last outputs that no operator has read and nobody has differentiated."""
        return list(self._open.values())

    def name_of(self, array: Any) -> str:
        """As `entry_name`."""
        return self._latest[1] if array is self._latest[0] else entry_name(array)

    def plain(self, name: str) -> bool:
        """Whether what that node gave lies in memory element after element, as far as that is known."""
        return name not in self._blocked

    def saw(self, op: str, inputs: Sequence[Any], outputs: Sequence[Any], block: str, known: Set[int]) -> Optional[Call]:
        """Note one operator call that ran under `record`; None where autograd did not record it: then `saw_unrecorded`.

        Args:
            op: the operator; empty for what may be many in one.
            inputs, outputs: NDArrays.
            block: path of the block that called.
            known: `id` of the arrays that need no noting: parameters and statistics.
        """
        name = entry_name(outputs[0]) if outputs else ""
        if not name or name.startswith(("null", "var")):
            return None
        call = self._calls[name] = self._call(outputs, block)
        blocked = not op or op in operators.BLOCK
        for array in inputs:
            if id(array) not in known:
                leaf = self.name_of(array)
                if leaf.startswith(("null", "var")):
                    self._leaf(leaf, array)
                else:
                    self._open.pop(leaf, None)
                    blocked = blocked or (leaf in self._blocked and op in operators.KEEP_BLOCKS)
        if blocked:
            self._blocked.add(name)
        self._open[name] = outputs[0]
        self._latest = (outputs[0], name)
        return call

    def _leaf(self, name: str, array: Any) -> None:
        if name.startswith("var") and name not in self._leaves:
            self._on_variable(array)
        self._leaves[name] = array
        made = self._maker(array)
        if made is not None and name.startswith("null"):
            self._leaf_made[name] = made

    def _call(self, outputs: Sequence[Any], block: str) -> Call:
        self._count += 1
        device, dtype = (device_of(outputs[0]), dtype_of(outputs[0])) if outputs else ("", "")
        return Call(self._count * _BETWEEN, block, calling_line(), device, dtype, autograd.is_training())

    def saw_before(self, op: str, attributes: Mapping[str, str], inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Note one operator call between iterations: it may prepare the next batch. The last ones are kept."""
        if operators.draws(op, attributes):
            return  # it is not to be run again, since the generator is seeded after it
        self.saw_unrecorded(op, attributes, inputs, outputs, "")
        while self._unrecorded and (len(self._unrecorded) > _KEPT_BEFORE or self._kept > _KEPT_BYTES):
            oldest = next(iter(self._unrecorded))
            self._kept -= self._unrecorded.pop(oldest).kept

    def forget_making(self, arrays: Iterable[Any]) -> None:
        """The program itself says that these came with the batch."""
        for array in arrays:
            self._made.pop(id(array), None)

    def saw_unrecorded(
        self, op: str, attributes: Mapping[str, str], inputs: Sequence[Any], outputs: Sequence[Any], block: str
    ) -> None:
        """Note one operator call that autograd did not record."""
        call = self._call(outputs, block)
        drawing = operators.draws(op, attributes)
        call.kept = sum(map(bytes_of, outputs)) + sum(bytes_of(each) for each in inputs if self._maker(each) is None)
        if self._kept + call.kept > _KEPT_BYTES and not drawing:
            for each in outputs:
                self._made.pop(id(each), None)
            return
        self._kept += call.kept
        call.op, call.attributes, call.inputs, call.outputs = op, dict(attributes), list(inputs), list(outputs)
        if drawing:
            # Where it was told to write into an array, its own attributes do not say how much it drew.
            call.attributes[DRAWN] = json.dumps([[list(each.shape), np.dtype(each.dtype).name] for each in outputs])
        call.made = [self._maker(each) for each in inputs]
        self._unrecorded[self._count] = call
        for k, each in enumerate(outputs):
            self._made[id(each)] = (self._count, k)

    def _maker(self, array: Any) -> Optional[Tuple[int, int]]:
        """The call and output that made the array, if autograd did not record it and it is still kept."""
        made = self._made.get(id(array))
        if made is None or made[0] not in self._unrecorded or self._unrecorded[made[0]].outputs[made[1]] is not array:
            return None
        return made

    def take(
        self,
        heads: Sequence[Any],
        seeds: Sequence[Any] = (),
        variables: Sequence[Any] = (),
        train: bool = True,
        ran: bool = True,
    ) -> None:
        """Take the graph of the heads; to be called before backward empties it."""
        names = [entry_name(head) for head in heads]
        left = [array for name, array in self._open.items() if name not in names][-_MOST_LEFT:]
        if left and ran:
            # Recorded as well, and drawn for, but not part of this loss: what was detached from it, say.
            self._take(left, (), (), train, False)
        self._take(heads, seeds, variables, train, ran)
        self._open = {name: array for name, array in self._open.items() if name not in names} if ran else {}

    def _take(self, heads: Sequence[Any], seeds: Sequence[Any], variables: Sequence[Any], train: bool, ran: bool) -> "Taken":
        taken = Taken(
            heads=[_json_of(autograd.get_symbol(head)) for head in heads],
            order=(self._count + 1) * _BETWEEN - 1,
            seeds=list(seeds),
            variables=[entry_name(each) for each in variables],
            train=train,
            ran=ran,
        )
        self._taken.append(taken)
        return taken

    def take_gradient(self, heads: Sequence[Any], seeds: Sequence[Any], variables: Sequence[Any]) -> "Taken":
        """Take the graph that `autograd.grad(create_graph=True)` is about to differentiate; then `gave_gradient`."""
        return self._take(heads, seeds, variables, True, False)

    def gave_gradient(self, taken: "Taken", returned: Sequence[Any], block: str) -> None:
        """Note what it returned: recorded arrays, from which the graph goes on."""
        call = self._call(returned, block)
        call.returned = list(returned)
        taken.gradient = call
        taken.returned = [entry_name(each) for each in returned]
        for name, array in zip(taken.returned, returned):
            self._open[name] = array

    def match(self, states: Sequence[State], named: Named) -> None:
        """Note which leaf is which array; like `take` this only works before backward."""
        for name, array in self._leaves.items():
            requested = "write" if name.startswith("var") else "null"
            # One of an earlier backward has its name, and the array none in the graph any more by which it could be had again.
            self._matched.setdefault(name, (Leaf("batch", "leaf_" + name, str(array.context), requested), array))
        for call in self._unrecorded.values():
            for array in call.outputs:
                name, made = entry_name(array), self._maker(array)
                if name.startswith("null") and made is not None:
                    self._matched[name] = (Leaf("batch", "computed_" + name, str(array.context)), array)
                    self._leaf_made[name] = made
        for (device, batch_name), array in named.items():
            name = entry_name(array)
            leaf = Leaf("batch", batch_name, device, "write" if name.startswith("var") else "null")
            if self._maker(array) is not None and not name.startswith("var"):
                continue  # an operator made it, which is where to look if it is bad
            self._by_id[id(array)] = (leaf, array)
            if name:
                self._matched[name] = (leaf, array)
                self._leaf_made.pop(name, None)
        known = self._known
        if known is None or known.states is not states:
            known = self._known = _know(states)
        self._by_id.update(known.by_id)
        found = {name: each for each in known.unnamed for name in [entry_name(each[1])] if name}
        for fresh in (known.variables, found):
            self._matched.update(fresh)
            for name in self._leaf_made.keys() & fresh.keys():
                del self._leaf_made[name]  # whatever filled it before training began

    def marked(self) -> None:
        """Arrays have been marked for gradients, perhaps anew: their names are others."""
        self._known = None

    def order_of_blocks(self) -> Dict[str, int]:
        """When each block of the iteration first called an operator, by path."""
        first: Dict[str, int] = {}
        for call in list(self._calls.values()):
            first.setdefault(call.block, call.order)
        return first

    def describe(self, array: Any) -> str:
        """Which operator gave the array, in words; empty where that is not known, as after backward."""
        name = entry_name(array)
        call = self._calls.get(name)
        if call is None:
            return ""
        return "what %s gave%s" % (
            json.loads(autograd.get_symbol(array).tojson())["nodes"][-1]["op"],
            " in " + (call.block or call.source) if call.block or call.source else "",
        )

    def made(self, array: Any) -> bool:
        """Whether an operator that autograd did not record made the array."""
        return self._maker(array) is not None

    def capture(self, executors: Sequence[ExecutorRun]) -> Capture:
        """The graphs of all heads and of bound symbols joined into one, and the arrays of the leaves in group `batch`."""
        return _Assembly(self).capture(executors)


_CASTS = {"remove_amp_cast": False} if "remove_amp_cast" in inspect.signature(symbol.Symbol.tojson).parameters else {}


def _json_of(graph: Any) -> str:
    """Half the time of writing it goes into the search for casts, which are left out only when it is read."""
    return str(graph.tojson(**_CASTS))


def _without_casts(text: str) -> str:
    """The graph without the casts that mixed precision has put in."""
    return str(symbol.load_json(text).tojson()) if '"amp_' in text else text


class _Assembly:
    """Joins what a Tape holds into one Graph."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._nodes: List[Node] = []
        self._batch: Dict[Tuple[str, str], Any] = {}
        self._place: Dict[str, Port] = {}
        self._leaf_place: Dict[Leaf, int] = {}
        self._called: Dict[int, int] = {}
        self._fixed: Set[str] = set()
        self._executed: List[Tuple[int, Sequence[Any]]] = []
        self._passed_on: Set[int] = set()
        before = tape._before
        self._numbers = sorted(
            [(_number(name), call.order) for name, call in tape._calls.items()]
            + [(_number(name), call.order - before.earlier) for name, call in before.calls.items()]
        )
        self._carried: Set[Tuple[str, str]] = set()

    def capture(self, executors: Sequence[ExecutorRun]) -> Capture:
        backwards = []
        for taken in self._tape._taken:
            if taken.gradient is not None:
                self._gradient(taken, taken.gradient)
            elif not taken.variables or taken.ran:
                backwards.append(self._backward(taken))
        # In reverse for the backward: a chain of modules goes back through the last one first.
        runs = [self._executor(place, run) for place, run in enumerate(executors)]
        last = max((each.order for each in runs), default=0)
        for place, each in enumerate(runs):
            chained = len(self._passed_on) > 0
            order = last + len(runs) - place if chained else each.order
            backwards.append(replace(each, order=order, passed_on=each.heads[0][0] in self._passed_on))
        for number, call in self._tape._unrecorded.items():
            # What draws random numbers has to run again for the sake of those that draw after it.
            if operators.draws(call.op, call.attributes):
                self._unrecorded(number)
        return Capture(_pruned(self._nodes, backwards), self._batch, frozenset(self._carried))

    def _gradient(self, taken: Taken, call: Call) -> None:
        """One node for `autograd.grad(create_graph=True)`, in place of those that MXNet recorded for it.

        They are gradient operators, which cannot be called: their shapes follow from the forward operators that they belong to.
        """
        heads = self._heads(taken)
        seeds = self._seeds(taken)
        variables: List[Port] = [self._place[name] for name in taken.variables if name in self._place]
        inputs = heads + variables + [(seed, 0) for seed in seeds if seed != -1]
        attributes = {"heads": str(len(heads)), "variables": str(len(variables))}
        name = taken.returned[0]  # by which it is known where it is itself differentiated or watched
        self._nodes.append(self._described(Node(GRADIENT, name, attributes, tuple(inputs), call.order), call))
        for k, returned in enumerate(taken.returned):
            self._place[returned] = (len(self._nodes) - 1, k)
            self._fixed.add(returned)

    def _heads(self, taken: Taken) -> List[Port]:
        heads: List[Port] = []
        for text in taken.heads:
            body = json.loads(_without_casts(text))
            local: List[Tuple[int, Optional[int]]] = []
            for each in body["nodes"]:
                local.append(self._node(each, local, taken))
            heads.extend(_port(local, entry) for entry in body["heads"])
        return heads

    def _seeds(self, taken: Taken) -> List[int]:
        seeds = []
        for number, seed in enumerate(taken.seeds):
            if seed is None:
                seeds.append(-1)
                continue
            leaf = Leaf("batch", "head_gradient_%d_%d" % (taken.order // _BETWEEN, number), str(seed.context))
            seeds.append(self._leaf(leaf, seed))
        return seeds

    def _backward(self, taken: Taken) -> Backward:
        heads, seeds = self._heads(taken), self._seeds(taken)
        variables = [self._place[name][0] for name in taken.variables if name in self._place]
        return Backward(tuple(heads), tuple(seeds), tuple(variables), taken.order, taken.train, taken.ran)

    def _executor(self, place: int, run: ExecutorRun) -> Backward:
        inputs: List[Port] = []
        for arrays, aux in ((run.arguments, False), (run.statistics, True)):
            for name, array in arrays.items():
                request = "null" if aux else run.requests[name]
                port = None if aux else self._output_equal_to(array)
                if port is None:
                    group = "aux" if aux else "parameters" if request != "null" else "batch"
                    port = (self._leaf(Leaf(group, name, run.device, request), array), 0)
                else:
                    self._passed_on.add(port[0])
                inputs.append(port)
        order = (2 * place + 1) * _BETWEEN
        attributes = {"grad_req": json.dumps(run.requests), "inputs": json.dumps([*run.arguments, *run.statistics])}
        sources = self._tape.lines.of(run.symbol)
        node = Node(OPERATOR, run.name, attributes, tuple(inputs), order, device=run.device, symbol=run.symbol, sources=sources)
        self._nodes.append(node)
        number = len(self._nodes) - 1
        self._executed.append((number, run.outputs))
        seeds = []
        for k, seed in enumerate(run.seeds):
            seeds.append(self._leaf(Leaf("batch", "head_gradient_%s_%d" % (run.name, k), run.device), seed))
        heads = tuple((number, k) for k in (range(len(run.outputs)) if run.seeds else run.counted))
        return Backward(heads, tuple(seeds), (), order + _BETWEEN, ran=run.differentiated)

    def _output_equal_to(self, array: Any) -> Optional[Port]:
        """The output of an earlier executor that has the same values: a chain of modules copies them from one to the next."""
        for node, outputs in self._executed:
            for k, output in enumerate(outputs):
                if output.shape == array.shape and output.asnumpy().tobytes() == array.asnumpy().tobytes():
                    return node, k
        return None

    def _node(
        self, each: Mapping[str, Any], local: Sequence[Tuple[int, Optional[int]]], taken: Taken
    ) -> Tuple[int, Optional[int]]:
        name = each["name"]
        if name in self._place and name:
            at = self._place[name]
            return at if name in self._fixed or self._nodes[at[0]].leaf is not None else (at[0], None)
        if each["op"] == "null":
            made = self._tape._leaf_made.get(name)
            leaf, array = self._tape._matched.get(name) or self._from_before(name)
            if made is not None and made[0] in self._tape._unrecorded:
                self._place[name] = (self._unrecorded(made[0]), made[1])
                self._fixed.add(name)
            elif leaf is not None:
                self._place[name] = (self._leaf(leaf, array), 0)
            else:
                self._place[name] = (self._leaf(Leaf("missing", name, ""), None), 0)
            return self._place[name]
        call = self._tape._calls.get(name)
        inputs = tuple(_port(local, entry) for entry in each["inputs"])
        if call is None and name in self._tape._before.calls:
            call = self._tape._before.calls[name]
            call = replace(call, order=call.order - self._tape._before.earlier)
            read = [self._nodes[port[0]].leaf for port in inputs]
            self._carried.update((leaf.name, leaf.device) for leaf in read if leaf is not None and leaf.group == "aux")
        attributes = dict(each.get("attrs", {}))
        node = Node(each["op"], name, attributes, inputs, self._order(name))
        if call is not None:
            node = self._described(node, call)
        self._nodes.append(node)
        self._place[name] = (len(self._nodes) - 1, 0)
        return len(self._nodes) - 1, None

    def _from_before(self, name: str) -> Tuple[Optional[Leaf], Any]:
        leaf, array = self._tape._before.matched.get(name, (None, None))
        if leaf is not None and leaf.group == "batch":
            leaf = replace(leaf, name=leaf.name + " before")
        return leaf, array

    def _described(self, node: Node, call: Call) -> Node:
        # Of one or two operators, MXNet records a compiled block as those.
        compiled = call.symbol is not None and node.op == "_CachedOp"
        text = (call.filled or call.symbol.tojson()) if compiled else None
        return Node(
            op=node.op,
            name=node.name,
            attributes={str(k): str(v) for k, v in call.flags} if compiled else node.attributes,
            inputs=node.inputs,
            order=call.order,
            block=call.block,
            source=call.source,
            device=call.device,
            dtype=call.dtype,
            symbol=text,
            sources=self._tape.lines.of(text) if text is not None else (),
            train=call.train,
            outputs=self._kept(call, "returned", call.returned),
            gradients=self._kept(call, "gradient", call.passed),
            draws=self._kept(call, "draw", call.draws),
        )

    def _kept(self, call: Call, what: str, arrays: Sequence[Any]) -> Tuple[str, ...]:
        names = []
        for k, array in enumerate(arrays):
            if array is None:
                names.append("")
                continue
            name = "%s_%d_%d" % (what, call.order // _BETWEEN, k)
            self._batch[(call.device, name)] = array
            names.append(name)
        return tuple(names) if any(names) else ()

    def _leaf(self, leaf: Leaf, array: Any) -> int:
        if leaf not in self._leaf_place:
            if leaf.group == "batch":
                self._batch[(leaf.device, leaf.name)] = array
            self._leaf_place[leaf] = len(self._nodes)
            self._nodes.append(Node("null", leaf.name, leaf=leaf))
        return self._leaf_place[leaf]

    def _unrecorded(self, number: int) -> int:
        """The node of a call that autograd did not record, with all that it was made from."""
        if number in self._called:
            return self._called[number]
        call = self._tape._unrecorded[number]
        inputs: List[Port] = []
        for array, made in zip(call.inputs, call.made):
            leaf = self._tape._by_id.get(id(array))
            if leaf is not None:
                inputs.append((self._leaf(*leaf), 0))
            elif made is not None and made[0] in self._tape._unrecorded and made[0] < number:
                inputs.append((self._unrecorded(made[0]), made[1]))
            else:
                name = "array_%d_%d" % (call.order // _BETWEEN, len(inputs))
                inputs.append((self._leaf(Leaf("batch", name, str(array.context)), array), 0))
        node = Node(call.op, "call_%d" % (call.order // _BETWEEN), call.attributes, tuple(inputs), call.order)
        used = {made for made in self._tape._leaf_made.values() if made[0] == number}
        drawn = operators.draws(call.op, call.attributes)
        call.returned = [each if drawn or (number, k) in used else None for k, each in enumerate(call.outputs)]
        self._nodes.append(self._described(node, call))
        self._called[number] = len(self._nodes) - 1
        return self._called[number]

    def _order(self, name: str) -> int:
        """Place of a node that no hook saw: right behind the last one seen that was recorded before it."""
        number = _number(name)
        before = [(n, order) for n, order in self._numbers if n < number]
        last, order = before[-1] if before else (number, 0)
        return order + min(number - last, _BETWEEN - 2)


def _pruned(nodes: Sequence[Node], backwards: Sequence[Backward]) -> Graph:
    """Without the nodes that no head depends on: what MXNet recorded of a gradient that one node stands for."""
    needed = {port[0] for each in backwards for port in each.heads}
    needed |= {leaf for each in backwards for leaf in each.seeds + each.variables if leaf != -1}
    needed |= {i for i, node in enumerate(nodes) if DRAWN in node.attributes}
    for i in reversed(range(len(nodes))):
        if i in needed:
            needed.update(port[0] for port in nodes[i].inputs)
    moved = {i: place for place, i in enumerate(sorted(needed))}
    kept = [replace(nodes[i], inputs=tuple((moved[a], b) for a, b in nodes[i].inputs)) for i in sorted(needed)]
    return Graph(
        tuple(kept),
        tuple(
            replace(
                each,
                heads=tuple((moved[a], b) for a, b in each.heads),
                seeds=tuple(moved[seed] if seed != -1 else -1 for seed in each.seeds),
                variables=tuple(moved[variable] for variable in each.variables),
            )
            for each in backwards
        ),
    )


def _port(local: Sequence[Tuple[int, Optional[int]]], entry: Sequence[int]) -> Port:
    node, output = local[entry[0]]
    return (node, entry[1] if output is None else output)


def _number(name: str) -> int:
    """N of `node_N`: MXNet counts nodes as it records them."""
    digits = name.rsplit("_", 1)[-1]
    return int(digits) if digits.isdigit() else 0


def arrays_in(values: Any) -> List[Any]:
    """Every NDArray in a nest of lists and tuples, in order."""
    if isinstance(values, nd.NDArray):
        return [values]
    if isinstance(values, (list, tuple)):
        return [array for each in values for array in arrays_in(each)]
    return []
