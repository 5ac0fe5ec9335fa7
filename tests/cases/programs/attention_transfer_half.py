"""Distillation by attention transfer (Zagoruyko 2017); the maps are kept in float16."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(15)
rng = np.random.RandomState(15)


class Features(nn.HybridBlock):
    def __init__(self, width):
        super().__init__()
        with self.name_scope():
            self.conv1 = nn.Conv2D(width, 3, padding=1)
            self.conv2 = nn.Conv2D(width, 3, padding=1)
            self.classify = nn.Dense(3)

    def hybrid_forward(self, F, x):
        x = F.relu(self.conv1(x))
        feature = F.relu(self.conv2(x))
        pooled = F.Pooling(feature, global_pool=True, pool_type="max", kernel=(1, 1))
        return feature, self.classify(pooled)


class AttentionTransfer(nn.HybridBlock):
    def attention(self, F, feature):
        energy = F.square(feature.astype("float16"))
        energy = F.mean(energy, axis=1)
        energy = F.reshape(energy, shape=(0, -1)).astype("float32")
        return F.L2Normalization(energy)

    def hybrid_forward(self, F, student, teacher):
        return F.mean(F.square(self.attention(F, student) - self.attention(F, teacher)), axis=1)


def frames(step):
    x = rng.uniform(0, 1, (4, 3, 10, 10)) * rng.uniform(0.5, 2.0, (4, 1, 1, 1))
    y = rng.randint(0, 3, 4)
    x[np.arange(4), y] *= 3
    if step == 9:
        x[2, :, 4:6, 4:6] = 900.0  # specular highlight in the HDR exposure
    return x, y


student, teacher, transfer = Features(6), Features(12), AttentionTransfer()
for net in (student, teacher):
    net.initialize(mx.init.Xavier(magnitude=2.5))
    net.hybridize()
transfer.hybridize()
ce = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(student.collect_params(), "sgd", {"learning_rate": 0.01, "momentum": 0.9})
for step in range(16):
    x, y = frames(step)
    wanted, _ = teacher(nd.array(x))
    with autograd.record():
        feature, logits = student(nd.array(x))
        loss = ce(logits, nd.array(y)) + 10 * transfer(feature, wanted)
    loss.backward()
    trainer.step(4)
    print("step %2d loss %.4f" % (step, loss.mean().asscalar()))
