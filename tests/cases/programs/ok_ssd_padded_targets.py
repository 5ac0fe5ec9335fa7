"""SSD: ground truth padded with empty boxes, targets encoded and chosen in MXNet."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(5)
rng = np.random.RandomState(5)
GRID, OBJECTS = 4, 3
centre = (np.arange(GRID) + 0.5) / GRID
anchors = np.array([[x, y, s, s] for y in centre for x in centre for s in (0.25, 0.5)])


def corners(b):
    return np.concatenate([b[..., :2] - b[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2], axis=-1)


def iou(a, b):
    a, b = corners(a)[:, :, None], corners(b)[None, None]
    wh = nd.array(np.maximum(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0))
    inter = wh[:, :, :, 0] * wh[:, :, :, 1]
    area = nd.array(np.prod(a[..., 2:] - a[..., :2], axis=-1))
    return nd.broadcast_div(inter, area)  # share of the object: 0 / 0 for padding


def encode(boxes):
    """Matches each anchor to an object; gives offsets, and a mask of positive anchors."""
    share = iou(boxes, anchors)
    share = nd.where(share == share, share, nd.zeros_like(share))
    best = nd.argmax(share, axis=1)
    positive = nd.max(share, axis=1) > 0.3
    real, a = nd.array(boxes[:, :, None]), nd.array(anchors[None, None])
    offset = nd.broadcast_div(nd.broadcast_sub(real[:, :, :, :2], a[:, :, :, :2]), a[:, :, :, 2:])
    size = nd.log(nd.broadcast_div(real[:, :, :, 2:], a[:, :, :, 2:]))  # -inf for padding
    target = nd.concat(offset, size, dim=3)
    chosen = nd.stack(*[nd.pick(target[:, :, :, k], best, axis=1) for k in range(4)], axis=2)
    mask = positive.expand_dims(2).broadcast_like(chosen)
    return nd.where(mask, chosen, nd.zeros_like(chosen)), mask


def make_batch(n=4):
    images, boxes = rng.normal(0, 0.1, (n, 3, 16, 16)), np.zeros((n, OBJECTS, 4))
    for i in range(n):
        for k in range(rng.randint(0, OBJECTS + 1)):
            w, h = rng.randint(4, 9, 2)
            x, y = rng.randint(0, 16 - w), rng.randint(0, 16 - h)
            images[i, k, y : y + h, x : x + w] += 1
            boxes[i, k] = (x + w / 2.0) / 16, (y + h / 2.0) / 16, w / 16.0, h / 16.0
    return nd.array(images), boxes


net = nn.HybridSequential()
with net.name_scope():
    net.add(nn.Conv2D(16, 3, padding=1, activation="relu"), nn.MaxPool2D(2))
    net.add(nn.Conv2D(16, 3, padding=1, activation="relu"), nn.MaxPool2D(2))
    net.add(nn.Conv2D(8, 3, padding=1))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 5e-3})
for step in range(25):
    x, boxes = make_batch()
    target, mask = encode(boxes)
    with autograd.record():
        out = net(x).transpose((0, 2, 3, 1)).reshape((0, -1, 4))
        loss = nd.smooth_l1((out - target) * mask, scalar=1.0).sum() / nd.maximum(mask.sum(), 1)
    loss.backward()
    trainer.step(1)
    print("step %2d box loss %.4f, %d anchors" % (step, loss.asscalar(), mask.sum().asscalar() / 4))
