"""Waiting times as exponentials, bound by hand; gradients of two halves are added up."""

import mxnet as mx
import numpy as np

mx.random.seed(9)
rng = np.random.RandomState(9)
DIM, HALF = 5, 8

x = mx.sym.Variable("x")
seconds = mx.sym.Variable("seconds")
x = mx.sym.FullyConnected(x, num_hidden=1, name="log_mean")
log_mean = mx.sym.reshape(x, shape=(-1,))
ratio = seconds * mx.sym.exp(-log_mean)
loss = mx.sym.MakeLoss(mx.sym.mean(ratio + log_mean), name="loss")

wanted = {"x": "null", "seconds": "null", "log_mean_weight": "add", "log_mean_bias": "add"}
bound = loss.simple_bind(mx.cpu(), grad_req=wanted, x=(HALF, DIM), seconds=(HALF,))
bound.arg_dict["log_mean_weight"][:] = mx.nd.array(rng.normal(0, 0.1, (1, DIM)))
bound.arg_dict["log_mean_bias"][:] = 0
for name in ("log_mean_weight", "log_mean_bias"):
    bound.grad_dict[name][:] = 0

update = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.1, wd=0.0, rescale_grad=0.5))
truth = rng.normal(0, 0.5, DIM)
for step in range(40):
    told = []
    for _half in range(2):
        data = rng.normal(0, 1, (HALF, DIM))
        waited = rng.exponential(np.exp(data.dot(truth) + 1.5))
        bound.forward(is_train=True, x=mx.nd.array(data), seconds=mx.nd.array(waited))
        bound.backward()
        told.append(bound.outputs[0].asscalar())
    for index, name in enumerate(("log_mean_weight", "log_mean_bias")):
        update(index, bound.grad_dict[name], bound.arg_dict[name])
    print(step, told)
