"""Trains with the Module API."""

import mxnet as mx
import numpy as np

output = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4), name="softmax")
data = mx.io.NDArrayIter(np.random.rand(64, 8).astype("float32"), np.zeros(64), batch_size=8, label_name="softmax_label")
mx.mod.Module(output).fit(data, num_epoch=2)
