"""ICNet in small on two devices: online hard example mining and an auxiliary branch."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn
from mxnet.gluon.utils import split_and_load

mx.random.seed(12)
rng = np.random.RandomState(12)
ctx = [mx.cpu(0), mx.cpu(1)]


class TinyICNet(nn.HybridBlock):
    def __init__(self, classes):
        super().__init__()
        with self.name_scope():
            self.fine = nn.Conv2D(8, 3, padding=1, activation="relu")
            self.coarse = nn.Conv2D(8, 3, padding=1, activation="relu")
            self.head = nn.Conv2D(classes, 1)
            self.aux = nn.Conv2D(classes, 1)

    def hybrid_forward(self, F, x):
        half = F.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="avg")
        coarse = F.UpSampling(self.coarse(half), scale=2, sample_type="nearest")
        return self.head(self.fine(x) + coarse), self.aux(coarse)


def ohem(logits, label, threshold=0.7):
    logp = nd.pick(nd.log_softmax(logits, axis=1), label, axis=1)
    hard = nd.exp(logp) < threshold
    hard = hard.detach()
    return -nd.sum(logp * hard) / nd.sum(hard)


ce = gluon.loss.SoftmaxCrossEntropyLoss(axis=1)


def make_batch():
    road = (rng.uniform(0, 1, (4, 4, 4)) > 0.5).repeat(4, axis=1).repeat(4, axis=2)
    image = rng.normal(0, 0.1, (4, 3, 16, 16)) + np.where(road, 1.0, -1.0)[:, None]
    return image.astype("float32"), road.astype("float32")


net = TinyICNet(2)
net.initialize(mx.init.Xavier(), ctx=ctx)
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05, "momentum": 0.9})
for step in range(60):
    image, road = make_batch()
    losses = []
    with autograd.record():
        for x, y in zip(split_and_load(image, ctx), split_and_load(road, ctx)):
            out, aux = net(x)
            losses.append(ohem(out, y) + 0.4 * ce(aux, y).mean())
    autograd.backward(losses)
    trainer.step(len(ctx))
    print("step %2d  ohem %s" % (step, ["%.4f" % each.asscalar() for each in losses]))
