"""The same log of 0 in MXNet's NumPy interface: a rectified output plays the probability.

After https://github.com/aymericdamien/TensorFlow-Examples/issues/383 (y * log(pred) where pred is 0).
"""

import mxnet as mx
from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn

npx.set_np()
mx.random.seed(1)
net = nn.Dense(3, in_units=5)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(3):
    data = np.random.normal(size=(4, 5))
    with autograd.record():
        shown = npx.relu(net(data))
        loss = -np.log(shown).mean()
    loss.backward()
    trainer.step(1)
    print(float(loss))
