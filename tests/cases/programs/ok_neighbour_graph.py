"""Convolution on a graph of nearest neighbours in a learned space; a node is infinitely far from itself."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

NODES, FEATURES, NEAREST = 20, 5, 4


class NeighbourNet(gluon.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.embed = gluon.nn.Dense(6, activation="tanh")
            self.out = gluon.nn.Dense(2)

    def forward(self, x):
        place = self.embed(x)
        length = nd.sum(nd.square(place), axis=1, keepdims=True)
        squared = nd.broadcast_add(length, length.T) - 2 * nd.dot(place, place.T)
        apart = nd.where(nd.one_hot(nd.arange(NODES), NODES), nd.full((NODES, NODES), np.inf), squared)
        near = nd.topk(apart, k=NEAREST, axis=1, is_ascend=True)
        reach = nd.pick(nd.sort(apart, axis=1), nd.full((NODES,), NEAREST - 1), axis=1, keepdims=True)
        weight = nd.exp(-nd.broadcast_div(apart, nd.maximum(reach, 1e-3).detach()))
        around = nd.mean(nd.take(place, near), axis=1)
        soft = nd.dot(weight, place) / nd.sum(weight, axis=1, keepdims=True)
        return self.out(nd.concat(place, around, soft, dim=1))


def cloud(rng):
    label = rng.randint(0, 2, NODES)
    x = rng.normal(0, 1, (NODES, FEATURES)) + 1.5 * label[:, None]
    return nd.array(x), nd.array(label)


def main():
    rng = np.random.RandomState(23)
    mx.random.seed(23)
    net = NeighbourNet()
    net.initialize(mx.init.Xavier())
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    for step in range(60):
        x, label = cloud(rng)
        with autograd.record():
            loss = criterion(net(x), label)
        loss.backward()
        trainer.step(NODES)
        if step % 10 == 0:
            print("step", step, "loss", loss.mean().asscalar())


if __name__ == "__main__":
    main()
