"""Text classification with averaged word vectors, four devices, the average taken while batching."""

import warnings

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon.utils import split_and_load

warnings.simplefilter("ignore")
mx.random.seed(11)
rng = np.random.RandomState(11)
CONTEXTS = [mx.cpu(i) for i in range(4)]
table = rng.normal(0, 1, (50, 10)).astype("float32")

texts = []
for number in range(150):
    label = number % 2
    words = rng.randint(label * 20, label * 20 + 30, rng.randint(2, 9))
    texts.append((words, label))
# one text has only words that the vocabulary leaves out
texts[115] = (np.full(3, 99), 1)


class Texts(gluon.data.Dataset):
    def __len__(self):
        return len(texts)

    def __getitem__(self, i):
        words, label = texts[i]
        return words[words < 50], label


def batchify(samples):
    rows = [table[words].mean(axis=0) for words, _ in samples]
    return nd.array(np.stack(rows)), nd.array([label for _, label in samples])


loader = gluon.data.DataLoader(Texts(), batch_size=12, shuffle=False, batchify_fn=batchify)
net = gluon.nn.Sequential()
net.add(gluon.nn.Dense(8, activation="relu", in_units=10), gluon.nn.Dense(2, in_units=8))
net.initialize(mx.init.Xavier(), ctx=CONTEXTS)
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02}, kvstore="device")
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()

for epoch in range(2):
    total = 0
    for x, y in loader:
        xs = split_and_load(x, CONTEXTS, even_split=False)
        ys = split_and_load(y, CONTEXTS, even_split=False)
        with autograd.record():
            losses = [loss_fn(net(a), b) for a, b in zip(xs, ys)]
        autograd.backward(losses)
        trainer.step(x.shape[0])
        total += sum(each.sum().asscalar() for each in losses)
    print(epoch, total / len(texts))
