"""Patient records with gaps: NaN marks what was not measured; a learned value stands in for it."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

COLUMNS, BATCH = 6, 16


class Filled(gluon.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.fill = self.params.get("fill", shape=(1, COLUMNS), init=mx.init.Zero())
            self.body = gluon.nn.Sequential()
            self.body.add(gluon.nn.Dense(16, activation="relu"), gluon.nn.Dense(1))

    def forward(self, record):
        seen = record == record
        value = nd.where(seen, record, nd.broadcast_like(self.fill.data(), record))
        return self.body(nd.concat(value, seen, dim=1))


def records(rng, count):
    for _ in range(count):
        x = rng.normal(0, 1, (BATCH, COLUMNS))
        y = x[:, 0] - 0.5 * x[:, 2]
        x[rng.uniform(0, 1, x.shape) < 0.15] = np.nan
        yield nd.array(x), nd.array(y)


def main():
    rng = np.random.RandomState(19)
    mx.random.seed(19)
    net = Filled()
    net.initialize(mx.init.Xavier())
    criterion = gluon.loss.HuberLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    for step, (x, y) in enumerate(records(rng, 60)):
        with autograd.record():
            loss = criterion(net(x), y)
        loss.backward()
        trainer.step(BATCH)
        if step % 10 == 0:
            print("step", step, "loss", loss.mean().asscalar())
    print("fill", net.fill.data().asnumpy())


if __name__ == "__main__":
    main()
