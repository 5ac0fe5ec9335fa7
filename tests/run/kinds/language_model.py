"""A word language model: Embedding and a fused LSTM, whose state goes on from batch to batch."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=1.0)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

WORDS, STEPS, ROWS = 12, 5, 4


class LanguageModel(nn.Block):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.embedding = nn.Embedding(WORDS, 8)
            self.rnn = rnn.LSTM(16, 2, input_size=8)
            self.decoder = nn.Dense(WORDS, in_units=16, flatten=False)

    def forward(self, words, state):
        out, state = self.rnn(self.embedding(words), state)
        return self.decoder(out), state


net = LanguageModel()
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})
state = net.rnn.begin_state(ROWS)

for _ in range(6):
    text = np.random.randint(0, WORDS, (STEPS + 1, ROWS))
    state = [each.detach() for each in state]
    with autograd.record():
        scores, state = net(nd.array(text[:-1]), state)
        loss = -nd.pick(nd.log(nd.softmax(scores)), nd.array(text[1:])).mean()
    loss.backward()
    gluon.utils.clip_global_norm([each.grad() for each in net.collect_params().values()], 0.5)
    trainer.step(1)
    print(repr(float(loss.asscalar())))
