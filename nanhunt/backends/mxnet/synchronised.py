"""Layers in which devices wait for each other: SyncBatchNorm, and what is built like it."""

from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from nanhunt.backends.base import SyncLayer
from nanhunt.backends.stalling import Barrier

_PIECES = "MXNET_CPU_TEMP_COPY"


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


def barriers(nets: Sequence[Any], ran: Mapping[str, int]) -> List[Barrier]:
    """The same layers with what they write, in the order in which they ran.

    Args:
        ran: when blocks ran, by path; those that are not in it come last.
    """
    found = [_barrier(path, block) for path, block in _blocks(nets)]
    return sorted(found, key=lambda each: ran.get(each.path, 1 << 62))


def _barrier(path: str, block: Any) -> Barrier:
    arrays = [array for each in (block.running_mean, block.running_var) for array in each._data or ()]
    waits_for, devices = int(block._kwargs["ndev"]), _devices(block)
    return Barrier(path, waits_for, devices, arrays, _advice(waits_for, devices))


def _advice(waits_for: int, devices: Tuple[str, ...]) -> str:
    number = len(devices)
    if waits_for != number:
        right = "SyncBatchNorm(num_devices=%d), or norm_kwargs={'num_devices': %d} where GluonCV makes the layer"
        return right % (number, number)
    if number > 1 and all(each.startswith("cpu(") for each in devices):
        return (
            "%s=%d or more in the environment: all CPU contexts share its pieces of temporary memory (4 if it is not set), and "
            "SyncBatchNorm's backward holds one while it waits for the other devices" % (_PIECES, 2048 * (number - 1))
        )
    return ""


def _devices(block: Any) -> Tuple[str, ...]:
    try:
        return tuple(str(each) for each in block.running_mean.list_ctx())
    except (AttributeError, RuntimeError):  # not initialised, and not said where to be
        return ()
