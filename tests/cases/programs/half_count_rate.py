"""Poisson regression of counts in float16: the rate is a softplus, its logarithm is protected by a small number."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

FEATURES, BATCH = 6, 16


class Rate(gluon.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.slope = self.params.get("slope", shape=(1, FEATURES), dtype="float16")
            self.level = self.params.get("level", shape=(1,), dtype="float16", init=mx.init.Zero())

    def forward(self, x):
        score = nd.sum(nd.broadcast_mul(x, self.slope.data()), axis=1)
        return nd.Activation(nd.broadcast_add(score, self.level.data()), act_type="softrelu")


def poisson_loss(rate, count):
    log_rate = nd.log(rate + 1e-6)
    return nd.mean(rate - count * log_rate)


def batches(rng, count):
    for number in range(count):
        x = rng.normal(0, 1, (BATCH, FEATURES))
        y = rng.poisson(np.log1p(np.exp(0.5 + 1.5 * x[:, 0])))
        if number == 29:
            x[10, 0], y[10] = -11.0, 2  # a sensor that jumped
        yield nd.array(x, dtype="float16"), nd.array(y, dtype="float16")


def main():
    rng = np.random.RandomState(13)
    mx.random.seed(13)
    net = Rate()
    net.initialize(mx.init.Normal(0.1))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.5, "multi_precision": True})
    for step, (x, y) in enumerate(batches(rng, 40)):
        with autograd.record():
            loss = poisson_loss(net(x), y)
        loss.backward()
        trainer.step(1)
        if step % 3 == 0 or 27 < step < 32:
            print("step", step, "loss", loss.asscalar())
    print(net.slope.data().asnumpy())


if __name__ == "__main__":
    main()
