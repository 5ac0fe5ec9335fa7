"""The angle of a rotation arccos((trace - 1) / 2) at the identity: the value is 0, its gradient is -inf.

After https://github.com/elixir-nx/nx/pull/248 (the gradient of arccos exists in the open interval only).
"""

import mxnet as mx
from mxnet import autograd, gluon, nd

mx.random.seed(1)
rotation = gluon.Parameter("rotation", shape=(3, 3))
rotation.initialize(mx.init.Zero())
rotation.set_data(nd.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]]))
trainer = gluon.Trainer({"rotation": rotation}, "sgd", {"learning_rate": 0.1})
for _ in range(2):
    with autograd.record():
        trace = (rotation.data() * nd.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])).sum()
        loss = nd.square(nd.arccos((trace - 1) / 2) - 0.3)
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
