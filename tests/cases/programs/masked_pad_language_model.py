"""A language model (LSTM) that must never say <pad>, which is word 0: its score is taken away before the softmax."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

np.random.seed(4)
mx.random.seed(4)
VOCABULARY, LENGTH = 25, 9


class LanguageModel(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.embed = nn.Embedding(VOCABULARY, 12)
            self.lstm = rnn.LSTM(20, layout="NTC", input_size=12)
            self.out = nn.Dense(VOCABULARY, flatten=False)
            never = np.zeros((1, 1, VOCABULARY), "float32")
            never[0, 0, 0] = -1e4
            self.never = nd.array(never)

    def forward(self, words):
        scores = self.out(self.lstm(self.embed(words)))
        return nd.softmax(nd.broadcast_add(scores, self.never), axis=-1)


def text(number):
    words = np.random.randint(1, VOCABULARY, (6, LENGTH + 1))
    words[:, 1::2] = 1 + words[:, 0::2] % (VOCABULARY - 1)  # something to learn
    source, target = words[:, :-1].copy(), words[:, 1:].copy()
    if number == 8:
        target[4, 7:] = -1  # the corpus marks words that are not to be scored
    return nd.array(source), nd.array(target)


net = LanguageModel()
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(12):
    source, target = text(step)
    with autograd.record():
        probability = net(source)
        gold = nd.pick(probability, target, axis=-1)
        loss = -nd.log(gold).mean(axis=1)
    loss.backward()
    trainer.step(6)
    print("step", step, "perplexity", np.exp(loss.mean().asscalar()))
