"""A generative adversarial network: two networks, two trainers, two updates in an iteration."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

generator = nn.HybridSequential()
generator.add(nn.Dense(16, activation="relu"), nn.Dense(6))
discriminator = nn.HybridSequential()
discriminator.add(nn.Dense(16), nn.LeakyReLU(0.2), nn.Dense(1))
for net in (generator, discriminator):
    net.initialize(mx.init.Xavier())
generator_trainer = gluon.Trainer(generator.collect_params(), "adam", {"learning_rate": options.lr})
discriminator_trainer = gluon.Trainer(discriminator.collect_params(), "adam", {"learning_rate": options.lr})

for _ in range(6):
    real = nd.array(np.random.randn(8, 6) + 2)
    noise = nd.random.normal(shape=(8, 4))

    with autograd.record():
        fake = generator(noise)
        is_real = nd.sigmoid(discriminator(real))
        is_fake = nd.sigmoid(discriminator(fake.detach()))
        discriminator_loss = -(nd.log(is_real) + nd.log(1 - is_fake)).mean()
    discriminator_loss.backward()
    discriminator_trainer.step(1)

    with autograd.record():
        generator_loss = -nd.log(nd.sigmoid(discriminator(generator(noise)))).mean()
    generator_loss.backward()
    generator_trainer.step(1)
    print(repr(float(discriminator_loss.asscalar())), repr(float(generator_loss.asscalar())))
