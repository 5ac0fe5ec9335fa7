"""REINFORCE over log(softmax(scores)): a score lies some 200 below the best one and its action was taken.

After https://github.com/allenai/allennlp/issues/2797 (softmax gives absolute 0, the loss is nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
policy = nn.Dense(3, in_units=4)
policy.initialize(mx.init.Xavier())
trainer = gluon.Trainer(policy.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(4):
    state = nd.array(random.randn(6, 4) * (1 if step < 2 else 500))
    action, advantage = nd.array([0, 1, 2, 0, 1, 2]), nd.array(random.randn(6))
    with autograd.record():
        chosen = nd.pick(nd.log(nd.softmax(policy(state))), action)
        loss = -(chosen * advantage).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
