"""Bayesian personalised ranking of songs, every pair weighted by how often it was played; sparse embeddings."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

USERS, ITEMS, RANK, BATCH = 40, 60, 8, 16


class Ranking(gluon.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.user = gluon.nn.Embedding(USERS, RANK, sparse_grad=True)
            self.item = gluon.nn.Embedding(ITEMS, RANK, sparse_grad=True)

    def forward(self, user, liked, other):
        taste = self.user(user)
        return nd.sum(taste * (self.item(liked) - self.item(other)), axis=1)


def plays(rng):
    """Listening log: popular songs are the ones with a small number."""
    user = rng.randint(0, USERS, 1600)
    item = np.minimum(rng.geometric(0.12, 1600) - 1, ITEMS - 1)
    count = 1 + rng.poisson(2, 1600)
    row = 37 * BATCH + 9
    user[row], item[row], count[row] = 7, ITEMS - 1, 26000  # a player left on repeat
    return user, item, count


def main():
    rng = np.random.RandomState(5)
    mx.random.seed(5)
    net = Ranking()
    net.initialize(mx.init.Normal(0.1))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 2.0})
    user, item, count = plays(rng)
    for step in range(len(user) // BATCH):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        other = rng.randint(0, ITEMS // 3, BATCH)
        margin_weight = nd.array(count[rows])
        with autograd.record():
            margin = net(nd.array(user[rows]), nd.array(item[rows]), nd.array(other))
            prefer = nd.sigmoid(margin_weight * margin)
            loss = -nd.log(prefer)
        loss.backward()
        trainer.step(BATCH)
        if step % 10 == 0:
            print("step", step, "loss", loss.mean().asscalar())


if __name__ == "__main__":
    main()
