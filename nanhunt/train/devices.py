"""Which devices a run uses, and how a batch is spread over them."""

import os
from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from nanhunt.errors import UsageError
from nanhunt.train.options import TrainOptions, too_small_a_batch

TEMPORARY_PIECES = "MXNET_CPU_TEMP_COPY"


@dataclass(frozen=True)
class Devices:
    """The devices of a run.

    Attributes:
        contexts: MXNet contexts, at least one.
        note: one line to say to the user, where the run differs from what the options name.
    """

    contexts: Tuple[Any, ...]
    note: Optional[str] = None

    def __str__(self) -> str:
        return ", ".join(str(each) for each in self.contexts)


def choose_devices(options: TrainOptions) -> Devices:
    """The contexts that the options and this machine come to.

    `--syncbn` over several CPU contexts deadlocks in MXNet as it comes (see `pieces_for`). Normalising over all devices'
    samples is by definition normalising the joint batch, so the joint batch then runs on one context.

    Raises:
        UsageError: GPUs were asked for that are not there, or devices would go without a sample.
    """
    import mxnet as mx

    there = 0 if options.no_cuda or options.device == "cpu" else count_gpus()
    if there == 0 and options.device == "gpu":
        raise UsageError("Expected a GPU for --device gpu, found none that this build of MXNet can use; take --device cpu.")
    wanted = options.ngpus if options.ngpus is not None else max(1, there)
    if there and wanted > there:
        raise UsageError(
            f"Expected at most --ngpus {there}, as many as this machine has, found {wanted}; lower it or add --device cpu."
        )
    if options.batch_size < wanted and not options.no_cuda:
        raise too_small_a_batch(options.batch_size, wanted)
    if there:
        return Devices(tuple(mx.gpu(i) for i in range(wanted)))
    return _on_cpu(options, 1 if options.no_cuda else wanted)


def count_gpus() -> int:
    """GPUs that this build of MXNet can use; 0 for a CPU build."""
    import mxnet as mx

    try:
        return int(mx.context.num_gpus())
    except (AttributeError, mx.base.MXNetError):
        return 0


def temporary_pieces() -> int:
    """Pieces of temporary memory that MXNet has for the operators of all CPU contexts together; it reads this once."""
    try:
        return int(os.environ.get(TEMPORARY_PIECES, ""))
    except ValueError:
        return 4


def pieces_for(devices: int) -> int:
    """Pieces of temporary memory with which SyncBatchNorm's backward does not deadlock over that many CPU contexts.

    MXNet's CPU contexts share their pieces, which are handed out in turn as operators are queued; an operator that is given
    one waits for whoever had it before (src/resource.cc). SyncBatchNorm's backward holds one while it waits for the other
    devices. Their operators are queued after all of the first device's: with fewer pieces than those, some operator that
    another device needs to get there waits for the piece that the first one holds. GPUs have pieces of their own.
    """
    return 2048 * (devices - 1)


def split_rows(rows: int, devices: int) -> List[slice]:
    """Consecutive slices of a batch, one a device, whose lengths differ by at most one; fewer where rows are fewer."""
    parts = min(rows, devices)
    edges = [rows * part // parts for part in range(parts + 1)]
    return [slice(low, high) for low, high in zip(edges, edges[1:])]


def _on_cpu(options: TrainOptions, wanted: int) -> Devices:
    import mxnet as mx

    asked = "" if options.no_cuda or options.device == "cpu" else "no GPU that MXNet can use: "
    needed = pieces_for(wanted)
    if options.syncbn and wanted > 1 and temporary_pieces() < needed:
        return Devices(
            (mx.cpu(0),),
            f"{asked}the whole batch runs on cpu(0) instead of {wanted} CPU contexts, between which MXNet's SyncBatchNorm "
            f"deadlocks unless {TEMPORARY_PIECES}={needed} or more is in the environment (which takes much memory); the joint "
            "batch has the same statistics",
        )
    contexts = tuple(mx.cpu(i) for i in range(wanted))
    if not asked:
        return Devices(contexts)
    return Devices(contexts, f"{asked}running on {'cpu(0)' if wanted == 1 else f'{wanted} CPU contexts'}")
