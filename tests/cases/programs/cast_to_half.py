"""A mixed-precision network casts an activation of 1e5 to float16.

After https://github.com/neuroneural/brainchop-cli/pull/56 (activations beyond float16 after a cast).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
first, second = nn.Dense(4, in_units=3), nn.Dense(1, in_units=4)
for layer in (first, second):
    layer.initialize(mx.init.Normal(1))
parameters = first.collect_params()
parameters.update(second.collect_params())
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 1e-9})
for step in range(3):
    data = nd.array(random.randn(6, 3) * 10 ** (2 * step + 1))
    with autograd.record():
        hidden = nd.LeakyReLU(first(data).astype("float16"), act_type="leaky", slope=0.1)
        loss = nd.abs(second(hidden.astype("float32"))).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
