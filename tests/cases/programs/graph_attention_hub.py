"""Graph attention over small citation graphs; the softmax over a node's edges is written with sums over segments."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

FEATURES, HIDDEN, CLASSES, NODES = 6, 8, 3, 12


class GraphAttention(gluon.Block):
    def __init__(self, units):
        super().__init__()
        with self.name_scope():
            self.project = gluon.nn.Dense(units, use_bias=False)
            self.score = gluon.nn.Dense(1, use_bias=False)

    def forward(self, nodes, source, target):
        hidden = self.project(nodes)
        come = nd.take(hidden, source)
        pairs = nd.concat(come, nd.take(hidden, target), dim=1)
        score = nd.LeakyReLU(self.score(pairs), slope=0.2)
        weight = nd.exp(score - nd.max(score))
        member = nd.transpose(nd.one_hot(target, NODES))
        total = nd.dot(member, weight)
        alpha = weight / nd.take(total, target)
        return nd.dot(member, alpha * come)


class Net(gluon.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.attention = GraphAttention(HIDDEN)
            self.out = gluon.nn.Dense(CLASSES)

    def forward(self, nodes, source, target):
        return self.out(nd.tanh(self.attention(nodes, source, target)))


def graph(rng, hub):
    label = rng.randint(0, CLASSES, NODES)
    nodes = rng.normal(0, 1, (NODES, FEATURES)) + label[:, None]
    nodes[:, -1] = rng.poisson(3, NODES)  # times cited
    if hub:
        nodes[4, -1] = 2900
    source = np.concatenate([np.arange(NODES), rng.randint(0, NODES, 30)])
    target = np.concatenate([np.arange(NODES), rng.randint(0, NODES, 30)])
    return [nd.array(a) for a in (nodes, source, target, label)]


def main():
    rng = np.random.RandomState(11)
    mx.random.seed(11)
    net = Net()
    net.initialize(mx.init.Xavier())
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    for step in range(40):
        nodes, source, target, label = graph(rng, hub=step == 23)
        with autograd.record():
            loss = criterion(net(nodes, source, target), label)
        loss.backward()
        trainer.step(NODES)
        if step % 5 == 0:
            print("step", step, "loss", loss.mean().asscalar())


if __name__ == "__main__":
    main()
