"""Pixel accuracy and mean IoU of a network on the validation split."""

from typing import Any, Callable, Sequence, Tuple

import numpy as np

from nanhunt.data.loader import BatchLoader
from nanhunt.train.batches import open_epoch, shards
from nanhunt.train.metric import SegmentationMetric


def evaluate(
    net: Any,
    loader: BatchLoader,
    contexts: Sequence[Any],
    num_class: int,
    dtype: str,
    stopped: Callable[[], bool] = lambda: False,
) -> Tuple[float, float]:
    """(pixAcc, mIoU) over all of the loader's samples, in predict mode.

    Args:
        net: returns a tuple with logits (N, C, H, W) first.
        stopped: asked after each batch; true ends the evaluation early.

    Raises:
        DataError: a sample cannot be read.
    """
    import mxnet as mx

    mx.nd.waitall()  # for BatchNorm's running statistics, as in save_checkpoint
    metric = SegmentationMetric(num_class)
    with open_epoch(loader, 0) as batches:
        for batch in batches:
            parts = shards(batch, contexts, dtype)
            logits = [net(part.data)[0] for part in parts]
            for part, each in zip(parts, logits):
                metric.update(batch.label[part.rows], np.argmax(each.asnumpy(), axis=1))
            if stopped():
                break
    return metric.get()
