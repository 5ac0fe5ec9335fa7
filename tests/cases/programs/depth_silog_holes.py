"""Monocular depth with the scale invariant logarithmic loss of Eigen et al."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(7)
rng = np.random.RandomState(7)


class DepthNet(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.down = nn.Conv2D(8, 3, strides=2, padding=1, activation="relu")
            self.middle = nn.Conv2D(8, 3, padding=1, activation="relu")
            self.up = nn.Conv2DTranspose(8, 4, strides=2, padding=1, activation="relu")
            self.head = nn.Conv2D(1, 3, padding=1)

    def hybrid_forward(self, F, x):
        x = self.up(self.middle(self.down(x)))
        return F.Activation(self.head(x), act_type="softrelu") + 0.05


class SILogLoss(nn.HybridBlock):
    def __init__(self, focus=0.85):
        super().__init__()
        self.focus = focus

    def hybrid_forward(self, F, pred, depth):
        valid = depth > 0
        log_pred = F.log(pred)
        log_depth = F.log(depth)
        diff = (log_pred - log_depth) * valid
        count = F.sum(valid, axis=(1, 2, 3))
        first = F.sum(F.square(diff), axis=(1, 2, 3)) / count
        second = F.square(F.sum(diff, axis=(1, 2, 3)) / count)
        return first - self.focus * second


def make_frame(index):
    image = rng.uniform(0, 1, (3, 16, 16))
    depth = 2.0 + 6.0 * np.linspace(1, 0, 16)[None, :, None] + image.mean(axis=0, keepdims=True)
    if index == 21:  # a lidar map with pixels that have no return
        depth[0, 2:5, 7:9] = 0
    return image, depth


frames = [make_frame(i) for i in range(28)]
net, loss_fn = DepthNet(), SILogLoss()
net.initialize(mx.init.Xavier())
net.hybridize()
loss_fn.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 2e-3})

for epoch in range(2):
    for start in range(0, len(frames), 4):
        batch = frames[start : start + 4]
        x = nd.array(np.stack([b[0] for b in batch]))
        y = nd.array(np.stack([b[1] for b in batch]))
        with autograd.record():
            loss = loss_fn(net(x), y)
        loss.backward()
        trainer.step(len(batch))
        print("epoch %d, frame %2d, silog %.4f" % (epoch, start, loss.mean().asscalar()))
