"""An averaged teacher whose weights are NaN until the average begins; the student listens to it from then on."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(61)
rng = np.random.RandomState(61)
BEGIN, DECAY = 10, 0.9


def make():
    net = gluon.nn.Sequential()
    net.add(gluon.nn.Dense(16, activation="tanh", in_units=4), gluon.nn.Dense(2, in_units=16))
    net.initialize(mx.init.Xavier())
    return net


student, teacher = make(), make()
teacher.collect_params().setattr("grad_req", "null")
for p in teacher.collect_params().values():
    p.set_data(nd.full(p.shape, np.nan))  # not to be used before it is filled
trainer = gluon.Trainer(student.collect_params(), "sgd", {"learning_rate": 0.3, "momentum": 0.5})
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()


def average(step):
    for mean, p in zip(teacher.collect_params().values(), student.collect_params().values()):
        if step == BEGIN:
            mean.set_data(p.data())
        elif step > BEGIN:
            w = mean.data()
            w *= DECAY
            w += (1 - DECAY) * p.data()


for step in range(60):
    clean = rng.normal(0, 1, (16, 4))
    x = nd.array(clean)
    noisy = nd.array(clean + rng.normal(0, 0.1, clean.shape))
    y = nd.array((clean[:, 0] * clean[:, 1] > 0).astype("float32"))
    with autograd.record():
        loss = loss_fn(student(noisy), y).mean()
        if step > BEGIN:
            with autograd.pause():
                wanted = nd.softmax(teacher(x))
            loss = loss + 0.5 * nd.square(nd.softmax(student(noisy)) - wanted).mean()
    loss.backward()
    trainer.step(1)
    average(step)
    if step % 6 == 0:
        print(step, loss.asscalar())
print("teacher", (teacher(x).argmax(axis=1) == y).mean().asscalar())
