"""Policy gradient: advantages are standardised over the episode, and its rewards are all equal; 0 / 0 before `record`.

After https://github.com/ray-project/ray/issues/846 (policy gradient gives NaN when all rewards are the same).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
policy = nn.Sequential()
policy.add(nn.Dense(8, in_units=4, activation="relu"), nn.Dense(2, in_units=8))
policy.initialize(mx.init.Xavier())
trainer = gluon.Trainer(policy.collect_params(), "adam", {"learning_rate": 0.01})
for episode in range(4):
    reward = nd.array(random.rand(6)) if episode < 2 else nd.ones(6)
    centred = reward - reward.mean()
    advantage = centred / nd.sqrt(nd.square(centred).mean())
    with autograd.record():
        chosen = nd.pick(nd.log_softmax(policy(nd.array(random.randn(6, 4)))), nd.array(random.randint(0, 2, 6)))
        loss = -(chosen * advantage).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
