"""Adam with epsilon=0 and a word that has not come up yet: its moments are 0 / sqrt(0).

After https://github.com/ibab/tensorflow-wavenet/issues/149 (optimizer stability and epsilon).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
embedding, dense = nn.Embedding(12, 4), nn.Dense(2, in_units=4)
parameters = embedding.collect_params()
parameters.update(dense.collect_params())
parameters.initialize(mx.init.Xavier())
trainer = gluon.Trainer(parameters, "adam", {"learning_rate": 0.01, "epsilon": 0})
for _ in range(4):
    words, label = nd.array(random.randint(0, 6, (8, 3))), nd.array(random.randint(0, 2, 8))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(dense(embedding(words).mean(axis=1)), label)
    loss.backward()
    trainer.step(8)
    print(repr(float(loss.mean().asscalar())))
