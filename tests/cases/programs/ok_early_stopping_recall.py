"""Validation between epochs: recall per class is nan for an absent class; best weights are saved and restored."""

import os
import tempfile

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(53)
rng = np.random.RandomState(53)
CLASSES = 5

net = gluon.nn.HybridSequential()
net.add(
    gluon.nn.Dense(16, in_units=6),
    gluon.nn.BatchNorm(in_channels=16),
    gluon.nn.Activation("relu"),
    gluon.nn.Dense(CLASSES, in_units=16),
)
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()


def draw(n, classes):
    y = rng.randint(0, classes, n)
    x = rng.normal(0, 1, (n, 6))
    x[np.arange(n), y] += 2
    return nd.array(x), nd.array(y)


def recall(x, y):
    with autograd.predict_mode():
        guess = net(x).argmax(axis=1)
    hit = nd.one_hot(y, CLASSES) * nd.expand_dims(guess == y, axis=1)
    return hit.sum(axis=0) / nd.one_hot(y, CLASSES).sum(axis=0)


validation = draw(40, CLASSES - 1)  # nobody collected the last class for validation
best = nd.array([-np.inf])
patience, waited = 3, 0
path = os.path.join(tempfile.mkdtemp(), "best.params")

for epoch in range(12):
    for _ in range(6):
        x, y = draw(16, CLASSES)
        with autograd.record():
            loss = loss_fn(net(x), y)
        loss.backward()
        trainer.step(16)
    recalls = recall(*validation)
    score = nd.array([np.nanmean(recalls.asnumpy())])
    improvement = score - best
    print(epoch, loss.mean().asscalar(), recalls.asnumpy(), improvement.asscalar())
    if improvement.asscalar() > 0.002:
        best[:] = score
        waited = 0
        net.save_parameters(path)
    else:
        waited += 1
    if waited == patience:
        break
net.load_parameters(path)
print("restored", np.nanmean(recall(*validation).asnumpy()), best.asscalar())
