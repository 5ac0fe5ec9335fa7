"""Speech synthesis trained with soft dynamic time warping between predicted and recorded frames of other length."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(17)
mx.random.seed(17)
FRAMES, BINS, GAMMA = 6, 5, 0.5


def soft_minimum(a, b, c):
    low = nd.minimum(nd.minimum(a, b), c)
    total = nd.exp((low - a) / GAMMA) + nd.exp((low - b) / GAMMA) + nd.exp((low - c) / GAMMA)
    return low - GAMMA * nd.log(total)


def soft_dtw(predicted, recorded, lengths):
    size, longest = recorded.shape[0], recorded.shape[1]
    gap = nd.broadcast_sub(predicted.expand_dims(2), recorded.expand_dims(1))
    cost = nd.square(gap).sum(axis=3)
    valid = nd.array(np.arange(longest)[None, None, :] < lengths[:, None, None])
    valid = nd.broadcast_to(valid, cost.shape)
    cost = nd.where(valid, cost, nd.full(cost.shape, np.inf))
    beyond = nd.full((size,), np.inf)
    above = [nd.zeros((size,))] + [beyond] * longest
    for i in range(FRAMES):
        row = [beyond]
        for j in range(longest):
            row.append(cost[:, i, j] + soft_minimum(above[j], above[j + 1], row[j]))
        above = row
    return nd.pick(nd.stack(*above, axis=1), nd.array(lengths), axis=1)


def utterances(lengths):
    text = np.random.randn(len(lengths), 8).astype("float32")
    recorded = np.zeros((len(lengths), max(lengths), BINS), "float32")
    for row, length in enumerate(lengths):
        recorded[row, :length] = text[row, :BINS] + 0.1 * np.random.randn(length, BINS)
    return nd.array(text), nd.array(recorded)


net = nn.HybridSequential()
net.add(nn.Dense(24, activation="tanh"), nn.Dense(FRAMES * BINS))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
plan = [[6, 6, 6, 6], [6, 5, 6, 6], [5, 5, 5, 4], [7, 6, 7, 7], [6, 7, 7, 5], [6, 6, 6, 6], [5, 5, 5, 5]]
for step, lengths in enumerate(plan):
    lengths = np.array(lengths)
    text, recorded = utterances(lengths)
    with autograd.record():
        predicted = net(text).reshape((-1, FRAMES, BINS))
        loss = soft_dtw(predicted, recorded, lengths)
    loss.backward()
    trainer.step(len(lengths))
    print("step", step, "loss", loss.asnumpy())
