"""A variational autoencoder's exp(logvar) with an encoder output near 100.

After https://github.com/apache/mxnet/issues/9478 (loss becomes NaN with larger layers).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
encoder, decoder = nn.Dense(4, in_units=6), nn.Dense(6, in_units=2)
for layer in (encoder, decoder):
    layer.initialize(mx.init.Normal(0.5))
parameters = encoder.collect_params()
parameters.update(decoder.collect_params())
trainer = gluon.Trainer(parameters, "adam", {"learning_rate": 0.01})
for step in range(4):
    data = nd.array(random.randn(5, 6) * (1 if step < 3 else 500))
    noise = nd.array(random.randn(5, 2))
    with autograd.record():
        mean, logvar = nd.split(encoder(data), 2, axis=1)
        latent = mean + nd.exp(0.5 * logvar) * noise
        divergence = 0.5 * (nd.exp(logvar) + nd.square(mean) - 1 - logvar).sum(axis=1)
        loss = (nd.abs(decoder(latent) - data).sum(axis=1) + divergence).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
