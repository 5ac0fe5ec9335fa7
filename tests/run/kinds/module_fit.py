"""The symbolic API: Module.fit."""

import argparse

import mxnet as mx
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

data = mx.sym.Variable("data")
label = mx.sym.Variable("label")
hidden = mx.sym.Activation(mx.sym.FullyConnected(data, num_hidden=16, name="fc1"), act_type="relu")
hidden = mx.sym.BatchNorm(hidden, name="norm")
scores = mx.sym.FullyConnected(hidden, num_hidden=4, name="fc2")
probability = mx.sym.softmax(scores)
loss = mx.sym.MakeLoss(-mx.sym.mean(mx.sym.pick(mx.sym.log(probability), label)), name="loss")


def report(parameters):
    print(repr(float(parameters.eval_metric.get()[1])))
    parameters.eval_metric.reset()


batches = mx.io.NDArrayIter(
    np.random.randn(48, 10).astype("float32"), np.random.randint(0, 4, 48).astype("float32"), batch_size=8, label_name="label"
)
module = mx.mod.Module(loss, data_names=["data"], label_names=["label"])
module.fit(
    batches,
    num_epoch=1,
    eval_metric=mx.metric.Loss(),
    initializer=mx.init.Xavier(),
    optimizer="sgd",
    optimizer_params={"learning_rate": options.lr},
    batch_end_callback=report,
)
