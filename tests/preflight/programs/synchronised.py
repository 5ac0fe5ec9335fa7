"""WAITS CONTEXTS: three iterations of a network whose SyncBatchNorm waits for WAITS devices, on CONTEXTS of them; losses."""

import sys

import mxnet as mx
from mxnet import autograd, gluon, nd

waits, contexts = int(sys.argv[1]), [mx.cpu(i) for i in range(int(sys.argv[2]))]
mx.random.seed(3)
net = gluon.nn.HybridSequential(prefix="net_")
with net.name_scope():
    net.add(gluon.nn.Conv2D(4, 3), gluon.contrib.nn.SyncBatchNorm(num_devices=waits), gluon.nn.Dropout(0.5))
    net.add(gluon.nn.HybridSequential())
    net[3].add(gluon.nn.Dense(3), gluon.contrib.nn.SyncBatchNorm(num_devices=waits))
net.initialize(ctx=contexts)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
for _ in range(3):
    data = [nd.random.uniform(shape=(4, 3, 8, 8), ctx=each) for each in contexts]
    labels = [nd.array([0, 1, 2, 0], ctx=each) for each in contexts]
    with autograd.record():
        losses = [loss_of(net(x), y) for x, y in zip(data, labels)]
    autograd.backward(losses)
    trainer.step(4 * len(contexts))
    print(repr(float(losses[0].sum().asscalar())), flush=True)
