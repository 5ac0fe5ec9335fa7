"""Growth of colonies: a recurrence over years, as one compiled loop."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(5)
rng = np.random.RandomState(5)


class Colony(nn.HybridBlock):
    """Head count after the last year, from the weather of each year."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.hidden = nn.Dense(8, activation="tanh", flatten=False)
            self.rate = nn.Dense(1, flatten=False)

    def hybrid_forward(self, F, weather, count):
        growth = 2 * F.sigmoid(self.rate(self.hidden(weather)))
        _, last = F.contrib.foreach(lambda g, now: (now * g,) * 2, growth, count)
        return last


class LogError(gluon.loss.Loss):
    def __init__(self, **kwargs):
        super().__init__(None, 0, **kwargs)

    def hybrid_forward(self, F, seen, told):
        return F.square(F.log(seen + 1) - told)


def colonies(years, size=6):
    weather = rng.normal(0, 1, (years, size, 3)).astype("float32")
    first = rng.uniform(5, 20, (size, 1)).astype("float32")
    rate = 0.22 + 0.05 * weather[:, :, :1]
    told = np.log(first) + rate.sum(axis=0)
    return mx.nd.array(weather), mx.nd.array(first), mx.nd.array(told)


net, loss_of = Colony(), LogError()
net.initialize(mx.init.Xavier())
net.hybridize()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.03})
spans = [10, 12, 20, 16, 25, 14, 30, 18, 24, 40, 28, 22, 35, 30, 18, 26, 640, 20]
for step, years in enumerate(spans):
    weather, first, told = colonies(years)
    with autograd.record():
        loss = loss_of(net(weather, first), told)
    loss.backward()
    trainer.step(6)
    print(step, years, loss.mean().asscalar())
