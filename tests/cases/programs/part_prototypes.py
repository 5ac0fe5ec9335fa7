"""Fine grained recognition by parts: prototypes kept non-negative and of length one."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(16)
rng = np.random.RandomState(16)
CLASSES, DIM = 4, 8
birds = rng.uniform(0, 1, (CLASSES, 3, 8, 8))


class ProtoNet(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.conv = nn.Conv2D(DIM, 3, padding=1)
            self.prototypes = self.params.get("prototypes", shape=(CLASSES + 1, DIM), init=mx.init.Uniform(0.5))

    def hybrid_forward(self, F, x, prototypes):
        feature = F.sigmoid(self.conv(x))
        feature = F.L2Normalization(F.mean(feature, axis=(2, 3)))
        return 8 * F.dot(feature, prototypes, transpose_b=True)


def project(param):
    """Back onto the part of the sphere where all coordinates are at least 0."""
    w = nd.maximum(param.data(), 0)
    length = nd.norm(w, axis=1, keepdims=True)
    param.set_data(nd.broadcast_div(w, length))


net = ProtoNet()
net.initialize(mx.init.Xavier())
net.prototypes.set_data(nd.array(rng.uniform(0.2, 1, (CLASSES + 1, DIM))))
project(net.prototypes)
net.hybridize()
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.4})
for step in range(40):
    y = rng.randint(0, CLASSES, 8)  # the last class, "other", is rare: none of it here
    x = birds[y] + rng.normal(0, 0.2, (8, 3, 8, 8))
    with autograd.record():
        loss = loss_fn(net(nd.array(x)), nd.array(y))
    loss.backward()
    trainer.step(8)
    project(net.prototypes)
    print("step %2d loss %.4f" % (step, loss.mean().asscalar()))
