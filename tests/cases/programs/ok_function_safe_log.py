"""A log-compressed spectrum as autograd.Function: silence gives -inf inside, which is replaced, with a gradient of 0."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(71)
rng = np.random.RandomState(71)


class LogOrFloor(autograd.Function):
    def __init__(self, floor):
        super().__init__()
        self.floor = floor

    def forward(self, power):
        raw = nd.log(power)  # -inf in silence
        out = nd.maximum(raw, self.floor)
        self.save_for_backward(power, raw > self.floor)
        return out

    def backward(self, grad):
        power, heard = self.saved_tensors
        slope = nd.where(heard, 1 / nd.maximum(power, np.exp(self.floor)), nd.zeros_like(power))
        return grad * slope


gain = gluon.Parameter("gain", shape=(1, 8))
net = gluon.nn.Dense(3, in_units=8)
gain.initialize(mx.init.One())
net.initialize(mx.init.Xavier())
params = net.collect_params()
trainer = gluon.Trainer(list(params.values()) + [gain], "adam", {"learning_rate": 0.03, "clip_gradient": 5.0})
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()

for step in range(60):
    y = rng.randint(0, 3, 12)
    spectrum = rng.gamma(1.0, 1.0, (12, 8)).astype("float32")
    spectrum[np.arange(12), y * 2] *= 8
    spectrum[rng.uniform(size=(12, 8)) < 0.15] = 0  # gated by the recorder
    with autograd.record():
        power = nd.square(nd.array(spectrum) * gain.data())
        loss = loss_fn(net(LogOrFloor(-9.0)(power)), nd.array(y)).mean()
    loss.backward()
    trainer.step(1)
    if step % 6 == 0:
        print(step, loss.asscalar())
