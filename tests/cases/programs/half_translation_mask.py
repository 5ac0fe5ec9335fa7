"""Self-attention by hand, its scores in float16 to save memory; the mask is built only for batches with padding."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(13)
mx.random.seed(13)
UNITS, VOCABULARY = 16, 40


class Encoder(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.embed = nn.Embedding(VOCABULARY, UNITS)
            self.query = nn.Dense(UNITS, flatten=False)
            self.key = nn.Dense(UNITS, flatten=False)
            self.value = nn.Dense(UNITS, flatten=False)
            self.out = nn.Dense(VOCABULARY, flatten=False)

    def forward(self, words, mask=None):
        x = self.embed(words)
        scores = nd.batch_dot(self.query(x), self.key(x), transpose_b=True)
        scores = scores.astype("float16") / UNITS**0.5
        if mask is not None:
            keep = mask.astype("float16").expand_dims(1)
            penalty = (1 - keep) * -1e9
            scores = nd.broadcast_add(scores, penalty)
        attention = nd.softmax(scores, axis=-1).astype("float32")
        return self.out(x + nd.batch_dot(attention, self.value(x)))


def sentences(lengths):
    longest = max(lengths)
    words = np.zeros((len(lengths), longest), "float32")
    for row, length in enumerate(lengths):
        words[row, :length] = np.random.randint(1, VOCABULARY, length)
    mask = (words > 0).astype("float32")
    return nd.array(words), nd.array(mask)


net = Encoder()
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
plan = [[6] * 4, [6] * 4, [7] * 4, [7] * 4, [8] * 4, [8, 8, 8, 7], [9] * 4]
for step, lengths in enumerate(plan):
    words, mask = sentences(lengths)
    padded = min(lengths) < max(lengths)
    with autograd.record():
        logits = net(words, mask if padded else None)
        loss = criterion(logits, words, mask.expand_dims(2))
    loss.backward()
    trainer.step(len(lengths))
    print("step", step, "loss", loss.mean().asscalar())
