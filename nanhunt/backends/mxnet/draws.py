"""What Dropout drew, kept so that a run whose random stream is left alone can be replayed."""

import json
from typing import Any, Dict, List, Mapping, Sequence, Tuple

import mxnet as mx
import numpy as np
from mxnet import nd

MASK_OUTPUT = 1
"""Dropout's second, hidden output."""


def dropout_with_mask(
    original: Any, handle: Any, arrays: Sequence[Any], keys: Sequence[str], values: Sequence[Any], *rest: Any
) -> Tuple[Any, List[Any]]:
    """Call Dropout and have its hidden output as well; the same kernel, so the same bits.

    Returns:
        the output; the mask, or nothing where nothing is dropped.
    """
    attributes = dict(zip(keys, map(str, values)))
    if float(attributes.get("p", 0.5)) == 0:
        return original(handle, arrays, keys, values, None, *rest), []
    data = arrays[0]
    shape = list(data.shape)
    for axis in json.loads("[%s]" % attributes.get("axes", "").strip("()[], ")):
        shape[axis] = 1
    out = nd.empty(data.shape, ctx=data.context, dtype=data.dtype)
    mask = nd.empty(tuple(shape), ctx=data.context, dtype=data.dtype)
    if rest and rest[0]:
        out, mask = out.as_np_ndarray(), mask.as_np_ndarray()
    original(handle, arrays, keys, values, [out, mask], *rest)
    return out, [mask]


def factors(mask: np.ndarray, attributes: Mapping[str, str]) -> np.ndarray:
    """What Dropout multiplied its input with.

    MKL's kernel (MXNet 1.4.1) keeps 0 and 1 as integers in the mask's memory, all others keep the factors themselves.
    """
    if mask.dtype == np.float32 and mask.size and np.abs(mask).max() < np.finfo(np.float32).tiny:
        kept = np.float32(1.0) / np.float32(1.0 - float(attributes.get("p", 0.5)))
        return mask.view(np.int32).astype(np.float32) * kept
    return mask


def dropouts_in(symbol: str) -> List[int]:
    """Nodes of a symbol's JSON that are Dropouts, in order."""
    return [i for i, node in enumerate(json.loads(symbol)["nodes"]) if node["op"] == "Dropout"]


def with_masks(symbol: str) -> str:
    """The symbol's JSON with the mask of every Dropout as one more output."""
    body = json.loads(symbol)
    body["heads"] = body["heads"] + [[i, MASK_OUTPUT, 0] for i in dropouts_in(symbol)]
    return json.dumps(body)


def with_recorded_masks(symbol: str) -> Tuple[Any, List[str], List[Mapping[str, str]]]:
    """The symbol with every Dropout replaced by a product with a further input.

    Returns:
        the symbol; the names of the new inputs; the attributes of the Dropouts.
    """
    body = json.loads(symbol)
    moved: Dict[int, int] = {}
    nodes: List[Dict[str, Any]] = []
    names: List[str] = []
    attributes: List[Mapping[str, str]] = []

    def entry(each: Sequence[int]) -> List[int]:
        return [moved[each[0]], *each[1:]]

    for i, node in enumerate(body["nodes"]):
        node = dict(node, inputs=[entry(each) for each in node["inputs"]])
        if node["op"] == "Dropout":
            names.append("recorded_mask_%d" % len(names))
            attributes.append(node.get("attrs", {}))
            nodes.append({"op": "null", "name": names[-1], "inputs": []})
            node = {"op": "broadcast_mul", "name": node["name"], "inputs": [node["inputs"][0], [len(nodes) - 1, 0, 0]]}
        moved[i] = len(nodes)
        nodes.append(node)
    body.update(
        nodes=nodes,
        heads=[entry(each) for each in body["heads"]],
        arg_nodes=[i for i, node in enumerate(nodes) if node["op"] == "null"],
    )
    body.pop("node_row_ptr", None)
    return mx.sym.load_json(json.dumps(body)), names, attributes
