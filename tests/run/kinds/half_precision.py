"""float16 parameters with float32 copies in the optimizer (multi_precision); a square leaves the range of float16."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)


class Affine(nn.HybridBlock):
    def __init__(self, units):
        super().__init__()
        with self.name_scope():
            self.scale = self.params.get("scale", shape=(1, units), init="ones")
            self.shift = self.params.get("shift", shape=(1, units), init="zeros")

    def hybrid_forward(self, F, x, scale, shift):
        return F.broadcast_add(F.broadcast_mul(x, scale), shift)


net = nn.HybridSequential()
net.add(Affine(6), nn.Activation("tanh"), Affine(6))
net.cast("float16")
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr, "momentum": 0.9, "multi_precision": True})

for _ in range(6):
    data = nd.array(np.random.randn(8, 6), dtype="float16")
    target = nd.array(np.random.randn(8, 6) + 2, dtype="float16")
    with autograd.record():
        loss = nd.mean(nd.square(net(data) - target))
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
