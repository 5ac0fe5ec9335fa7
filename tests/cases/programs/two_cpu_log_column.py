"""House prices on two devices; skewed columns go through a logarithm and are standardised before training."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

DEVICES = [mx.cpu(0), mx.cpu(1)]
BATCH = 16


class Standardise:
    """Column statistics of the first year, applied to whatever comes later."""

    def __init__(self, table):
        logged = self.transform(table)
        self.mean, self.std = logged.mean(axis=0), logged.std(axis=0)

    @staticmethod
    def transform(table):
        out = table.copy()
        out[:, 1] = np.log(table[:, 1])  # plot size
        out[:, 3] = np.log(table[:, 3])  # living area
        return out

    def __call__(self, table):
        return (self.transform(table) - self.mean) / self.std


def year(rng, rows):
    rooms = rng.randint(1, 8, rows)
    table = np.stack(
        [rooms, rng.lognormal(6, 1, rows), rng.uniform(0, 90, rows), 30.0 * rooms + rng.lognormal(2, 1, rows)], axis=1
    )
    price = 0.4 * rooms + np.log(table[:, 1]) - 0.01 * table[:, 2]
    return table, price


def main():
    rng = np.random.RandomState(6)
    mx.random.seed(6)
    standardise = Standardise(year(rng, 400)[0])
    table, price = year(rng, 50 * BATCH)
    table[28 * BATCH + 3, 1] = 0  # a flat has no plot
    net = gluon.nn.Sequential()
    net.add(gluon.nn.Dense(16, activation="tanh"), gluon.nn.Dense(1))
    net.initialize(mx.init.Xavier(), ctx=DEVICES)
    criterion = gluon.loss.HuberLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    for step in range(50):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        xs = gluon.utils.split_and_load(mx.nd.array(standardise(table[rows])), DEVICES)
        ys = gluon.utils.split_and_load(mx.nd.array(price[rows]), DEVICES)
        with autograd.record():
            losses = [criterion(net(x), y) for x, y in zip(xs, ys)]
        for loss in losses:
            loss.backward()
        trainer.step(BATCH)
        if step % 5 == 0:
            print("step", step, "loss", sum(loss.mean().asscalar() for loss in losses) / 2)


if __name__ == "__main__":
    main()
