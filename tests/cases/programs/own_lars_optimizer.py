"""A layer-wise rate (LARS) of one's own, two heads of which the second is not in every batch."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(20)
rng = np.random.RandomState(20)


@mx.optimizer.register
class LayerRate(mx.optimizer.Optimizer):
    def create_state(self, index, weight):
        return nd.zeros(weight.shape, ctx=weight.context)

    def update(self, index, weight, grad, state):
        self._update_count(index)
        lr = self._get_lr(index)
        grad = grad * self.rescale_grad
        if weight.ndim > 1:
            trust = weight.norm() / grad.norm()
            grad = grad * trust
        state[:] = 0.9 * state + grad
        weight[:] = weight - lr * state


trunk = gluon.nn.Dense(16, activation="tanh", in_units=8)
head_a = gluon.nn.Dense(3, in_units=16)
head_b = gluon.nn.Dense(2, in_units=16)
params = gluon.ParameterDict()
for part in (trunk, head_a, head_b):
    part.initialize(mx.init.Xavier())
    params.update(part.collect_params())
trainer = gluon.Trainer(params, "layerrate", {"learning_rate": 0.01})
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()

for step in range(30):
    x = rng.normal(0, 1, (16, 8)).astype("float32")
    a = np.digitize(x[:, 0], [-0.5, 0.5])
    b = (x[:, 1] > 0).astype("float32")
    annotated = rng.uniform(size=16) < 0.2  # few samples carry the second label
    weight = nd.array(annotated.astype("float32")).expand_dims(1)
    with autograd.record():
        h = trunk(nd.array(x))
        loss_a = loss_fn(head_a(h), nd.array(a))
        loss_b = loss_fn(head_b(h), nd.array(b), weight)
    autograd.backward([loss_a, loss_b])
    trainer.step(16)
    if step % 5 == 0:
        print(step, loss_a.mean().asscalar(), loss_b.mean().asscalar())
