"""Which devices a run uses, and how a batch is spread over them."""

import os
from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from nanhunt.backends.synchronised import lacking
from nanhunt.errors import UsageError
from nanhunt.train.options import TrainOptions, too_small_a_batch


@dataclass(frozen=True)
class Devices:
    """The devices of a run.

    Attributes:
        contexts: MXNet contexts, at least one.
        note: one line to say to the user, where the run differs from what the options name.
        stand_for: devices whose samples are a joint batch on one context; else 1.
    """

    contexts: Tuple[Any, ...]
    note: Optional[str] = None
    stand_for: int = 1

    def __str__(self) -> str:
        return ", ".join(str(each) for each in self.contexts)


def choose_devices(options: TrainOptions) -> Devices:
    """The contexts that the options and this machine come to.

    `--syncbn` over several CPU contexts deadlocks in MXNet as it comes (see `synchronised.needed`). Normalising over all
    devices' samples is by definition normalising the joint batch, so the joint batch then runs on one context.

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


def split_rows(rows: int, devices: int) -> List[slice]:
    """Consecutive slices of a batch, one a device, whose lengths differ by at most one; fewer where rows are fewer."""
    parts = min(rows, devices)
    edges = [rows * part // parts for part in range(parts + 1)]
    return [slice(low, high) for low, high in zip(edges, edges[1:])]


def _on_cpu(options: TrainOptions, wanted: int) -> Devices:
    import mxnet as mx

    asked = "" if options.no_cuda or options.device == "cpu" else "no GPU that MXNet can use: "
    missing = lacking(wanted, os.environ) if options.syncbn else {}
    if missing:
        variables = " ".join("%s=%d" % each for each in missing.items())
        return Devices(
            (mx.cpu(0),),
            f"{asked}the whole batch runs on cpu(0) instead of {wanted} CPU contexts, between which MXNet's SyncBatchNorm "
            f"deadlocks without {variables} in the environment (which takes much memory); the joint batch "
            f"has the same statistics, and its gradient counts {wanted} times, as that of {wanted} devices would",
            wanted,
        )
    contexts = tuple(mx.cpu(i) for i in range(wanted))
    if not asked:
        return Devices(contexts)
    return Devices(contexts, f"{asked}running on {'cpu(0)' if wanted == 1 else f'{wanted} CPU contexts'}")
