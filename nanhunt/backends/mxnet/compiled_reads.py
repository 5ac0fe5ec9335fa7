"""Labels and rows that a compiled graph reads: a hybridized block or a bound symbol runs at once, and no operator is seen."""

import json
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from nanhunt.backends.alignment import ALIGNING, Alignment, alignment
from nanhunt.backends.base import Listener
from nanhunt.backends.indexing import INDEXING, SAME_NUMBERS, Indexing, Shape, indexing
from nanhunt.backends.mxnet.shapes import inferred


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
        nodes: of its JSON.
        reading: those of them that may read indices or labels; most graphs have none.
        by_shapes: what they read, by the shapes of what a batch brings.
    """

    def __init__(self, symbol: Any) -> None:
        self.symbol = symbol  # held, so that its identity stays its own
        self.nodes: List[Dict[str, Any]] = json.loads(symbol.tojson())["nodes"]
        self.reading = [each for each in self.nodes if each["op"] in INDEXING or each["op"] in ALIGNING]
        self.by_shapes: Dict[Tuple[Shape, ...], List[Read]] = {}


class CompiledReads:
    """Tells of them as each graph runs. They are found once for each graph and shapes."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._graphs: Dict[int, _Graph] = {}

    def run(self, symbol: Any, inputs: Callable[[], Tuple[Mapping[str, Any], Mapping[str, Any]]], path: str = "") -> None:
        """A graph runs.

        Args:
            inputs: those that a batch brings, and its parameters, by name; asked for where the graph reads labels at all.
            path: of the block.
        """
        graph = self._graph(symbol)
        if graph.reading:
            self._tell(graph, *inputs(), path)

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
    nodes, shape_of = graph.nodes, {**inferred(graph.symbol, shapes), **shapes}
    found = []
    for node in graph.reading:
        made = [nodes[place] for place, _, *_ in node["inputs"]]
        names = [each["name"] if each["op"] == "null" else each["name"] + "_output" for each in made]
        known = [shape_of.get(name, ()) for name in names]
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
    while nodes[place]["op"] in (*SAME_NUMBERS, "BlockGrad"):
        place = nodes[place]["inputs"][0][0]
    return str(nodes[place]["name"]) if nodes[place]["op"] == "null" else ""
