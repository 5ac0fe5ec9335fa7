"""Healthy: Module.fit on two devices with a metric, a dead unit and padding of the last batch."""

import mxnet as mx
import numpy as np

mx.random.seed(1)
random = np.random.RandomState(1)
symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=6)
symbol = mx.sym.Activation(mx.sym.BatchNorm(symbol), act_type="relu")
symbol = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(symbol, num_hidden=3), name="softmax")
train = mx.io.NDArrayIter(random.randn(18, 4).astype("float32"), random.randint(0, 3, 18), 8, last_batch_handle="pad")
module = mx.mod.Module(symbol, context=[mx.cpu(0), mx.cpu(1)])
metric = mx.metric.create(["acc", "ce"])
module.fit(train, eval_metric=metric, optimizer="sgd", optimizer_params={"learning_rate": 0.1}, num_epoch=2)
print(metric.get())
