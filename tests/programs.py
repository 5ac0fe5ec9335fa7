"""Small training programs that really go non-finite by their own arithmetic, written as a user would write them."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


def segmenter(hybridize=False, contexts=None, momentum=0.9, lr=0.1, dtype="float32"):
    """A small convolutional network and its trainer, initialised by a first predict-mode forward on every context."""
    contexts = contexts or [mx.cpu(0)]
    mx.random.seed(7)
    net = nn.HybridSequential()
    net.add(nn.Conv2D(8, 3, padding=1), nn.BatchNorm(), nn.Activation("relu"), nn.Dropout(0.3), nn.Conv2D(4, 1))
    net.initialize(mx.init.Xavier(), ctx=contexts)
    if hybridize:
        net.hybridize()
    for context in contexts:
        net(nd.zeros((2, 3, 8, 8), ctx=context))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr, "momentum": momentum}, kvstore="local")
    return net, trainer


def batches(count, rows=2, seed=3):
    """(data, label) as NumPy arrays of shape (rows, 3, 8, 8) and (rows, 8, 8)."""
    draw = np.random.RandomState(seed)
    for _ in range(count):
        yield draw.randn(rows, 3, 8, 8).astype("float32"), draw.randint(0, 4, (rows, 8, 8)).astype("float32")


def cross_entropy(prediction, label):
    """log of softmax in two operators, as GluonCV writes it: underflows."""
    probability = nd.SoftmaxOutput(prediction, label, multi_output=True)
    return -nd.pick(nd.log(probability), label, axis=1).mean()


def cross_entropy_of_integers(prediction, label):
    """The same twice with integer labels, as in ICNet's loss: the second cast of the label is recorded, the first is not."""
    label = label.astype("int32")
    return sum(
        cross_entropy(prediction, label.astype("float32")) + nd.pick(prediction, label, axis=1).mean() * 0 for _ in range(2)
    )


def norm_of_zero(prediction, label):
    """sqrt(sum(h * h)) at h = 0: the value is 0, its gradient is not finite."""
    h = prediction * 0
    return nd.sqrt(nd.sum(h * h)) + prediction.sum() * 0


def samples(rows, device="cpu(0)", first=0):
    return [
        {"index": first + k, "path": "images/%04d.jpg" % (first + k), "device": device, "row": k, "draws": {}}
        for k in range(rows)
    ]


def train(hunt, net, trainer, loss_of, iterations, contexts=None, data=None):
    """The loop of a user who also says what goes in; mean losses as floats."""
    contexts = contexts or [mx.cpu(0)]
    losses = []
    for i, (x, y) in enumerate(data or batches(iterations, rows=2 * len(contexts))):
        shards = [
            (nd.array(x[2 * k : 2 * k + 2], ctx=c), nd.array(y[2 * k : 2 * k + 2], ctx=c)) for k, c in enumerate(contexts)
        ]
        hunt.next_batch(
            {str(c): {"data": a, "label": b} for c, (a, b) in zip(contexts, shards)},
            iteration=i,
            samples=[each for k, c in enumerate(contexts) for each in samples(2, str(c), 10 * i + 2 * k)],
        )
        with autograd.record():
            heads = [loss_of(net(a), b) for a, b in shards]
        autograd.backward(heads)
        trainer.step(len(x))
        losses.append(float(np.mean([head.asnumpy().mean() for head in heads])))
    return losses
