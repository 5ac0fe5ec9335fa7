"""Spherical coordinates of learned displacements (mx.np), written so that origin and poles do no harm."""

import mxnet as mx
import numpy as onp
from mxnet import autograd, gluon, np, npx

npx.set_np()
BATCH = 16


class Spherical(gluon.nn.Block):
    def __init__(self):
        super().__init__()
        self.frame = gluon.nn.Dense(3, in_units=3, use_bias=False)
        self.out = gluon.nn.Dense(1, in_units=3)

    def forward(self, point):
        moved = self.frame(point)
        x, y, z = moved[:, 0:1], moved[:, 1:2], moved[:, 2:3]
        squared = np.sum(moved * moved, axis=1, keepdims=True)
        somewhere = squared > 1e-10
        radius = np.sqrt(np.where(somewhere, squared, np.ones_like(squared)))
        polar = np.arccos(np.clip(z / radius, -0.99999, 0.99999))
        off_axis = (x * x + y * y) > 1e-10
        around = np.arctan2(np.where(off_axis, y, np.zeros_like(y)), np.where(off_axis, x, np.ones_like(x)))
        radius = np.where(somewhere, radius, np.zeros_like(radius))
        return self.out(np.concatenate([np.log1p(radius), polar, around], axis=1))


def points(rng, number):
    point = rng.normal(0, 1, (BATCH, 3))
    point[0] = 0  # the reference atom itself
    if number % 4 == 1:
        point[1] = [0, 0, 1e-30]
        point[2] = [0, 0, 2]
    target = onp.log1p(onp.sqrt((point**2).sum(axis=1, keepdims=True)))
    return np.array(point, dtype="float32"), np.array(target, dtype="float32")


def main():
    rng = onp.random.RandomState(27)
    mx.random.seed(27)
    net = Spherical()
    net.initialize(mx.init.Xavier())
    net.frame.weight.set_data(np.eye(3))
    criterion = gluon.loss.L2Loss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    for number in range(60):
        point, target = points(rng, number)
        with autograd.record():
            loss = criterion(net(point), target)
        loss.backward()
        trainer.step(BATCH)
        if number % 10 == 0:
            print("step", number, "loss", float(loss.mean()))


if __name__ == "__main__":
    main()
