"""Labels and rows that a compiled graph reads: a hybridized block or a bound symbol runs at once, and no operator is seen."""

import json
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

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


class CompiledReads:
    """Tells of them as each graph runs. They are found once for each graph and shapes."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._found: Dict[int, Tuple[Any, Dict[Tuple[Tuple[str, Shape], ...], List[Read]]]] = {}

    def block(self, block: Any, symbol: Any, arguments: Sequence[Any], path: str) -> None:
        """A hybridized block runs.

        Args:
            arguments: the arrays that it is called with.
        """
        places = block._cached_op_args
        names = symbol.list_inputs()
        if len(names) != len(places) or sum(bool(is_data) for is_data, _ in places) > len(arguments):
            return
        arrays = {name: arguments[each] for name, (is_data, each) in zip(names, places) if is_data}
        shapes = {name: tuple(each.shape or ()) for name, (is_data, each) in zip(names, places) if not is_data}
        self.run(symbol, arrays, shapes, path)

    def run(self, symbol: Any, arrays: Mapping[str, Any], others: Mapping[str, Shape], path: str = "") -> None:
        """A graph runs.

        Args:
            arrays: its inputs that a batch brings, by name.
            others: shapes of its parameters.
            path: of the block.
        """
        shapes = {**{name: tuple(array.shape) for name, array in arrays.items()}, **others}
        for place, names, how, aligned in self._of(symbol, shapes, list(arrays)):
            place = "%s %s" % (place, path)
            if how is not None:
                self._listener.indices(place, how, arrays[names[0]])
            if aligned is not None:
                self._listener.targets(place, aligned, [arrays[name] for name in names])

    def _of(self, symbol: Any, shapes: Mapping[str, Shape], data: Sequence[str]) -> List[Read]:
        kept, by_shapes = self._found.setdefault(id(symbol), (symbol, {}))
        key = tuple(sorted(shapes.items()))
        if key not in by_shapes:
            nodes = json.loads(kept.tojson())["nodes"]
            reading = [each for each in nodes if each["op"] in INDEXING or each["op"] in ALIGNING]
            by_shapes[key] = _reads(kept, nodes, reading, shapes, data) if reading else []
        return by_shapes[key]


def _reads(
    symbol: Any, nodes: List[Dict[str, Any]], reading: List[Dict[str, Any]], shapes: Mapping[str, Shape], data: Sequence[str]
) -> List[Read]:
    internals = symbol.get_internals()
    _, outputs, _ = internals.infer_shape_partial(**shapes)
    shape_of = {**dict(zip(internals.list_outputs(), outputs or ())), **shapes}
    found = []
    for node in reading:
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
