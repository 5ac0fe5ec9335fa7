"""The symbolic API, step by step: forward_backward and update; the square of the residual leaves the range."""

import argparse

import mxnet as mx
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

data = mx.sym.Variable("data")
target = mx.sym.Variable("target")
prediction = mx.sym.FullyConnected(data, num_hidden=1, name="fc")
loss = mx.sym.MakeLoss(mx.sym.mean(mx.sym.square(prediction - target)), name="loss")

module = mx.mod.Module(loss, data_names=["data"], label_names=["target"])
module.bind(data_shapes=[("data", (8, 6))], label_shapes=[("target", (8, 1))])
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": options.lr})

for _ in range(6):
    batch = mx.io.DataBatch([mx.nd.array(np.random.randn(8, 6))], [mx.nd.array(np.random.randn(8, 1) + 3)])
    module.forward_backward(batch)
    module.update()
    print(repr(float(module.get_outputs()[0].asnumpy().mean())))
