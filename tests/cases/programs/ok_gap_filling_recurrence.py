"""Patient vitals with missing values (NaN): the recurrence carries the last value forward before any arithmetic."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

np.random.seed(61)
mx.random.seed(61)
STEPS, VITALS = 8, 4


class GapFilling(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.cell = rnn.GRUCell(12, input_size=2 * VITALS)
            self.decay = self.params.get("decay", shape=(1, VITALS), init=mx.init.One())
            self.out = nn.Dense(1)

    def forward(self, series, seen):
        size = series.shape[0]
        state = self.cell.begin_state(size)
        last, decay = nd.zeros((size, VITALS)), nd.sigmoid(self.decay.data())
        for t in range(STEPS):
            observed = nd.where(seen[:, t], series[:, t], nd.broadcast_mul(last, decay))
            output, state = self.cell(nd.concat(observed, seen[:, t], dim=1), state)
            last = observed
        return self.out(output)


def patients(size):
    series = np.random.randn(size, STEPS, VITALS).cumsum(axis=1).astype("float32")
    label = series[:, -1, :1] > 0
    series[np.random.rand(*series.shape) < 0.4] = np.nan
    return nd.array(series), nd.array(~np.isnan(series)), nd.array(label)


net = GapFilling()
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
criterion = gluon.loss.SigmoidBinaryCrossEntropyLoss()
for step in range(25):
    series, seen, label = patients(10)
    with autograd.record():
        loss = criterion(net(series, seen), label)
    loss.backward()
    gradients = [p.grad() for p in net.collect_params().values()]
    gluon.utils.clip_global_norm(gradients, 5.0)
    trainer.step(10)
    print("step", step, "loss", loss.mean().asscalar())
for p in net.collect_params().values():
    assert np.isfinite(p.data().asnumpy()).all()
