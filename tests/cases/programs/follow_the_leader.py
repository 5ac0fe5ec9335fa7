"""Click prediction on hashed columns: a few rounds of SGD to warm up, then FTRL for the rest."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

BUCKETS, BATCH, WARM = 200, 24, 15


def batch_of(rng, truth):
    x = np.zeros((BATCH, BUCKETS), "float32")
    for row in range(BATCH):
        x[row, rng.randint(0, BUCKETS, 6)] = 1
    y = (x.dot(truth) > 0).astype("float32")
    return nd.array(x), nd.array(y)


def main():
    rng = np.random.RandomState(9)
    mx.random.seed(9)
    truth = rng.normal(0, 1, BUCKETS)
    net = gluon.nn.Dense(1, in_units=BUCKETS)
    net.initialize(mx.init.Normal(0.01))
    criterion = gluon.loss.SigmoidBinaryCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    for step in range(60):
        if step == WARM:
            trainer = gluon.Trainer(net.collect_params(), "ftrl", {"learning_rate": 0.1, "beta": 0.0, "lamda1": 0.0, "wd": 0.0})
        x, y = batch_of(rng, truth)
        with autograd.record():
            loss = criterion(net(x), y.reshape((-1, 1)))
        loss.backward()
        trainer.step(BATCH)
        if step % 5 == 0:
            print("step", step, "loss", loss.mean().asscalar())


if __name__ == "__main__":
    main()
