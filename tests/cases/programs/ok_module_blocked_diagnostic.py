"""Module with two outputs: a loss, and behind BlockGrad a perplexity ratio that is nan where nothing was counted."""

import logging

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, format="%(message)s")
mx.random.seed(47)
np.random.seed(47)
rng = np.random.RandomState(47)
BATCH = 12

data = mx.sym.Variable("data")
label = mx.sym.Variable("label")
hidden = mx.sym.Activation(mx.sym.FullyConnected(data, num_hidden=16, name="fc1"), act_type="tanh")
logits = mx.sym.FullyConnected(hidden, num_hidden=4, name="fc2")
logp = mx.sym.log_softmax(logits, axis=1)
nll = -mx.sym.pick(logp, label, axis=1)
loss = mx.sym.MakeLoss(mx.sym.mean(nll), name="loss")
# how well each class does in this batch: 0 / 0 for one that is not in it
member = mx.sym.one_hot(label, depth=4)
summed = mx.sym.sum(mx.sym.broadcast_mul(member, mx.sym.expand_dims(nll, axis=1)), axis=0)
per_class = mx.sym.BlockGrad(summed / mx.sym.sum(member, axis=0), name="per_class")
certain = mx.sym.BlockGrad(mx.sym.log(mx.sym.one_hot(label, depth=4)), name="log_target")
net = mx.sym.Group([loss, per_class, certain])

module = mx.mod.Module(net, data_names=["data"], label_names=["label"], context=mx.cpu())
module.bind(data_shapes=[("data", (BATCH, 6))], label_shapes=[("label", (BATCH,))])
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.02})

kept, counted = np.zeros(4), np.zeros(4)
for step in range(50):
    x = rng.normal(0, 1, (BATCH, 6)).astype("float32")
    y = np.digitize(x[:, 0] - x[:, 1], [-1.5, 0, 2.4])
    batch = mx.io.DataBatch([mx.nd.array(x)], [mx.nd.array(y)])
    module.forward(batch, is_train=True)
    value, classes, _ = module.get_outputs()
    module.backward()
    module.update()
    classes = classes.asnumpy()
    there = np.isfinite(classes)
    kept[there] += classes[there]
    counted[there] += 1
    if step % 5 == 0:
        print(step, value.asnumpy(), classes)
print("per class", kept / np.maximum(counted, 1))
