"""A loader's batches, spread over the devices."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Sequence

from nanhunt.data.loader import Batch, BatchLoader
from nanhunt.train.devices import split_rows


@dataclass(frozen=True, eq=False)
class Shard:
    """One device's part of a batch.

    Attributes:
        device: such as `cpu(0)`.
        data: NDArray (n, 3, H, W) of the run's dtype, on the device.
        label: NDArray int32 (n, H, W), on the device.
        rows: which rows of the batch these are.
    """

    device: str
    data: Any
    label: Any
    rows: slice


def shards(batch: Batch, contexts: Sequence[Any], dtype: str) -> List[Shard]:
    """The batch as NDArrays, its rows spread as evenly as they go."""
    import mxnet as mx

    return [
        Shard(
            str(context),
            mx.nd.array(batch.data[rows], ctx=context, dtype=dtype),
            mx.nd.array(batch.label[rows], ctx=context, dtype="int32"),
            rows,
        )
        for context, rows in zip(contexts, split_rows(len(batch.samples), len(contexts)))
    ]


def describe_samples(batch: Batch, parts: Sequence[Shard]) -> List[Dict[str, Any]]:
    """One mapping a sample, in order: `index`, `path`, `device`, `row` in that device's part, `draws`, `files`."""
    described = []
    for part in parts:
        for row, sample in enumerate(batch.samples[part.rows]):
            place = {"device": part.device, "row": row}
            files = [list(each) for each in sample.files]
            described.append({"index": sample.index, "path": sample.path, "draws": dict(sample.draws), "files": files, **place})
    return described


@contextmanager
def open_epoch(loader: BatchLoader, epoch: int, start: int = 0) -> Iterator[Iterator[Batch]]:
    """The batches of an epoch from iteration `start` on; the loader's threads end with the block."""
    batches = loader.epoch(epoch, start)
    try:
        yield batches
    finally:
        close = getattr(batches, "close", None)
        if close is not None:
            close()
