"""The angle of a rectified pair of outputs in MXNet's NumPy interface: arctan2(0, 0) is 0, its gradient is 0 / 0.

After https://github.com/e3nn/e3nn/issues/112 (NaN from the derivative of atan2 at the origin).
"""

import mxnet as mx
from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn

npx.set_np()
mx.random.seed(1)
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=5, activation="relu"), nn.Dense(2, in_units=8, activation="relu"))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(3):
    data = np.random.normal(size=(12, 5))
    with autograd.record():
        pair = net(data)
        angle = np.arctan2(pair[:, 0], pair[:, 1])
        loss = np.square(angle - 0.5).mean()
    loss.backward()
    trainer.step(1)
    print(float(loss))
