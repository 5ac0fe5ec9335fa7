"""Optical flow: a FlowNetS in small, trained with the end point error."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(21)
np.random.seed(21)


class FlowNet(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.conv1 = nn.Conv2D(12, 5, padding=2)
            self.conv2 = nn.Conv2D(12, 3, strides=2, padding=1)
            self.flow2 = nn.Conv2D(2, 3, padding=1)

    def hybrid_forward(self, F, first, second):
        x = F.concat(first, second, dim=1)
        x = F.LeakyReLU(self.conv1(x), slope=0.1)
        x = F.LeakyReLU(self.conv2(x), slope=0.1)
        return F.UpSampling(self.flow2(x), scale=2, sample_type="nearest")


class EndPointError(nn.HybridBlock):
    def hybrid_forward(self, F, flow, target, valid):
        diff = F.broadcast_mul(flow - target, valid)
        squared = F.sum(F.square(diff), axis=1)
        epe = F.sqrt(squared)
        return F.sum(epe, axis=(1, 2)) / F.sum(valid, axis=(1, 2, 3))


def load(step):
    """Chairs first (dense), then KITTI (sparse) mixed in."""
    first = np.random.rand(3, 1, 16, 16)
    shift = np.random.randint(-2, 3, (3, 2))
    second = np.stack([np.roll(np.roll(f, s[1], 1), s[0], 2) for f, s in zip(first, shift)])
    flow = np.tile(shift[:, :, None, None], (1, 1, 16, 16)).astype("float32")
    valid = np.ones((3, 1, 16, 16))
    if step >= 8:
        valid[1] = np.random.rand(1, 16, 16) > 0.6
    return [nd.array(a) for a in (first, second, flow, valid)]


net, epe_loss = FlowNet(), EndPointError()
net.initialize(mx.init.MSRAPrelu(slope=0.1))
net.hybridize(static_alloc=True, static_shape=True)
epe_loss.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3, "wd": 4e-4})
for step in range(14):
    first, second, flow, valid = load(step)
    with autograd.record():
        loss = epe_loss(net(first, second), flow, valid)
    loss.backward()
    trainer.step(3)
    print("step %2d epe %.4f" % (step, loss.mean().asscalar()))
