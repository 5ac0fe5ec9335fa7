"""A PSNR term 10 log10(1 / mse) between two equal pictures: log10 of 0.

After https://github.com/aymericdamien/TensorFlow-Examples/issues/383 (log of exactly 0) with the logarithm of base 10.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
gain = gluon.Parameter("gain", shape=(1,))
gain.initialize(mx.init.One())
trainer = gluon.Trainer({"gain": gain}, "sgd", {"learning_rate": 1e-4})
for _ in range(3):
    image = nd.array(random.rand(2, 1, 4, 4))
    with autograd.record():
        error = nd.square(nd.broadcast_mul(image, gain.data().reshape((1, 1, 1, 1))) - image).mean(axis=(1, 2, 3))
        loss = (10 * nd.log10(error)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
