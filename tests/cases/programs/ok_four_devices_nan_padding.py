"""Four devices, uneven parts, sequences padded with NaN so that a forgotten mask would show; it is not forgotten."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon.utils import split_and_load

mx.random.seed(59)
rng = np.random.RandomState(59)
DEVICES = [mx.cpu(i) for i in range(4)]
LENGTH = 7


class Tagger(gluon.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.embed = gluon.nn.Dense(12, activation="tanh", flatten=False, in_units=3)
            self.out = gluon.nn.Dense(1, flatten=False, in_units=12)

    def hybrid_forward(self, F, x):
        x = F.where(x == x, x, F.zeros_like(x))
        return self.out(self.embed(x))


def collate(samples):
    n = len(samples)
    x = np.full((n, LENGTH, 3), np.nan, dtype="float32")
    y = np.full((n, LENGTH, 1), np.nan, dtype="float32")
    for row, (a, b) in enumerate(samples):
        x[row, : len(a)] = a
        y[row, : len(b), 0] = b
    return nd.array(x), nd.array(y)


samples = []
for i in range(93):
    length = 0 if 28 <= i <= 32 else rng.randint(1, LENGTH + 1)
    a = rng.normal(0, 1, (length, 3)).astype("float32")
    samples.append((a, a[:, 0] * 0.7 - a[:, 1]))
loader = gluon.data.DataLoader(gluon.data.SimpleDataset(samples), batch_size=10, last_batch="discard", batchify_fn=collate)

net = Tagger()
net.initialize(mx.init.Xavier(), ctx=DEVICES)
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02}, kvstore="local", update_on_kvstore=False)

for epoch in range(5):
    shown = []
    for x, y in loader:
        parts = len(DEVICES)
        xs = split_and_load(x, DEVICES, even_split=False)
        ys = split_and_load(y, DEVICES, even_split=False)
        losses = []
        with autograd.record():
            for a, b in zip(xs, ys):
                there = b == b
                target = nd.where(there, b, nd.zeros_like(b))
                error = nd.abs(net(a) - target) * there
                losses.append(error.sum() / nd.maximum(there.sum(), 1))
        autograd.backward(losses)
        trainer.allreduce_grads()
        trainer.update(parts)
        shown.append(sum(each.asscalar() for each in losses) / parts)
    print(epoch, np.mean(shown))
