"""Layers in which devices wait for each other: SyncBatchNorm, and what is built like it."""

from typing import Any, Iterator, List, Optional, Sequence, Tuple

from nanhunt.backends.base import SyncLayer


def sync_layers(nets: Sequence[Any]) -> List[SyncLayer]:
    """All of the networks, in their order, each once."""
    return [SyncLayer(path, int(block._kwargs["ndev"]), _devices(block)) for path, block in _blocks(nets)]


def fix_sync_layers(nets: Sequence[Any], devices: Optional[int] = None) -> None:
    """Make each wait for so many devices; for as many as its parameters live on, if not given."""
    for _, block in _blocks(nets):
        number = devices or len(_devices(block))
        if number:
            block._kwargs["ndev"] = number


def _blocks(nets: Sequence[Any]) -> Iterator[Tuple[str, Any]]:
    seen = set()
    waiting = [(net.name, net) for net in reversed(nets)]
    while waiting:
        path, block = waiting.pop()
        if id(block) in seen:
            continue
        seen.add(id(block))
        settings = getattr(block, "_kwargs", None)
        if isinstance(settings, dict) and "ndev" in settings and not settings.get("use_global_stats"):
            yield path, block
        children = [("%s.%s" % (path, name), child) for name, child in block._children.items()]
        waiting += [(name, getattr(child, "_block", child)) for name, child in reversed(children)]


def _devices(block: Any) -> Tuple[str, ...]:
    try:
        return tuple(str(each) for each in block.running_mean.list_ctx())
    except (AttributeError, RuntimeError):  # not initialised, and not said where to be
        return ()
