"""Speech enhancement: a mask on the noisy spectrum, compared with the clean one after power-law compression."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

np.random.seed(5)
mx.random.seed(5)
BINS, COMPRESS = 12, 0.3


def load(lengths):
    longest = max(lengths)
    noisy = np.zeros((len(lengths), longest, BINS), "float32")
    clean = np.zeros_like(noisy)
    for row, length in enumerate(lengths):
        speech = np.abs(np.random.randn(length, BINS)) + 0.05
        noise = 0.3 * np.abs(np.random.randn(length, BINS))
        clean[row, :length] = speech
        noisy[row, :length] = speech + noise
    return nd.array(noisy), nd.array(clean), nd.array(lengths)


class Enhancer(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.rnn = rnn.GRU(16, layout="NTC", input_size=BINS)
            self.mask = nn.Dense(BINS, activation="sigmoid", flatten=False)

    def forward(self, magnitude):
        return self.mask(self.rnn(nd.log1p(magnitude))) * magnitude


def spectral_loss(estimate, clean, lengths):
    error = nd.square(estimate**COMPRESS - clean**COMPRESS)
    error = nd.SequenceMask(error, lengths, use_sequence_length=True, axis=1)
    return error.sum(axis=(1, 2)) / (lengths * BINS)


# the training set is sorted by length; most batches need no padding
utterances = [[20] * 4, [20] * 4, [22] * 4, [24] * 4, [24, 24, 21, 24], [26] * 4, [26] * 4]
net = Enhancer()
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 2e-3})
for step, lengths in enumerate(utterances):
    noisy, clean, valid = load(lengths)
    with autograd.record():
        loss = spectral_loss(net(noisy), clean, valid)
    loss.backward()
    trainer.step(len(lengths))
    print("step", step, "loss", loss.mean().asscalar())
