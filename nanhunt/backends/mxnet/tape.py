"""What one iteration did: MXNet's own recorded graph, and the arrays, blocks and source lines that belong to its nodes."""

import json
import os
import sys
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

from nanhunt.backends.base import Capture, State
from nanhunt.backends.graph import Graph, Leaf, Node, Port

_FRAMEWORK = os.path.dirname(mx.__file__) + os.sep
_HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep + "backends" + os.sep


def entry_name(tensor: Any) -> str:
    """The name of the recorded node that made the array, or of the leaf that it is; empty where autograd does not know it."""
    try:
        return str(autograd.get_symbol(tensor).name)
    except mx.base.MXNetError:
        return ""


def calling_line() -> Tuple[str, int]:
    """File and line of the nearest caller outside the framework and nanhunt's hooks."""
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.startswith((_FRAMEWORK, _HERE, "<")):
            return path, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return "", 0


class Tape:
    """Collects during the forward what the recorded graph does not keep.

    MXNet's graph names its leaves `varN` (marked for gradients) and `nullN` (all others), and only holds what needs a gradient.
    The tape therefore keeps the few arrays that fed recorded operators without being recorded themselves: the batch, a label
    cast inside the loss, constants. Backward empties the graph, so it is taken as JSON before.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the iteration."""
        self._origins: Dict[str, Tuple[str, Tuple[str, int], str, str]] = {}
        self._unrecorded: List[Any] = []
        self._leaves: Dict[str, Any] = {}
        self._compiled: Dict[str, Tuple[Any, Sequence[Tuple[str, Any]]]] = {}
        self._graphs: List[Tuple[List[str], List[str]]] = []

    def saw(self, inputs: Sequence[Any], outputs: Sequence[Any], block: str, known: Set[int]) -> str:
        """Note one operator call: its node's name, or an empty one where autograd did not record it.

        Args:
            inputs, outputs: NDArrays.
            block: path of the block that called.
            known: `id` of the arrays that need no noting: parameters and statistics.
        """
        name = entry_name(outputs[0]) if outputs else ""
        if not name:
            self._unrecorded.extend(outputs)
            return ""
        self._origins[name] = (block, calling_line(), str(outputs[0].context), np.dtype(outputs[0].dtype).name)
        for array in inputs:
            if id(array) not in known:
                leaf = entry_name(array)
                if leaf.startswith(("null", "var")):
                    self._leaves[leaf] = array
        return name

    def saw_compiled(self, node: str, symbol: Any, flags: Sequence[Tuple[str, Any]]) -> None:
        """Note that `node` is a hybridized block with this graph and these flags."""
        self._compiled[node] = (symbol, flags)

    def saw_heads(self, heads: Sequence[Any]) -> None:
        """Take the graph of the heads; to be called before backward empties it."""
        graphs, names = [], []
        for head in heads:
            symbol = autograd.get_symbol(head)
            graphs.append(symbol.tojson())
            names.append(symbol.name)
        self._graphs.append((graphs, names))

    def match(self, states: Sequence[State], named: Mapping[Tuple[str, str], Any]) -> Dict[str, Tuple[Leaf, Any]]:
        """Leaf name to which array it is; like `saw_heads` this only works before backward."""
        leaves: Dict[str, Tuple[Leaf, Any]] = {}
        for array_name, array in self._leaves.items():
            leaves[array_name] = (Leaf("batch", "leaf_" + array_name, str(array.context)), array)
        for array in self._unrecorded:
            leaf_name = entry_name(array)
            if leaf_name.startswith("null"):
                leaves[leaf_name] = (Leaf("batch", "computed_" + leaf_name, str(array.context)), array)
        for (device, batch_name), array in named.items():
            leaf_name = entry_name(array)
            if leaf_name:
                requested = "write" if leaf_name.startswith("var") else "null"
                leaves[leaf_name] = (Leaf("batch", batch_name, device, requested), array)
        for state in states:
            leaf_name = entry_name(state.tensor)
            if leaf_name:
                group = "parameters" if state.grad_req != "null" else "aux"
                leaves[leaf_name] = (Leaf(group, state.name, state.device, state.grad_req), state.tensor)
        return leaves

    def capture(self, matched: Mapping[str, Tuple[Leaf, Any]]) -> Capture:
        """The graphs of all heads joined into one, and the arrays of the leaves in group `batch`."""
        nodes: List[Node] = []
        place: Dict[str, int] = {}
        batch: Dict[Tuple[str, str], Any] = {}
        backwards = []
        for graphs, _ in self._graphs:
            heads: List[Port] = []
            for text in graphs:
                body = json.loads(text)
                local: List[int] = []
                for each in body["nodes"]:
                    name = each["name"]
                    if name not in place:
                        place[name] = len(nodes)
                        nodes.append(self._node(each, local, matched, batch))
                    local.append(place[name])
                heads.extend((local[entry[0]], entry[1]) for entry in body["heads"])
            backwards.append(tuple(heads))
        return Capture(Graph(tuple(nodes), tuple(backwards)), batch)

    def _node(
        self,
        each: Mapping[str, Any],
        local: Sequence[int],
        matched: Mapping[str, Tuple[Leaf, Any]],
        batch: Dict[Tuple[str, str], Any],
    ) -> Node:
        name = each["name"]
        if each["op"] == "null":
            leaf, array = matched.get(name, (None, None))
            if leaf is None:
                leaf = Leaf("missing", name, "")
            if leaf.group == "batch":
                batch[(leaf.device, leaf.name)] = array
            return Node("null", name, leaf=leaf)
        block, (path, line), device, dtype = self._origins.get(name, ("", ("", 0), "", ""))
        attributes = dict(each.get("attrs", {}))
        symbol: Optional[str] = None
        if name in self._compiled:
            compiled, flags = self._compiled[name]
            symbol = compiled.tojson()
            attributes = {str(k): str(v) for k, v in flags}
        return Node(
            op=each["op"],
            name=name,
            attributes=attributes,
            inputs=tuple((local[entry[0]], entry[1]) for entry in each["inputs"]),
            order=int(name.rsplit("_", 1)[-1]),
            block=block,
            source="%s:%d" % (os.path.basename(path), line) if path else "",
            device=device,
            dtype=dtype,
            symbol=symbol,
        )


def arrays_in(values: Any) -> List[Any]:
    """Every NDArray in a nest of lists and tuples, in order."""
    if isinstance(values, nd.NDArray):
        return [values]
    if isinstance(values, (list, tuple)):
        return [array for each in values for array in arrays_in(each)]
    return []
