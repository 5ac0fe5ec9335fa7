"""A recurrent network with a softmax written as exp(x) / sum(exp(x)).

After https://github.com/zackchase/mxnet-the-straight-dope/issues/402 (chapter 5, simple RNN: nan from epoch 5 on).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

mx.random.seed(1)
random = np.random.RandomState(1)
wxh, whh, why = (nd.array(random.randn(*shape)) for shape in ((5, 8), (8, 8), (8, 5)))
for weight in (wxh, whh, why):
    weight.attach_grad()


def softmax(score):
    power = nd.exp(score)
    return nd.broadcast_div(power, power.sum(axis=1, keepdims=True))


for _ in range(5):
    words = random.randint(0, 5, (4, 3))
    with autograd.record():
        hidden, loss = nd.zeros((3, 8)), 0
        for now, then in zip(words[:-1], words[1:]):
            hidden = nd.tanh(nd.dot(nd.one_hot(nd.array(now), 5), wxh) + nd.dot(hidden, whh))
            loss = loss - nd.log(nd.pick(softmax(nd.dot(hidden, why)), nd.array(then)) + 1e-6).mean()
    loss.backward()
    for weight in (wxh, whh, why):
        weight -= 40 * weight.grad
    print(repr(float(loss.asscalar())))
