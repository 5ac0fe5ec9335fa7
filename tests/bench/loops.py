"""The training loops that are measured: network, loss, trainer and one batch, with random weights and data that stay finite."""

from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Sequence, Tuple

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

CLASSES = 19


@dataclass
class Loop:
    """A loop as people write it.

    Attributes:
        batches: (data, label), one a device.
    """

    net: Any
    loss: Any
    trainer: Any
    batches: Sequence[Tuple[Any, Any]]

    def step(self, after_backward: Optional[Callable[[], None]] = None) -> None:
        """One iteration, to the end of the update."""
        losses = []
        with autograd.record():
            for data, label in self.batches:
                outputs = self.net(data)
                losses.append(self.loss(*outputs, label) if isinstance(outputs, (tuple, list)) else self.loss(outputs, label))
        autograd.backward(losses)
        if after_backward is not None:
            after_backward()
        self.trainer.step(sum(len(data) for data, _ in self.batches))
        for loss in losses:
            loss.asnumpy()
        nd.waitall()


def trainer_of(net: Any, rate: float = 1e-4) -> Any:
    return gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": rate, "momentum": 0.9})


def segmentation(net: Any, loss: Any, crop: int) -> Loop:
    """Batch 1, parameters drawn anew: GluonCV leaves some of them to who downloads weights."""
    net.initialize(mx.init.Xavier(), force_reinit=True)
    net(nd.zeros((1, 3, crop, crop)))
    draw = np.random.RandomState(0)
    data = nd.array(draw.randn(1, 3, crop, crop))
    label = nd.array(draw.randint(0, CLASSES, (1, crop, crop)), dtype="int32")
    return Loop(net, loss, trainer_of(net), [(data, label)])


def pspnet(backbone: str, crop: int) -> Loop:
    from gluoncv.loss import MixSoftmaxCrossEntropyLoss
    from gluoncv.model_zoo.pspnet import PSPNet

    return segmentation(PSPNet(CLASSES, **_common(backbone, crop)), MixSoftmaxCrossEntropyLoss(False), crop)


def icnet(backbone: str, crop: int) -> Loop:
    """Its layers take BatchNorm: SyncBatchNorm waits for all GPUs of the machine where `norm_kwargs` is not handed on."""
    from gluoncv.loss import ICNetLoss
    from gluoncv.model_zoo.icnet import ICNet

    return segmentation(ICNet(CLASSES, **_common(backbone, crop)), ICNetLoss(crop_size=crop), crop)


def _common(backbone: str, crop: int) -> Any:
    return {
        "backbone": backbone,
        "aux": False,
        "pretrained_base": False,
        "base_size": crop,
        "crop_size": crop,
        "norm_layer": nn.BatchNorm,
        "norm_kwargs": {},
    }


def lenet(hybridized: bool) -> Loop:
    """28x28, batch 64: milliseconds an iteration, so that whatever is done once an iteration shows."""
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(20, 5, activation="tanh"),
        nn.MaxPool2D(2, 2),
        nn.Conv2D(50, 5, activation="tanh"),
        nn.MaxPool2D(2, 2),
        nn.Flatten(),
        nn.Dense(500, activation="tanh"),
        nn.Dense(10),
    )
    net.initialize(mx.init.Xavier())
    if hybridized:
        net.hybridize()
    draw = np.random.RandomState(0)
    data, label = nd.array(draw.randn(64, 1, 28, 28)), nd.array(draw.randint(0, 10, 64))
    net(data)
    return Loop(net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer_of(net), [(data, label)])


def convolutions(blocks: int, channels: int, edge: int, devices: int = 1) -> Loop:
    """A chain of `blocks` convolutions with batch normalisation; every activation on a device is channels x edge x edge."""
    contexts: List[Any] = [mx.cpu(number) for number in range(devices)]
    net = nn.HybridSequential()
    for _ in range(blocks):
        net.add(nn.Conv2D(channels, 3, padding=1, use_bias=False), nn.BatchNorm(), nn.Activation("relu"))
    net.add(nn.GlobalAvgPool2D(), nn.Dense(10))
    net.initialize(mx.init.Xavier(), ctx=contexts)
    draw = np.random.RandomState(0)
    batches = []
    for context in contexts:
        data = nd.array(draw.randn(1, channels, edge, edge), ctx=context)
        net(data)
        batches.append((data, nd.array(draw.randint(0, 10, 1), ctx=context)))
    return Loop(net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer_of(net, 1e-5), batches)
