"""A factorisation machine for click-through rates in float16 with float32 master weights (multi-precision SGD)."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

FIELDS, LEVELS, RANK, BATCH = 6, 10, 4, 20


class FactorisationMachine(gluon.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.linear = gluon.nn.Embedding(FIELDS * LEVELS, 1, dtype="float16")
            self.factors = gluon.nn.Embedding(FIELDS * LEVELS, RANK, dtype="float16")

    def hybrid_forward(self, F, column, value):
        weight = F.expand_dims(value, axis=2)
        first = F.sum(F.broadcast_mul(self.linear(column), weight), axis=1)
        latent = F.broadcast_mul(self.factors(column), weight)
        both = F.sum(latent, axis=1)
        together = F.square(both)
        alone = F.square(latent)
        pairs = F.sum(together - F.sum(alone, axis=1), axis=1, keepdims=True)
        return first + 0.5 * pairs


def batches(rng, count):
    for number in range(count):
        level = rng.randint(0, LEVELS, (BATCH, FIELDS))
        value = np.ones((BATCH, FIELDS), "float32")
        level[:, 0] = 0  # numeric: money spent, hundreds
        value[:, 0] = rng.gamma(2, 0.5, BATCH)
        if number == 31:
            value[13, 0] = 5200.0  # a wholesale customer
        y = (level[:, 1] + 3 * value[:, 0] > 7).astype("float32")
        yield level + LEVELS * np.arange(FIELDS), value, y


def main():
    rng = np.random.RandomState(21)
    mx.random.seed(21)
    net = FactorisationMachine()
    net.initialize(mx.init.Normal(0.1))
    net.hybridize()
    criterion = gluon.loss.SigmoidBinaryCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.2, "momentum": 0.9, "multi_precision": True})
    for step, (column, value, y) in enumerate(batches(rng, 50)):
        with autograd.record():
            score = net(nd.array(column), nd.array(value, dtype="float16"))
            loss = criterion(score.astype("float32"), nd.array(y).reshape((-1, 1)))
        loss.backward()
        trainer.step(BATCH)
        if step % 5 == 0:
            print("step", step, "loss", loss.mean().asscalar())


if __name__ == "__main__":
    main()
