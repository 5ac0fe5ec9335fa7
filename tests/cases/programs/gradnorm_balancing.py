"""Two tasks on one trunk; the second is weighted so that both pull on the trunk equally hard."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(7)
rng = np.random.RandomState(7)

trunk = gluon.nn.Dense(16, activation="tanh", in_units=6)
regress = gluon.nn.Dense(1, in_units=16)
rank = gluon.nn.Dense(1, in_units=16)
params = gluon.ParameterDict()
for part in (trunk, regress, rank):
    part.initialize(mx.init.Xavier())
    params.update(part.collect_params())
trainer = gluon.Trainer(params, "sgd", {"learning_rate": 0.02})
truth = rng.normal(0, 1, (6, 1)).astype("float32")

for step in range(80):
    x = rng.normal(0, 1, (12, 6)).astype("float32")
    x[:, 0] = np.where(np.arange(12) % 2 == 0, 1.0, -1.0)
    side = nd.array(np.sign(x[:, :1]))
    t = nd.array(np.sin(x.dot(truth)))
    shared = trunk.weight.data()
    with autograd.record():
        h = trunk(nd.array(x))
        first = nd.square(regress(h) - t).mean()
        second = nd.relu(0.5 - side * rank(h)).mean()
        g1 = autograd.grad(first, [shared], retain_graph=True, create_graph=False)[0]
        g2 = autograd.grad(second, [shared], retain_graph=True, create_graph=False)[0]
    n1 = nd.norm(g1)
    n2 = nd.norm(g2)
    balance = n1 / n2
    with autograd.record():
        h = trunk(nd.array(x))
        first = nd.square(regress(h) - t).mean()
        second = nd.relu(0.5 - side * rank(h)).mean()
        total = first + balance.detach() * second
    total.backward()
    trainer.step(1)
    if step % 5 == 0:
        print(step, total.asscalar(), balance.asscalar())
