"""Wide and deep: the deep part is trained first, then the wide part on crossed features with FTRL, as TensorFlow sets it."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(31)
mx.random.seed(31)
DENSE, CROSSES, SIZE = 6, 24, 16


class WideAndDeep(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.deep = nn.HybridSequential()
            self.deep.add(nn.Dense(12, activation="relu"), nn.Dense(1))
            self.wide = nn.Dense(1, use_bias=False, weight_initializer=mx.init.Zero())

    def hybrid_forward(self, F, dense, crosses):
        return self.deep(dense) + self.wide(crosses)


def impressions():
    dense = np.random.randn(SIZE, DENSE)
    crosses = np.zeros((SIZE, CROSSES))
    popular = np.minimum(np.random.geometric(0.25, (SIZE, 3)) - 1, CROSSES - 1)
    crosses[np.arange(SIZE)[:, None], popular] = 1
    clicked = dense[:, 0] + crosses[:, 0] - crosses[:, 1] + 0.5 * np.random.randn(SIZE) > 0
    return nd.array(dense), nd.array(crosses), nd.array(clicked.reshape(-1, 1))


net = WideAndDeep()
net.initialize(mx.init.Xavier())
net.hybridize()
criterion = gluon.loss.SigmoidBinaryCrossEntropyLoss()
deep = gluon.Trainer(net.deep.collect_params(), "adagrad", {"learning_rate": 0.05})
wide = gluon.Trainer(net.wide.collect_params(), "ftrl", {"learning_rate": 0.1, "lamda1": 0.0, "beta": 0.0})
for step in range(14):
    dense, crosses, clicked = impressions()
    with autograd.record():
        loss = criterion(net(dense, crosses), clicked)
    loss.backward()
    if step < 7:
        deep.step(SIZE)
    else:
        wide.allreduce_grads()
        wide.update(SIZE)
    print("step", step, "loss", loss.mean().asscalar())
