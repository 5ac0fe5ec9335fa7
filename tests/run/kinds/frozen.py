"""Fine-tuning: a pretrained part with frozen parameters and BatchNorm, in predict mode under record."""

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

backbone = nn.HybridSequential(prefix="backbone_")
with backbone.name_scope():
    backbone.add(nn.Conv2D(8, 3, padding=1, use_bias=False), nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D())
head = nn.HybridSequential(prefix="head_")
with head.name_scope():
    head.add(nn.Flatten(), nn.BatchNorm(), nn.Dense(4))
for net in (backbone, head):
    net.initialize(mx.init.Xavier())
for _ in range(2):  # stands for the pretraining: the running statistics are no longer 0 and 1
    with autograd.record():
        backbone(nd.array(np.random.randn(8, 3, 8, 8) * 2 + 1))
backbone.collect_params().setattr("grad_req", "null")
trainer = gluon.Trainer(head.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    data = nd.array(np.random.randn(8, 3, 8, 8))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record(train_mode=False):
        loss = -nd.pick(nd.log(nd.softmax(head(backbone(data)))), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
