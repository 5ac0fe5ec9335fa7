"""An LSTM over embedded words, which are whole numbers."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn


class Tagger(gluon.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.embedding = nn.Embedding(50, 8)
            self.lstm = rnn.LSTM(16, layout="NTC")
            self.out = nn.Dense(7, flatten=False)

    def hybrid_forward(self, F, words):
        return self.out(self.lstm(self.embedding(words)))


mx.random.seed(1)
draw = np.random.RandomState(0)
net = Tagger()
net.initialize()
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "adam")
for _ in range(50):
    words = nd.array(draw.randint(0, 50, (6, 9)), dtype="int32")
    tags = nd.array(draw.randint(0, 7, (6, 9)))
    with autograd.record():
        loss = loss_of(net(words), tags)
    autograd.backward([loss])
    trainer.step(6)
