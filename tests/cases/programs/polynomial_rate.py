"""Tabular regression with a polynomial decay of the learning rate, no weight decay on biases."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

ROWS, BATCH, EPOCHS = 250, 32, 6


class PolynomialDecay(mx.lr_scheduler.LRScheduler):
    def __init__(self, base_lr, total, power=0.9):
        super().__init__(base_lr)
        self.start, self.total, self.power = base_lr, total, power

    def __call__(self, num_update):
        left = np.float64(self.total - num_update) / self.total
        return self.start * np.power(left, self.power)


def table(rng):
    x = rng.normal(0, 1, (ROWS, 7)).astype("float32")
    y = (x[:, :1] * 2 - np.abs(x[:, 1:2]) + rng.normal(0, 0.1, (ROWS, 1))).astype("float32")
    return gluon.data.ArrayDataset(x, y)


def main():
    rng = np.random.RandomState(4)
    mx.random.seed(4)
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(16, activation="relu"), gluon.nn.Dense(1))
    net.initialize(mx.init.Xavier())
    for _name, parameter in net.collect_params(".*bias").items():
        parameter.wd_mult = 0.0
        parameter.lr_mult = 2.0
    schedule = PolynomialDecay(0.02, total=EPOCHS * (ROWS // BATCH))
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02, "wd": 1e-4, "lr_scheduler": schedule})
    criterion = gluon.loss.L2Loss()
    loader = gluon.data.DataLoader(table(rng), batch_size=BATCH, shuffle=False)
    for epoch in range(EPOCHS):
        total = 0.0
        for x, y in loader:
            with autograd.record():
                loss = criterion(net(x), y)
            loss.backward()
            trainer.step(x.shape[0])
            total += loss.sum().asscalar()
        print("epoch", epoch, "loss", total / ROWS, "rate", trainer.learning_rate)


if __name__ == "__main__":
    main()
