"""Fine-tuning of a network that was exported for deployment, softmax included."""

import os
import shutil
import tempfile

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(8)
rng = np.random.RandomState(8)
CLASSES, DIM, BATCH = 4, 10, 8

trained = nn.HybridSequential()
trained.add(nn.Dense(16, activation="relu"), nn.Dense(CLASSES), nn.HybridLambda(lambda F, x: F.softmax(x)))
trained.initialize(mx.init.Xavier())
trained.hybridize()
trained(mx.nd.ones((1, DIM)))
folder = tempfile.mkdtemp()
path = os.path.join(folder, "deployed")
trained.export(path)
net = gluon.SymbolBlock.imports(path + "-symbol.json", ["data"], path + "-0000.params")
shutil.rmtree(folder)


class NegativeLogLikelihood(gluon.loss.Loss):
    def __init__(self, **kwargs):
        super().__init__(None, 0, **kwargs)

    def hybrid_forward(self, F, probability, label):
        chosen = F.pick(probability, label, axis=1)
        return -F.log(chosen)


net.hybridize()
loss_of = NegativeLogLikelihood()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
centres = rng.normal(0, 1, (CLASSES, DIM))
for step in range(20):
    label = rng.randint(0, CLASSES, BATCH)
    x = centres[label] + rng.normal(0, 0.3, (BATCH, DIM))
    if step == 12:  # one reading in millivolt, filed under another class
        x[6] *= 1000
        label[6] = (label[6] + 1) % CLASSES
    with autograd.record():
        loss = loss_of(net(mx.nd.array(x)), mx.nd.array(label))
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
