"""One-box YOLO head; random crops, and targets encoded in numpy."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(3)
rng = np.random.RandomState(12)
SIZE, CROP, ANCHOR = 32, 26, 8.0


def draw():
    w, h = rng.randint(5, 12, 2)
    x, y = rng.randint(0, SIZE - w + 1), rng.randint(0, SIZE - h + 1)
    image = rng.uniform(0, 0.3, (3, SIZE, SIZE))
    image[:, y : y + h, x : x + w] += 0.7
    return image, np.array([x, y, x + w, y + h], dtype="float64")


def random_crop(image, box):
    left, top = rng.randint(0, SIZE - CROP + 1, 2)
    image = image[:, top : top + CROP, left : left + CROP]
    box = box - np.array([left, top, left, top])
    return image, np.clip(box, 0, CROP)


def encode(box):
    w, h = box[2] - box[0], box[3] - box[1]
    cx, cy = (box[0] + box[2]) / 2 / CROP, (box[1] + box[3]) / 2 / CROP
    return np.array([cx, cy, np.log(w / ANCHOR), np.log(h / ANCHOR)])


def make_net():
    net = nn.HybridSequential()
    with net.name_scope():
        net.add(nn.Conv2D(8, 3, strides=2, padding=1), nn.BatchNorm(), nn.LeakyReLU(0.1))
        net.add(nn.Conv2D(16, 3, strides=2, padding=1), nn.BatchNorm(), nn.LeakyReLU(0.1))
        net.add(nn.Flatten(), nn.Dense(4))
    return net


data = [draw() for _ in range(48)]
net = make_net()
net.initialize(mx.init.Xavier())
net.hybridize()
huber = gluon.loss.HuberLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.02, "momentum": 0.9})

step = 0
for _epoch in range(3):
    order = rng.permutation(len(data))
    for start in range(0, len(data), 6):
        pairs = [random_crop(*data[i]) for i in order[start : start + 6]]
        x = nd.array(np.stack([p[0] for p in pairs]))
        t = nd.array(np.stack([encode(p[1]) for p in pairs]))
        with autograd.record():
            loss = huber(net(x), t)
        loss.backward()
        trainer.step(6)
        print("step %2d  box loss %.4f" % (step, loss.mean().asscalar()))
        step += 1
