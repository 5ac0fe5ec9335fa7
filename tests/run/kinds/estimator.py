"""gluon.contrib.estimator: fit, with a handler that prints the loss of each batch."""

import argparse
import logging

import mxnet as mx
import numpy as np
from mxnet import gluon, nd
from mxnet.gluon import nn
from mxnet.gluon.contrib.estimator import BatchEnd, Estimator

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)


class LogOfSoftmax(gluon.loss.Loss):
    def __init__(self):
        super().__init__(weight=None, batch_axis=0)

    def hybrid_forward(self, F, scores, label):
        return -F.pick(F.log(F.softmax(scores)), label)


class PrintLoss(BatchEnd):
    def batch_end(self, estimator, *args, **kwargs):
        print(*[repr(float(loss.mean().asscalar())) for loss in kwargs["loss"]])


net = nn.HybridSequential()
net.add(nn.Dense(16, activation="relu"), nn.Dense(4))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})
dataset = gluon.data.ArrayDataset(nd.array(np.random.randn(48, 10)), nd.array(np.random.randint(0, 4, 48)))
loader = gluon.data.DataLoader(dataset, batch_size=8)
estimator = Estimator(net, LogOfSoftmax(), train_metrics=mx.metric.Accuracy(), trainer=trainer, context=mx.cpu())
estimator.logger.setLevel(logging.ERROR)
estimator.fit(loader, epochs=1, event_handlers=[PrintLoss()])
