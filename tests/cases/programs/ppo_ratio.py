"""PPO: the ratio exp(new - old) of an action whose old log-probability was logged as -400.

After https://github.com/radixark/miles/pull/1363 (the ratio of PPO overflows, NaN logits).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
policy = nn.HybridSequential()
policy.add(nn.Dense(16, in_units=4, activation="tanh"), nn.Dense(3, in_units=16))
policy.initialize(mx.init.Orthogonal())
policy.hybridize()
trainer = gluon.Trainer(policy.collect_params(), "adam", {"learning_rate": 3e-4})
for step in range(4):
    action, old = nd.array(random.randint(0, 3, 6)), random.uniform(-2, -0.5, 6)
    advantage = nd.array([-1, 0.5, 1, -0.5, 2, -2])
    if step == 1:
        old[3] = -400
    with autograd.record():
        chosen = nd.pick(nd.log_softmax(policy(nd.array(random.randn(6, 4)))), action)
        ratio = nd.exp(chosen - nd.array(old))
        gain = nd.minimum(ratio * advantage, nd.clip(ratio, 0.8, 1.2) * advantage)
        loss = -gain.mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
