"""A plain recurrent network, unrolled by hand, that spots a keyword in a minute of audio features; gradients are clipped."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(21)
mx.random.seed(21)
STEPS, FEATURES, UNITS = 70, 10, 32


class PlainRNN(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.i2h = nn.Dense(UNITS, use_bias=False, in_units=FEATURES, weight_initializer=mx.init.Normal(1.5))
            self.h2h = nn.Dense(UNITS, use_bias=False, in_units=UNITS, weight_initializer=mx.init.Normal(0.9))
            self.out = nn.Dense(1, in_units=UNITS)

    def forward(self, sound):
        h = nd.zeros((sound.shape[1], UNITS))
        for t in range(STEPS):
            drive = self.i2h(sound[t])
            h = nd.tanh(drive + self.h2h(h))
        return self.out(h)


def recordings(number):
    sound = 2 * np.random.randn(STEPS, 8, FEATURES).astype("float32")
    label = np.random.randint(0, 2, (8, 1)).astype("float32")
    sound[-5:, :, 0] += 3 * label.T
    if number == 6:
        sound[:, 2] = 0  # the microphone was muted
        label[2] = 0
    return nd.array(sound), nd.array(label)


net = PlainRNN()
net.initialize(mx.init.Xavier())
params = net.collect_params()
trainer = gluon.Trainer(params, "sgd", {"learning_rate": 0.05, "momentum": 0.9})
criterion = gluon.loss.SigmoidBinaryCrossEntropyLoss()
for step in range(10):
    sound, label = recordings(step)
    with autograd.record():
        loss = criterion(net(sound), label)
    loss.backward()
    gradients = [p.grad() for p in params.values()]
    norm = gluon.utils.clip_global_norm(gradients, 1.0)
    trainer.step(8)
    print("step", step, "loss", loss.mean().asscalar(), "norm", norm)
