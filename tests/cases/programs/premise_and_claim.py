"""Does a sentence follow from another? One encoder for both, its two largest values over words."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(11)
rng = np.random.RandomState(11)
WORDS, LONG, BATCH = 30, 7, 6


class Sentence(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.words = nn.Embedding(WORDS, 8)
            self.mix = nn.Dense(8, activation="tanh", flatten=False)

    def hybrid_forward(self, F, ids, length):
        x = self.mix(self.words(ids))
        x = F.SequenceMask(x, length, use_sequence_length=True, axis=1, value=-np.inf)
        return F.topk(x, axis=1, k=2, ret_typ="value")


class Follows(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.sentence = Sentence()
            self.joined = nn.Dense(12)
            self.out = nn.Dense(3)

    def hybrid_forward(self, F, first, first_length, second, second_length):
        a = self.sentence(first, first_length)
        b = self.sentence(second, second_length)
        both = F.concat(a, b, dim=2)
        hidden = F.tanh(self.joined(both))
        return self.out(hidden)


net = Follows()
net.initialize(mx.init.Xavier())
net.hybridize(static_alloc=True)
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(16):
    first, second = rng.randint(0, WORDS, (2, BATCH, LONG))
    lengths = rng.randint(2, LONG + 1, (2, BATCH))
    if step == 9:
        lengths[1, 3] = 1  # one word is left of it after cleaning
    label = (first[:, 0] + second[:, 0]) % 3
    with autograd.record():
        score = net(*[mx.nd.array(a) for a in (first, lengths[0], second, lengths[1])])
        loss = loss_of(score, mx.nd.array(label))
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
