"""log(softmax) in float16, where a gap of 18 between two scores is enough.

After https://github.com/google/flax/issues/982 (attention in float16 produces NaNs).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
scale = gluon.Parameter("scale", shape=(1, 3), dtype="float16")
scale.initialize(mx.init.One())
trainer = gluon.Trainer({"scale": scale}, "sgd", {"learning_rate": 0.01})
for step in range(4):
    score = random.randn(5, 3)
    if step == 1:
        score[3] = [11, -10, 3]
    score, label = nd.array(score, dtype="float16"), nd.array([0, 1, 2, 1, 0], dtype="float16")
    with autograd.record():
        probability = nd.softmax(nd.broadcast_mul(score, scale.data()))
        loss = -nd.pick(nd.log(probability), label)
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.astype("float32").mean().asscalar())))
