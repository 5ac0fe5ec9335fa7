"""Matrix factorisation of ratings; the files number users and films from 1."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

USERS, FILMS, RANK, BATCH = 50, 30, 5, 16


class Factors(gluon.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.users = self.params.get("users", shape=(USERS, RANK))
            self.films = self.params.get("films", shape=(FILMS + 1, RANK))
            self.bias = self.params.get("bias", shape=(1,), init=mx.init.Constant(3.5))

    def forward(self, user, film):
        taste = nd.take(self.users.data(), user)
        style = nd.take(self.films.data(), film)
        return nd.sum(taste * style, axis=1) + self.bias.data()


def ratings(rng):
    user = rng.randint(1, USERS, 800)
    film = rng.randint(1, FILMS + 1, 800)
    stars = np.clip(3.5 + 1.2 * np.sin(user) * np.cos(film) + rng.normal(0, 0.3, 800), 1, 5)
    user[19 * BATCH + 5] = USERS  # the newest account
    user[33 * BATCH + 2] = USERS
    return user, film, stars


def main():
    rng = np.random.RandomState(17)
    mx.random.seed(17)
    net = Factors()
    net.initialize(mx.init.Normal(0.3))
    criterion = gluon.loss.L2Loss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02, "wd": 1e-4})
    user, film, stars = ratings(rng)
    for step in range(len(user) // BATCH):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        with autograd.record():
            loss = criterion(net(nd.array(user[rows]), nd.array(film[rows])), nd.array(stars[rows]))
        loss.backward()
        trainer.step(BATCH)
        if step % 10 == 0:
            print("step", step, "loss", loss.mean().asscalar())


if __name__ == "__main__":
    main()
