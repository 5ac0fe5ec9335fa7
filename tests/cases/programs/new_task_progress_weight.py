"""Three tasks, weighted by how slowly each got better of late; the third starts later."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(37)
rng = np.random.RandomState(37)
TASKS, STARTS = 3, (0, 0, 14)

trunk = gluon.nn.Dense(12, activation="tanh", in_units=6)
heads = [gluon.nn.Dense(1, in_units=12) for _ in range(TASKS)]
params = gluon.ParameterDict()
for part in [trunk] + heads:
    part.initialize(mx.init.Xavier())
    params.update(part.collect_params())
trainer = gluon.Trainer(params, "adam", {"learning_rate": 0.01})
truths = rng.normal(0, 0.5, (TASKS, 6)).astype("float32")

# the best loss of every task, and the one before; none yet
best = nd.full((TASKS,), np.inf)
before = nd.full((TASKS,), np.inf)

for step in range(40):
    x = rng.normal(0, 1, (16, 6)).astype("float32")
    active = [t for t in range(TASKS) if step >= STARTS[t]]
    chosen = nd.array(active)
    if step < 2:
        weights = nd.ones((len(active),)) / len(active)
    else:
        gain = nd.take(before, chosen) - nd.take(best, chosen)
        weights = nd.softmax(-gain)
    with autograd.record():
        h = trunk(nd.array(x))
        losses = [nd.square(heads[t](h)[:, 0] - nd.array(x.dot(truths[t]))).mean() for t in active]
        total = (nd.concat(*losses, dim=0) * weights).sum()
    total.backward()
    trainer.step(1, ignore_stale_grad=True)
    for t, loss in zip(active, losses):
        before[t] = best[t]
        best[t] = nd.minimum(best[t], loss)
    if step % 4 == 0:
        print(step, total.asscalar())
