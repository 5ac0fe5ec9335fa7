"""Volume rendering: exp(sum of log(1 - alpha)) behind an opaque sample; exp(-inf) is 0, its gradient 0 * inf.

General; the code of NeRF adds 1e-10 to 1 - alpha for this reason (https://github.com/bmild/nerf).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=3, activation="relu"), nn.Dense(1, in_units=8, activation="relu"))
net.initialize(mx.init.Xavier())
net[1].bias.initialize(mx.init.Constant(0.5), force_reinit=True)
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001})
for step in range(4):
    distance = 0.1 if step < 3 else 1e3
    with autograd.record():
        density = net(nd.array(random.randn(12, 3))).reshape((3, 4))
        alpha = 1 - nd.exp(-density * distance)
        behind, colour = nd.zeros((3,)), nd.zeros((3,))
        for i in range(4):
            seen = alpha[:, i]
            colour = colour + nd.exp(behind) * seen * (i + 1)
            behind = behind + nd.log(1 - seen)
        loss = nd.square(colour - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
