"""Classify GPS tracks by their whitened shape (mx.np): the 2 x 2 covariance of a track is inverted by hand."""

import mxnet as mx
import numpy as onp
from mxnet import autograd, gluon, np, npx

npx.set_np()
TRACKS, POINTS = 12, 8


class Shape(gluon.nn.Block):
    def __init__(self):
        super().__init__()
        self.turn = gluon.nn.Dense(2, flatten=False, in_units=2, use_bias=False)
        self.out = gluon.nn.Dense(2, in_units=POINTS)

    def forward(self, track):
        moved = self.turn(track) + track
        centred = moved - np.mean(moved, axis=1, keepdims=True)
        x, y = centred[:, :, 0], centred[:, :, 1]
        a = np.mean(x * x, axis=1, keepdims=True)
        b = np.mean(x * y, axis=1, keepdims=True)
        d = np.mean(y * y, axis=1, keepdims=True)
        determinant = a * d - b * b
        scaled = d * x * x - 2 * b * x * y + a * y * y
        distance = scaled / determinant
        return self.out(distance)


def tracks(rng, parked):
    label = rng.randint(0, 2, TRACKS)
    steps = rng.normal(0, 1, (TRACKS, POINTS, 2)) * (1 + 2 * label[:, None, None] * (onp.arange(POINTS) == 3)[None, :, None])
    place = onp.cumsum(steps, axis=1)
    if parked:
        place[5] = onp.array([2.5, -0.75])  # it never moved
    return np.array(place, dtype="float32"), np.array(label, dtype="float32")


def main():
    rng = onp.random.RandomState(12)
    mx.random.seed(12)
    net = Shape()
    net.initialize(mx.init.Normal(0.1))
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    for step in range(40):
        track, label = tracks(rng, parked=step == 22)
        with autograd.record():
            loss = criterion(net(track), label)
        loss.backward()
        trainer.step(TRACKS)
        if step % 5 == 0:
            print("step", step, "loss", float(loss.mean()))


if __name__ == "__main__":
    main()
