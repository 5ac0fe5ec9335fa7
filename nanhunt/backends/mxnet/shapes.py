"""Shapes that a compiled graph leaves open until it runs: a recurrent layer's first state has as many rows as the batch."""

import ast
import json
from typing import Any, Callable, Dict, List, Mapping, Tuple

from mxnet.base import MXNetError

Shape = Tuple[int, ...]


class OpenShapes:
    """Fills them in, once for each graph and shapes of its inputs."""

    def __init__(self) -> None:
        self._graphs: Dict[int, Tuple[Any, str, List[str]]] = {}
        self._filled: Dict[Tuple[int, Tuple[Tuple[str, Shape], ...]], str] = {}

    def filled(self, symbol: Any, inputs: Callable[[], Mapping[str, Any]]) -> str:
        """The symbol's JSON text with the shapes that it runs with; empty where it leaves none open.

        Args:
            inputs: what has a shape, by the name of the graph's input.
        """
        if id(symbol) not in self._graphs:
            text = symbol.tojson()
            self._graphs[id(symbol)] = symbol, text, [each["name"] for each in json.loads(text)["nodes"] if is_open(each)]
        _, text, names = self._graphs[id(symbol)]
        if not names:
            return ""
        shapes = {name: tuple(each.shape) for name, each in inputs().items() if each.shape}
        key = id(symbol), tuple(sorted(shapes.items()))
        if key not in self._filled:
            self._filled[key] = _filled(symbol, text, shapes)
        return self._filled[key]


def is_open(node: Mapping[str, Any]) -> bool:
    """Whether a node of a symbol's JSON gives an array whose shape follows from what reads it."""
    if node["op"] == "null" or node["inputs"]:
        return False
    return open_shape(node.get("attrs", node.get("attr", {})))


def open_shape(attributes: Mapping[str, str]) -> bool:
    """Whether the shape among an operator's attributes has a length that is not known."""
    try:
        shape = ast.literal_eval(attributes.get("shape", "None"))
    except (ValueError, SyntaxError):
        return False
    return isinstance(shape, (tuple, list)) and any(length in (0, -1) for length in shape)


def inferred(symbol: Any, shapes: Mapping[str, Shape]) -> Dict[str, Shape]:
    """Shapes of all that the graph computes, by output; nothing where they do not fit: the run must go on without them.

    Args:
        shapes: of its inputs, by name.
    """
    internals = symbol.get_internals()
    try:
        _, outputs, _ = internals.infer_shape_partial(**shapes)
    except (MXNetError, TypeError, ValueError):
        return {}
    return {name: tuple(shape or ()) for name, shape in zip(internals.list_outputs(), outputs or ())}


def _filled(symbol: Any, text: str, shapes: Mapping[str, Shape]) -> str:
    known = inferred(symbol, shapes)
    body = json.loads(text)
    for node in body["nodes"]:
        shape = known.get(node["name"] + "_output", ())
        if is_open(node) and shape and min(shape) > 0:
            node["attrs" if "attrs" in node else "attr"]["shape"] = str(shape)
    return json.dumps(body)
