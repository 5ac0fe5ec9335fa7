"""Fit a multivariate normal by gradient descent: mean and Cholesky factor of the covariance are the parameters."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

DIMENSIONS, BATCH = 3, 32


class Normal(gluon.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.mean = self.params.get("mean", shape=(1, DIMENSIONS), init=mx.init.Zero())
            self.factor = self.params.get("factor", shape=(DIMENSIONS, DIMENSIONS))

    def forward(self, x):
        centred = nd.transpose(x - self.mean.data())
        white = nd.linalg_trsm(self.factor.data(), centred)
        half_log_det = nd.linalg_sumlogdiag(self.factor.data())
        return 0.5 * nd.mean(nd.sum(nd.square(white), axis=0)) + half_log_det


def main():
    rng = np.random.RandomState(2)
    true = np.array([[1.5, 0, 0], [0.8, 0.6, 0], [-0.4, 0.3, 0.05]])
    model = Normal()
    model.initialize(mx.init.Zero())
    model.factor.set_data(nd.array(2 * np.eye(DIMENSIONS)))
    trainer = gluon.Trainer(model.collect_params(), "adam", {"learning_rate": 0.23})
    for step in range(60):
        x = nd.array(rng.normal(0, 1, (BATCH, DIMENSIONS)).dot(true.T))
        with autograd.record():
            loss = model(x)
        loss.backward()
        trainer.step(1)
        if step % 5 == 0:
            print("step", step, "loss", loss.asscalar())
    print(model.factor.data().asnumpy())


if __name__ == "__main__":
    main()
