"""Image restoration with the multi-scale SSIM as its loss."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(17)
rng = np.random.RandomState(17)
WEIGHTS = (0.3, 0.3, 0.4)
C1, C2 = 0.01**2, 0.03**2


def window(x):
    return nd.Pooling(x, kernel=(5, 5), pool_type="avg")


def ssim_parts(a, b):
    mu_a, mu_b = window(a), window(b)
    var_a = window(a * a) - mu_a * mu_a
    var_b = window(b * b) - mu_b * mu_b
    cov = window(a * b) - mu_a * mu_b
    light = (2 * mu_a * mu_b + C1) / (mu_a * mu_a + mu_b * mu_b + C1)
    contrast = (2 * cov + C2) / (var_a + var_b + C2)
    return light.mean(axis=(1, 2, 3)), contrast.mean(axis=(1, 2, 3))


def ms_ssim(a, b):
    score = 1
    for level, weight in enumerate(WEIGHTS):
        light, contrast = ssim_parts(a, b)
        score = score * contrast**weight
        if level < len(WEIGHTS) - 1:
            a = nd.Pooling(a, kernel=(2, 2), stride=(2, 2), pool_type="avg")
            b = nd.Pooling(b, kernel=(2, 2), stride=(2, 2), pool_type="avg")
    return score * light


class Restorer(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.conv1 = nn.Conv2D(8, 3, padding=1, activation="relu")
            self.conv2 = nn.Conv2D(1, 3, padding=1, weight_initializer=mx.init.Normal(0.02))

    def hybrid_forward(self, F, x):
        return x + self.conv2(self.conv1(x))


def scan(index):
    coarse = rng.uniform(0, 1, (1, 8, 8)).repeat(4, axis=1).repeat(4, axis=2)
    clean = 0.2 + 0.6 * coarse + rng.normal(0, 0.03, coarse.shape)
    dirty = clean + rng.normal(0, 0.05, clean.shape)
    if index == 23:
        dirty = 1 - dirty  # the print of this negative was scanned as it is
    return dirty, clean


scans = [scan(i) for i in range(30)]
net = Restorer()
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3})
for start in range(0, 30, 3):
    dirty = nd.array(np.stack([s[0] for s in scans[start : start + 3]]))
    clean = nd.array(np.stack([s[1] for s in scans[start : start + 3]]))
    with autograd.record():
        loss = 1 - ms_ssim(net(dirty), clean)
    loss.backward()
    trainer.step(3)
    print("scan %2d  1 - ms-ssim %.4f" % (start, loss.mean().asscalar()))
