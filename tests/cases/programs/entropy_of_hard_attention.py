"""The entropy -sum p log p of attention in the NumPy interface: a padded key has p = 0, and 0 * -inf is NaN.

General: entropy as a regulariser.
"""

import mxnet as mx
from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn

npx.set_np()
mx.random.seed(1)
query, key = nn.Dense(4, in_units=6, flatten=False), nn.Dense(4, in_units=6, flatten=False)
for layer in (query, key):
    layer.initialize(mx.init.Xavier())
parameters = query.collect_params()
parameters.update(key.collect_params())
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 0.1})
for step in range(3):
    word = np.random.normal(size=(5, 6))
    bias = np.zeros((1, 5))
    if step == 1:
        bias[0, 4] = -1e4
    with autograd.record():
        score = np.dot(query(word), key(word).T) + bias
        weight = npx.softmax(score, axis=-1)
        loss = -(weight * np.log(weight)).sum(axis=-1).mean()
    loss.backward()
    trainer.step(1)
    print(float(loss))
