"""A loss of log(softmax), and a learning rate that is far too high for Adam; losses."""

import mxnet as mx
from mxnet import autograd, gluon, nd

mx.random.seed(1)
net = gluon.nn.Dense(3)
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.5})
x, y = nd.random.uniform(shape=(4, 5)), nd.array([0, 1, 2, 0])
for _ in range(3):
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(nd.Dropout(x, 0.5)))), y)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.sum().asscalar())))
