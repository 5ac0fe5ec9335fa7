"""Operators that nanhunt itself runs in every iteration: compiled, and such that they change nothing for those of the program.

MXNet has four pieces of temporary memory on a CPU and hands them out in turn, one to each operator that may want some. As long
as an iteration takes a multiple of four turns, each convolution gets the same piece at each iteration. One turn more, and it
gets all of them one after the other, and all four grow to what the largest convolution wants: hundreds of megabytes for PSPNet.
So each graph of ours takes a multiple of four turns, if need be with products of single numbers.
"""

import json
from typing import Any, Dict

import mxnet as mx
from mxnet import nd, symbol
from mxnet.ndarray import CachedOp

from nanhunt.backends.mxnet.arrays import device_of

_PIECES = 4

_TAKE_A_TURN = {"Concat", "dot", "elemwise_mul", "elemwise_add", "_copy", "Flatten", "slice"}
"""Of the operators that graphs of ours are made of. Not Pooling, of which only the backward does."""

_LATER = {"Reshape", "expand_dims", "_mul_scalar", "_not_equal_scalar", "_greater_equal_scalar", "_lesser_scalar"}
"""Those that do since MXNet 1.6."""

if tuple(int(each) for each in mx.__version__.split(".")[:2]) > (1, 5):
    _TAKE_A_TURN |= _LATER

_ones: Dict[str, Any] = {}


class Own:
    """A compiled graph with one output.

    Args:
        graph: a symbol; its arguments are given in the order of `list_arguments`.
    """

    def __init__(self, graph: Any) -> None:
        operators = [node["op"] for node in json.loads(graph.tojson())["nodes"]]
        turns = sum(1 for each in operators if each in _TAKE_A_TURN)
        self._filled = turns % _PIECES > 0
        if self._filled:
            filling = symbol.var("one")
            for _ in range(-turns % _PIECES):
                filling = symbol.dot(filling, filling)
            graph = symbol.Group([graph, filling])
        self._op = CachedOp(graph)

    def __call__(self, *arrays: Any) -> Any:
        """Its output, queued; recording is off."""
        if not self._filled:
            return self._op(*arrays)
        device = device_of(arrays[0])
        one = _ones.get(device)
        if one is None:
            one = _ones[device] = nd.ones((1,), ctx=arrays[0].context)
        return self._op(*arrays, one)[0]
