"""The path of every Gluon block inside the network that it belongs to."""

import inspect
import threading
from functools import lru_cache
from typing import Any, Dict, List, Sequence, Tuple

from mxnet import gluon, nd


class BlockPaths(threading.local):
    """Names blocks by the outermost block called and their attribute path in it, such as `pspnet0.head.psp.conv1.1`.

    Each thread has a stack and paths of its own.
    """

    def __init__(self) -> None:
        self._paths: Dict[int, str] = {}
        self._kept: List[Any] = []
        self._stack: List[str] = []

    @property
    def current(self) -> str:
        """The path of the block that runs now; empty outside any."""
        return self._stack[-1] if self._stack else ""

    def enter(self, block: Any) -> Tuple[str, bool]:
        """The block begins to run; its path, and whether it was never seen before."""
        path = self._paths.get(id(block))
        new = path is None
        if path is None:
            # A block that is no attribute of its caller (kept in a plain list, say) starts a path of its own below it.
            self._name(block, "%s/%s" % (self.current, block.name) if self.current else block.name)
            path = self._paths[id(block)]
        self._stack.append(path)
        return path, new

    def leave(self) -> None:
        """The block returned, or raised."""
        self._stack.pop()

    def _name(self, block: Any, path: str) -> None:
        self._paths[id(block)] = path
        self._kept.append(block)  # an id is only good while its object lives
        for name, child in block._children.items():
            if id(child) not in self._paths:
                self._name(child, "%s.%s" % (path, name))


@lru_cache(maxsize=None)
def _parameters(kind: type) -> Sequence[str]:
    function = kind.hybrid_forward if issubclass(kind, gluon.HybridBlock) else kind.forward  # type: ignore[attr-defined]
    return [name for name in inspect.signature(function).parameters if name not in ("self", "F")]


def named_arguments(block: Any, arguments: Sequence[Any]) -> List[Tuple[str, Any]]:
    """`<block>.<parameter>` and array for every NDArray that a block is called with."""
    names = _parameters(type(block))  # type: ignore[arg-type]
    found = []
    for place, value in enumerate(arguments):
        name = names[place] if place < len(names) else "argument_%d" % place
        if isinstance(value, nd.NDArray):
            found.append(("%s.%s" % (block.name, name), value))
        elif isinstance(value, (list, tuple)):
            found += [("%s.%s.%d" % (block.name, name, k), x) for k, x in enumerate(value) if isinstance(x, nd.NDArray)]
    return found
