"""Documents with noisy labels: the generalised cross entropy (1 - p ** q) / q, which never becomes large."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(8)
mx.random.seed(8)
VOCABULARY, CLASSES = 61, 3


class Classifier(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.embed = nn.Embedding(VOCABULARY, 12)
            self.out = nn.Dense(CLASSES)

    def hybrid_forward(self, F, words):
        present = F.expand_dims(words > 0, axis=2)
        return self.out(F.sum(F.broadcast_mul(self.embed(words), present), axis=1))


class GeneralisedCrossEntropy(gluon.loss.Loss):
    def __init__(self, q=0.7, **kwargs):
        super().__init__(None, 0, **kwargs)
        self._q = q

    def hybrid_forward(self, F, logits, label):
        p = F.pick(F.softmax(logits, axis=-1), label, axis=-1)
        return (1 - p**self._q) / self._q


def documents(number):
    label = np.random.randint(0, CLASSES, 8)
    words = np.zeros((8, 900 if number == 12 else 12))
    words[:, :12] = 1 + np.random.randint(0, 20, (8, 12)) + 20 * label[:, None]
    if number == 12:  # a log file among the documents, filed under the wrong class
        words[6] = words[6, 0]
        label[6] = (label[6] + 1) % CLASSES
    return nd.array(words), nd.array(label)


net, criterion = Classifier(), GeneralisedCrossEntropy()
net.initialize(mx.init.Normal(0.3))
net.hybridize()
criterion.hybridize()
trainer = gluon.Trainer(net.collect_params(), "nadam", {"learning_rate": 0.02})
for step in range(16):
    words, label = documents(step)
    with autograd.record():
        loss = criterion(net(words), label)
    loss.backward()
    trainer.step(8)
    print("step", step, "loss", loss.mean().asscalar())
