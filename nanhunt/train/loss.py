"""The loss that belongs to a network."""

from typing import Any

from nanhunt.train.options import TrainOptions


def make_loss(options: TrainOptions) -> Any:
    """A Gluon block called as `loss(*outputs, label)`.

    It takes the network's outputs (N, C, H, W) and an int32 label (N, H, W) with -1 for pixels to ignore, and returns one value
    a sample, (N,). ICNet sums four scales (Zhao et al., ICNet, 2018), DANet three heads, the others the prediction and
    `aux_weight` times the auxiliary one where there is one.
    """
    from gluoncv import loss

    name = options.model if options.model_zoo is None else options.model_zoo
    if "icnet" in name:
        return loss.ICNetLoss(crop_size=options.crop_size)
    if "danet" in name:
        return loss.SegmentationMultiLosses()
    return loss.MixSoftmaxCrossEntropyLoss(options.aux, aux_weight=options.aux_weight)
