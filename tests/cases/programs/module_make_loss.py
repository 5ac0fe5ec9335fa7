"""Symbols and Module: MakeLoss of a cross entropy with log(1 - p), whose p saturates to 1.

After https://github.com/apache/mxnet/issues/6939 and https://github.com/apache/mxnet/issues/13198 (own losses).
"""

import mxnet as mx
import numpy as np

mx.random.seed(1)
random = np.random.RandomState(1)
data, label = mx.sym.var("data"), mx.sym.var("label")
probability = mx.sym.sigmoid(mx.sym.FullyConnected(data, num_hidden=1, name="fc"))
entropy = label * mx.sym.log(probability) + (1 - label) * mx.sym.log(1 - probability)
module = mx.mod.Module(mx.sym.MakeLoss(0 - entropy, name="loss"), label_names=["label"])
module.bind([("data", (4, 3))], [("label", (4, 1))])
module.init_params(mx.init.One())
module.init_optimizer(optimizer_params={"learning_rate": 0.01})
for step in range(3):
    features = random.rand(4, 3) * (1 if step < 2 else 20)
    module.forward_backward(mx.io.DataBatch([mx.nd.array(features)], [mx.nd.array([[0], [1], [1], [0]])]))
    module.update()
    print(module.get_outputs()[0].asnumpy().ravel().tolist())
