"""Labels and rows that a compiled graph reads: a hybridized block or a bound symbol runs at once, and no operator is seen."""

import json
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from mxnet.base import MXNetError

from nanhunt.backends.alignment import ALIGNING, Alignment, alignment
from nanhunt.backends.base import Listener
from nanhunt.backends.indexing import INDEXING, Indexing, Shape, indexing

# Operators that change no number.
_SAME_NUMBERS = ("Cast", "cast", "amp_cast", "_copy", "identity", "BlockGrad", "Reshape", "reshape", "expand_dims", "Flatten")


class Read(NamedTuple):
    """What one operator of the graph reads.

    Attributes:
        place: the operator and its name.
        names: of the graph's inputs: one for `how`, and as many as `aligned.inputs` for `aligned`.
    """

    place: str
    names: Sequence[str]
    how: Optional[Indexing] = None
    aligned: Optional[Alignment] = None


class _Graph:
    """A symbol, and what was found in it.

    Attributes:
        inputs: their names.
        nodes: of its JSON.
        reading: those of them that may read indices or labels; most graphs have none.
        by_shapes: what they read, by the shapes of what a batch brings.
    """

    def __init__(self, symbol: Any) -> None:
        self.symbol = symbol  # held, so that its identity stays its own
        self.inputs: List[str] = symbol.list_inputs()
        self.nodes: List[Dict[str, Any]] = json.loads(symbol.tojson())["nodes"]
        self.reading = [each for each in self.nodes if each["op"] in INDEXING or each["op"] in ALIGNING]
        self.by_shapes: Dict[Tuple[Shape, ...], List[Read]] = {}


class CompiledReads:
    """Tells of them as each graph runs. They are found once for each graph and shapes."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._graphs: Dict[int, _Graph] = {}

    def block(self, block: Any, symbol: Any, arguments: Sequence[Any], path: str) -> None:
        """A hybridized block runs.

        Args:
            arguments: the arrays that it is called with.
        """
        graph, places = self._graph(symbol), block._cached_op_args
        if not graph.reading or len(graph.inputs) != len(places) or sum(bool(each[0]) for each in places) > len(arguments):
            return
        arrays = {name: arguments[each] for name, (is_data, each) in zip(graph.inputs, places) if is_data}
        parameters = {name: each for name, (is_data, each) in zip(graph.inputs, places) if not is_data}
        self._tell(graph, arrays, parameters, path)

    def executor(self, symbol: Any, arrays: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """A bound symbol runs.

        Args:
            arrays: its inputs that a batch brings, by name.
            parameters: its others.
        """
        graph = self._graph(symbol)
        if graph.reading:
            self._tell(graph, arrays, parameters, "")

    def _graph(self, symbol: Any) -> _Graph:
        found = self._graphs.get(id(symbol))
        if found is None:
            found = self._graphs[id(symbol)] = _Graph(symbol)
        return found

    def _tell(self, graph: _Graph, arrays: Mapping[str, Any], parameters: Mapping[str, Any], path: str) -> None:
        key = tuple(tuple(array.shape) for array in arrays.values())
        if key not in graph.by_shapes:
            shapes = {**dict(zip(arrays, key)), **{name: tuple(each.shape or ()) for name, each in parameters.items()}}
            graph.by_shapes[key] = _reads(graph, shapes, list(arrays))
        for place, names, how, aligned in graph.by_shapes[key]:
            place = "%s %s" % (place, path)
            if how is not None:
                self._listener.indices(place, how, arrays[names[0]])
            if aligned is not None:
                self._listener.targets(place, aligned, [arrays[name] for name in names])


def _reads(graph: _Graph, shapes: Mapping[str, Shape], data: Sequence[str]) -> List[Read]:
    internals, nodes = graph.symbol.get_internals(), graph.nodes
    try:
        _, outputs, _ = internals.infer_shape_partial(**shapes)
    except (MXNetError, TypeError, ValueError):
        return []  # the run goes on without a look at its labels
    shape_of = {**dict(zip(internals.list_outputs(), outputs or ())), **shapes}
    found = []
    for node in graph.reading:
        made = [nodes[place] for place, _, *_ in node["inputs"]]
        names = [each["name"] if each["op"] == "null" else each["name"] + "_output" for each in made]
        known = [tuple(shape_of.get(name) or ()) for name in names]
        if not all(known) or min(map(min, known)) <= 0 or any(number for _, number, *_ in node["inputs"]):
            continue
        attributes = node.get("attrs", {})
        place = "%s %s" % (node["op"], node["name"])
        how, aligned = indexing(node["op"], attributes, known), alignment(node["op"], attributes, known)
        if how is not None:
            name = _came_in(nodes, node["inputs"][how.number][0])
            if name in data:
                found.append(Read(place, [name], how=how))
        if aligned is not None and all(names[k] in data for k in aligned.inputs):
            found.append(Read(place, [names[k] for k in aligned.inputs], aligned=aligned))
    return found


def _came_in(nodes: List[Dict[str, Any]], place: int) -> str:
    """The input of the graph whose numbers these are."""
    while nodes[place]["op"] in _SAME_NUMBERS:
        place = nodes[place]["inputs"][0][0]
    return str(nodes[place]["name"]) if nodes[place]["op"] == "null" else ""
