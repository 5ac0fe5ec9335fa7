"""The generator's loss log(1 - D(G(z))): the discriminator is so sure that the sigmoid is exactly 1.

After https://github.com/apache/mxnet/issues/13198 (cross entropy of a saturated logistic output is nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
generator, discriminator = nn.Dense(4, in_units=3), nn.Dense(1, in_units=4)
generator.initialize(mx.init.Xavier())
discriminator.initialize(mx.init.Constant(1.0))
generator.bias.set_data(nd.full((4,), 8.0))
trainer = gluon.Trainer(generator.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    noise = nd.array(random.randn(5, 3))
    with autograd.record():
        verdict = nd.sigmoid(discriminator(generator(noise)))
        loss = nd.log(1 - verdict).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
