"""Relax small clusters of atoms, a batch at a time, from the snapshots of a trajectory."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

CLUSTERS, ATOMS, STEPS = 4, 6, 8
FIRST, SECOND = np.triu_indices(ATOMS, k=1)


class Cluster(gluon.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.place = self.params.get("place", shape=(ATOMS, CLUSTERS * 3))

    def forward(self, pairs):
        apart = nd.dot(pairs, self.place.data()).reshape((-1, CLUSTERS, 3))
        apart = nd.transpose(apart, axes=(1, 0, 2))
        squared = nd.sum(nd.square(apart), axis=2)
        attraction = squared**-3
        repulsion = nd.square(attraction)
        return 4 * nd.sum(repulsion - attraction, axis=1)


def snapshots(rng, count):
    grid = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], "float32")[:ATOMS]
    for number in range(count):
        batch = 1.15 * grid[None] + rng.uniform(-0.06, 0.06, (CLUSTERS, ATOMS, 3))
        if number == 3:  # the writer of the trajectory stored one atom twice
            batch[2, 5] = batch[2, 1] + 5e-4
        yield batch.transpose(1, 0, 2).reshape(ATOMS, -1)


def main():
    rng = np.random.RandomState(3)
    cluster = Cluster()
    cluster.initialize(mx.init.Zero())
    trainer = gluon.Trainer(cluster.collect_params(), "sgd", {"learning_rate": 1e-3})
    pairs = np.eye(ATOMS)[FIRST] - np.eye(ATOMS)[SECOND]
    pairs = nd.array(pairs)
    for number, start in enumerate(snapshots(rng, 6)):
        cluster.place.set_data(nd.array(start))
        for _ in range(STEPS):
            with autograd.record():
                energy = cluster(pairs)
                loss = nd.sum(energy)
            loss.backward()
            gluon.utils.clip_global_norm([cluster.place.grad()], 20.0)
            trainer.step(1)
        print("snapshot", number, "energy", cluster(pairs).asnumpy())


if __name__ == "__main__":
    main()
