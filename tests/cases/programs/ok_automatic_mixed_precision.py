"""Healthy: MXNet's own loss scaler sees gradients that overflow, skips the update and halves the scale."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.contrib import amp

amp.init()
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 5))
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 1e-37})
amp.init_trainer(trainer)
for _ in range(6):
    data = nd.array(random.rand(64, 5))
    with autograd.record():
        loss = nd.broadcast_mul(data, weight.data()).mean(axis=1) * 5e33
        with amp.scale_loss(loss, trainer) as scaled:
            scaled.backward()
    trainer.step(1)
    print(trainer._amp_loss_scaler.loss_scale, loss.asnumpy().tolist())
