"""Hybridized blocks: what was compiled, and the masks of the Dropouts inside."""

import json
from collections import ChainMap
from typing import Any, Dict, List, Sequence, Tuple

import mxnet as mx
from mxnet import autograd, nd

from nanhunt.backends.mxnet import operators
from nanhunt.backends.mxnet.draws import dropouts_in, with_masks
from nanhunt.backends.mxnet.shapes import OpenShapes


class _CachedOpWithMasks:
    """Stands in for a block's CachedOp: the same operator with the masks of its Dropouts as further outputs."""

    def __init__(self, original: Any, symbol: Any, flags: Sequence[Tuple[str, Any]]) -> None:
        self.original = original
        text = symbol.tojson()
        self._masks = len(dropouts_in(text))
        extended = mx.sym.load_json(with_masks(text))
        if getattr(original, "is_np_sym", False):
            extended = extended.as_np_ndarray()
        self._op = nd.CachedOp(extended, flags)
        self.drawn: List[Any] = []

    def __call__(self, *arguments: Any) -> Any:
        found = self._op(*arguments)
        outputs, self.drawn = found[: -self._masks], found[-self._masks :]
        return outputs[0] if len(outputs) == 1 else outputs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class CompiledBlocks:
    """Calls hybridized blocks.

    Args:
        keep_draws: have the masks of the Dropouts inside.
    """

    def __init__(self, keep_draws: bool) -> None:
        self._keep_draws = keep_draws
        self._replaced: List[Tuple[Any, Any]] = []
        self._drawing: Dict[int, Tuple[Any, bool]] = {}
        self._shapes = OpenShapes()

    def call(self, original: Any, block: Any, arguments: Sequence[Any]) -> Tuple[Any, List[Any]]:
        """The block's output, and the masks that were drawn in it."""
        if not self._keep_draws or not autograd.is_training():
            return original(block, *arguments), []
        if block._cached_op is None:
            block._build_cache(*arguments)
        op = block._cached_op
        if not isinstance(op, _CachedOpWithMasks):
            symbol, flags = self.described(block)
            if not dropouts_in(symbol.tojson()):
                return original(block, *arguments), []
            block._cached_op = _CachedOpWithMasks(op, symbol, flags)
            self._replaced.append((block, block._cached_op))
        out = original(block, *arguments)
        return out, block._cached_op.drawn

    def draws(self, block: Any, arguments: Sequence[Any]) -> bool:
        """Whether an operator of the block takes random numbers."""
        if block._cached_op is None:
            block._build_cache(*arguments)
        op = block._cached_op
        if self._drawing.get(id(block), (None, False))[0] is not op:
            nodes = json.loads(block._cached_graph[1].tojson())["nodes"]
            drawing = any(each["op"] == "Custom" or operators.draws(each["op"], each.get("attrs", {})) for each in nodes)
            self._drawing[id(block)] = (op, drawing)
        return self._drawing[id(block)][1]

    def described(self, block: Any) -> Tuple[Any, List[Tuple[str, Any]]]:
        """The block's symbol and the flags that it is compiled with."""
        places = block._cached_op_args
        flags = [
            ("data_indices", [i for i, (is_data, _) in enumerate(places) if is_data]),
            ("param_indices", [i for i, (is_data, _) in enumerate(places) if not is_data]),
        ]
        return block._cached_graph[1], flags + list(block._flags)

    def inputs(self, block: Any, arguments: Sequence[Any]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        """What goes into the block's symbol, by name: the arrays that it is called with, and its parameters."""
        names, places = block._cached_graph[1].list_inputs(), block._cached_op_args
        if len(names) != len(places) or sum(bool(is_data) for is_data, _ in places) > len(arguments):
            return {}, {}
        arrays = {name: arguments[each] for name, (is_data, each) in zip(names, places) if is_data}
        return arrays, {name: each for name, (is_data, each) in zip(names, places) if not is_data}

    def filled(self, block: Any, arguments: Sequence[Any]) -> str:
        """The symbol's JSON with shapes that followed from the arguments; empty where none did."""
        return self._shapes.filled(block._cached_graph[1], lambda: dict(ChainMap(*self.inputs(block, arguments))))

    def remove(self) -> None:
        """Give every block its own CachedOp back."""
        for block, ours in self._replaced:
            if block._cached_op is ours:
                block._cached_op = ours.original
        self._replaced = []
