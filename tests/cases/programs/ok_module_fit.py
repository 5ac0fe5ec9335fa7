"""Healthy: Module.fit with BatchNorm, SoftmaxOutput and a metric, last batch padded."""

import logging

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO)
mx.random.seed(1)
random = np.random.RandomState(1)
symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=6, name="fc1")
symbol = mx.sym.Activation(mx.sym.BatchNorm(symbol, name="bn"), act_type="relu")
symbol = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(symbol, num_hidden=3, name="fc2"), name="softmax")
module = mx.mod.Module(symbol)
iterator = mx.io.NDArrayIter(random.randn(27, 4), random.randint(0, 3, 27), batch_size=8)
module.fit(iterator, num_epoch=2, optimizer="adam", eval_metric="ce")
print(module.get_params()[0]["fc2_weight"].asnumpy().sum())
