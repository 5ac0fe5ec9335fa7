"""Names and faces on two devices: the nearest wrong one; the right ones are put at infinity."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(25)
rng = np.random.RandomState(25)
PEOPLE, BATCH = 6, 12
devices = [mx.cpu(0), mx.cpu(1)]


class Tower(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.hidden = nn.Dense(12, activation="relu")
            self.out = nn.Dense(6)

    def hybrid_forward(self, F, x):
        return F.L2Normalization(self.out(self.hidden(x)))


class NearestWrong(gluon.loss.Loss):
    def __init__(self, margin, **kwargs):
        super().__init__(None, 0, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F, face, name, who):
        gap = F.broadcast_sub(F.expand_dims(face, 1), F.expand_dims(name, 0))
        far = F.sum(F.square(gap), axis=2)
        same = F.broadcast_equal(F.expand_dims(who, 1), F.expand_dims(who, 0))
        wrong = F.min(F.where(same, F.ones_like(far) * np.inf, far), axis=1)
        right = F.max(F.where(same, far, F.ones_like(far) * -np.inf), axis=1)
        kept = F.where(wrong < 1e30, wrong, F.zeros_like(wrong))
        return F.relu(self._margin + right - kept) * (wrong < 1e30)


faces, names = Tower(), Tower()
both = gluon.ParameterDict()
for tower in (faces, names):
    tower.initialize(mx.init.Xavier(), ctx=devices)
    tower.hybridize(static_alloc=True)
    both.update(tower.collect_params())
loss_of = NearestWrong(0.5)
loss_of.hybridize()
trainer = gluon.Trainer(both, "adam", {"learning_rate": 0.01})
look, sound = rng.normal(0, 1, (PEOPLE, 9)), rng.normal(0, 1, (PEOPLE, 7))
for step in range(25):
    who = rng.randint(0, PEOPLE, BATCH)
    if step == 12:
        who[:6] = 2  # all of one person: there is no wrong name
    parts = [
        gluon.utils.split_and_load(mx.nd.array(a), devices)
        for a in (look[who] + rng.normal(0, 0.3, (BATCH, 9)), sound[who] + rng.normal(0, 0.3, (BATCH, 7)), who)
    ]
    with autograd.record():
        losses = [loss_of(faces(a), names(b), c) for a, b, c in zip(*parts)]
    autograd.backward(losses)
    trainer.step(BATCH)
    print(step, [part.mean().asscalar() for part in losses])
