"""Will the shop be busy? Hours are counted on and on; the table of a day is read in a circle."""

import mxnet as mx
import numpy as np

mx.random.seed(26)
rng = np.random.RandomState(26)
HOURS, PART, PARTS, DIM = 24, 8, 2, 4

hour = mx.sym.Variable("hour")
event = mx.sym.Variable("event")  # -1: none, which one_hot makes a row of zeros
busy = mx.sym.Variable("busy")
table = mx.sym.Variable("table", shape=(HOURS, DIM))
x = mx.sym.take(table, hour, mode="wrap")
x = mx.sym.concat(x, mx.sym.one_hot(event, depth=3), dim=1)
x = mx.sym.FullyConnected(x, num_hidden=8, name="hidden")
x = mx.sym.LeakyReLU(x, act_type="leaky", slope=0.1)
x = mx.sym.FullyConnected(x, num_hidden=1, name="out")
net = mx.sym.LogisticRegressionOutput(x, busy, name="busy_or_not")

names = ["table", "hidden_weight", "hidden_bias", "out_weight", "out_bias"]
wanted = {name: "add" if name in names else "null" for name in net.list_arguments()}
bound = net.simple_bind(mx.cpu(), grad_req=wanted, hour=(PART,), event=(PART,), busy=(PART, 1))
for name in names:
    array = bound.arg_dict[name]
    array[:] = mx.nd.array(rng.normal(0, 0.4, array.shape))
update = mx.optimizer.get_updater(mx.optimizer.Adam(learning_rate=0.05, rescale_grad=1.0 / (PART * PARTS)))

for step in range(40):
    for name in names:
        bound.grad_dict[name][:] = 0
    told = []
    for _part in range(PARTS):
        hours = step * 5 + rng.randint(0, HOURS, PART)
        events = rng.randint(-1, 3, PART)
        truth = ((hours % HOURS > 11) | (events == 2)).astype("float32").reshape((-1, 1))
        bound.forward(is_train=True, hour=mx.nd.array(hours), event=mx.nd.array(events), busy=mx.nd.array(truth))
        bound.backward()
        p = bound.outputs[0].asnumpy()
        told.append(-np.log(np.where(truth > 0, p, 1 - p)).mean())
    for index, name in enumerate(names):
        update(index, bound.grad_dict[name], bound.arg_dict[name])
    print(step, np.mean(told))
