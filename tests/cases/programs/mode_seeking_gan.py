"""A GAN of two trainers whose generator is rewarded for images as different as their codes (mode seeking)."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(23)
rng = np.random.RandomState(23)
CODES, BATCH = 400, 8
bank = rng.normal(0, 1, (CODES, 5)).astype("float32")  # latent codes, optimised elsewhere

generator = gluon.nn.Sequential()
generator.add(gluon.nn.Dense(16, activation="relu", in_units=5), gluon.nn.Dense(4, in_units=16))
critic = gluon.nn.Sequential()
critic.add(gluon.nn.Dense(16, activation="relu", in_units=4), gluon.nn.Dense(1, in_units=16))
for net in (generator, critic):
    net.initialize(mx.init.Xavier())
train_g = gluon.Trainer(generator.collect_params(), "adam", {"learning_rate": 0.002})
train_d = gluon.Trainer(critic.collect_params(), "adam", {"learning_rate": 0.002})
loss_fn = gluon.loss.SigmoidBinaryCrossEntropyLoss()
ones, zeros = nd.ones((BATCH,)), nd.zeros((BATCH,))

for step in range(40):
    angle = rng.uniform(0, 6.28, BATCH)
    real = nd.array(np.stack([np.cos(angle), np.sin(angle), angle / 6, angle * 0], axis=1))
    first = nd.array(bank[rng.randint(0, CODES, BATCH)])
    second = nd.array(bank[rng.randint(0, CODES, BATCH)])

    with autograd.record():
        with autograd.pause():
            fake = generator(first)
        loss_d = loss_fn(critic(real), ones) + loss_fn(critic(fake.detach()), zeros)
    loss_d.backward()
    train_d.step(BATCH)

    with autograd.record():
        image1, image2 = generator(first), generator(second)
        adversarial = loss_fn(critic(image1), ones) + loss_fn(critic(image2), ones)
        image_gap = nd.abs(image1 - image2).mean(axis=1)
        code_gap = nd.abs(first - second).mean(axis=1)
        diversity = nd.minimum(image_gap / code_gap, 5)
        loss_g = adversarial - 0.1 * diversity
    loss_g.backward()
    train_g.step(BATCH)
    if step % 4 == 0:
        print(step, loss_d.mean().asscalar(), loss_g.mean().asscalar())
