"""Teacher and student in half precision: head gradient as the loss scale, an overflowing update is left out."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(43)
rng = np.random.RandomState(43)


class HalfDense(gluon.HybridBlock):
    """FullyConnected is not there in half precision on a CPU, so the products are summed."""

    def __init__(self, units, in_units):
        super().__init__()
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(units, in_units))
            self.bias = self.params.get("bias", shape=(units,), init="zeros")

    def hybrid_forward(self, F, x, weight, bias):
        product = F.broadcast_mul(F.expand_dims(x, axis=1), F.expand_dims(weight, axis=0))
        return F.broadcast_add(F.sum(product, axis=2), F.expand_dims(bias, axis=0))


def make():
    net = gluon.nn.HybridSequential()
    net.add(HalfDense(16, 6), gluon.nn.Activation("tanh"), HalfDense(3, 16))
    net.cast("float16")
    net.initialize(mx.init.Xavier())
    net.hybridize()
    return net


teacher, student = make(), make()
train_t = gluon.Trainer(teacher.collect_params(), "sgd", {"learning_rate": 0.2, "multi_precision": True})
train_s = gluon.Trainer(student.collect_params(), "sgd", {"learning_rate": 0.2, "multi_precision": True})
scales = {"teacher": 2.0**18, "student": 2.0**10}
left_out = 0


def finite(net):
    return all(np.isfinite(p.grad().asnumpy()).all() for p in net.collect_params().values())


def update(name, net, trainer, loss, batch):
    global left_out
    loss.backward(nd.full(loss.shape, scales[name]))
    if finite(net):
        trainer.step(batch * scales[name])
        return
    left_out += 1
    scales[name] /= 2


for step in range(60):
    x = rng.normal(0, 1, (16, 6)).astype("float16")
    y = nd.array(np.digitize(x[:, 0].astype("float32"), [-0.5, 0.5]))
    x = nd.array(x, dtype="float16")
    with autograd.record():
        logits = teacher(x).astype("float32")
        loss_t = -nd.pick(nd.log_softmax(logits), y)
    update("teacher", teacher, train_t, loss_t, 16)
    with autograd.record():
        wanted = nd.softmax(teacher(x).astype("float32") / 2).detach()
        loss_s = -(wanted * nd.log_softmax(student(x).astype("float32") / 2)).sum(axis=1)
    update("student", student, train_s, loss_s, 16)
    if step % 6 == 0:
        print(step, loss_t.mean().asscalar(), loss_s.mean().asscalar(), scales["teacher"], left_out)
