"""Two devices, updates by hand, gradients sent in half precision to save bandwidth."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon.utils import split_and_load

mx.random.seed(31)
rng = np.random.RandomState(31)
DEVICES = [mx.cpu(0), mx.cpu(1)]
LR, CLIP = 1e-3, 20.0

net = gluon.nn.Sequential()
net.add(gluon.nn.Dense(16, activation="relu", in_units=6), gluon.nn.Dense(1, in_units=16))
net.initialize(mx.init.Xavier(), ctx=DEVICES)
l2 = gluon.loss.L2Loss()


def exchange(gradients):
    sent = [g.astype("float16").as_in_context(mx.cpu(0)) for g in gradients]
    return sum(g.astype("float32") for g in sent)


for step in range(36):
    area = rng.uniform(2, 12, (16, 1))
    if step == 21:
        area[11] *= 60  # a castle among the flats
    x = np.concatenate([area, rng.normal(0, 1, (16, 5))], axis=1).astype("float32")
    y = (3 * area[:, 0] + rng.normal(0, 0.5, 16)).astype("float32")
    xs = split_and_load(nd.array(x), DEVICES)
    ys = split_and_load(nd.array(y), DEVICES)
    with autograd.record():
        losses = [l2(net(a), b).sum() for a, b in zip(xs, ys)]
    autograd.backward(losses)

    names, summed = [], []
    for _name, p in net.collect_params().items():
        names.append(p)
        summed.append(exchange(p.list_grad()) / 16)
    length = nd.sqrt(sum(nd.square(g).sum() for g in summed))
    scale = nd.minimum(CLIP / length, 1)
    for p, g in zip(names, summed):
        step_by = LR * g * scale
        for w in p.list_data():
            w -= step_by.as_in_context(w.context)
    if step % 4 == 0:
        print(step, sum(each.asscalar() for each in losses) / 16)
