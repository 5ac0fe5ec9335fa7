"""The path of every Gluon block inside the network that it belongs to."""

from typing import Any, Dict, List


class BlockPaths:
    """Names blocks by the outermost block called and their attribute path in it, such as `pspnet0.head.psp.conv1.1`."""

    def __init__(self) -> None:
        self._paths: Dict[int, str] = {}
        self._kept: List[Any] = []
        self._stack: List[str] = []

    @property
    def current(self) -> str:
        """The path of the block that runs now; empty outside any."""
        return self._stack[-1] if self._stack else ""

    def enter(self, block: Any) -> str:
        """The block begins to run; its path."""
        path = self._paths.get(id(block))
        if path is None:
            # A block that is no attribute of its caller (kept in a plain list, say) starts a path of its own below it.
            self._name(block, "%s/%s" % (self.current, block.name) if self.current else block.name)
            path = self._paths[id(block)]
        self._stack.append(path)
        return path

    def leave(self) -> None:
        """The block returned, or raised."""
        self._stack.pop()

    def _name(self, block: Any, path: str) -> None:
        self._paths[id(block)] = path
        self._kept.append(block)  # an id is only good while its object lives
        for name, child in block._children.items():
            if id(child) not in self._paths:
                self._name(child, "%s.%s" % (path, name))
