"""SequentialModule: two modules, the second has the loss."""

import argparse

import mxnet as mx
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

features = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=16, name="fc1"), act_type="tanh")
scores = mx.sym.FullyConnected(mx.sym.Variable("features"), num_hidden=4, name="fc2")
probability = mx.sym.softmax(scores)
loss = mx.sym.MakeLoss(-mx.sym.mean(mx.sym.pick(mx.sym.log(probability), mx.sym.Variable("label"))), name="loss")

module = mx.mod.SequentialModule()
module.add(mx.mod.Module(features, data_names=["data"], label_names=[]))
module.add(mx.mod.Module(loss, data_names=["features"], label_names=["label"]), take_labels=True, auto_wiring=True)
module.bind(data_shapes=[("data", (8, 10))], label_shapes=[("label", (8,))])
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": options.lr, "rescale_grad": 1.0})

for _ in range(6):
    batch = mx.io.DataBatch([mx.nd.array(np.random.randn(8, 10))], [mx.nd.array(np.random.randint(0, 4, 8))])
    module.forward_backward(batch)
    module.update()
    print(repr(float(module.get_outputs()[0].asnumpy().mean())))
