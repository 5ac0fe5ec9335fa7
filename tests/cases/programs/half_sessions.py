"""Next item of a session: cosine between session and item, all in half precision."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(13)
rng = np.random.RandomState(13)
ITEMS, LONG, BATCH, TRIED = 20, 5, 8, 4


class Session(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.seen = nn.Embedding(ITEMS, 8)
            self.offered = nn.Embedding(ITEMS, 8)

    def hybrid_forward(self, F, seen, length, offered):
        seen = F.SequenceMask(self.seen(seen), length, use_sequence_length=True, axis=1)
        session = F.L2Normalization(F.sum(seen, axis=1), mode="instance")
        offered = F.L2Normalization(self.offered(offered), mode="spatial")
        both = F.broadcast_mul(F.expand_dims(session, axis=1), offered)
        return 4 * F.sum(both, axis=2)


net = Session()
net.initialize(mx.init.Normal(0.5))
net.cast("float16")
net.hybridize(static_alloc=True)
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5, "momentum": 0.9, "multi_precision": True})
for step in range(18):
    seen = rng.randint(0, ITEMS, (BATCH, LONG))
    length = rng.randint(1, LONG + 1, BATCH)
    if step == 10:
        length[2] = 0  # somebody who came to the page for the first time
    offered = rng.randint(0, ITEMS, (BATCH, TRIED))
    label = rng.randint(0, TRIED, BATCH)
    offered[np.arange(BATCH), label] = (seen[:, 0] + 1) % ITEMS
    seen, length, offered = [mx.nd.array(a, dtype="float16") for a in (seen, length, offered)]
    with autograd.record():
        score = net(seen, length, offered)
        loss = loss_of(score.astype("float32"), mx.nd.array(label))
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
