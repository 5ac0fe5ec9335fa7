"""The same divergence in Module with LinearRegressionOutput: no loss is computed, weights and outputs grow until they overflow.

After https://github.com/apache/mxnet/pull/6432 (the linear regression tutorial returns nan; lower the learning rate).
"""

import mxnet as mx
import numpy as np

mx.random.seed(1)
train = np.array([[1, 2], [3, 4], [5, 6], [3, 2], [7, 1], [6, 9]], dtype="float32") * 10
label = np.array([5, 11, 17, 7, 9, 24], dtype="float32")
symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1, name="fc")
symbol = mx.sym.LinearRegressionOutput(symbol, mx.sym.var("lin_reg_label"), name="lin")
module = mx.mod.Module(symbol, label_names=["lin_reg_label"])
module.bind([("data", (6, 2))], [("lin_reg_label", (6,))])
module.init_params(mx.init.Uniform(0.1))
module.init_optimizer(optimizer_params={"learning_rate": 0.5})
for _ in range(30):
    module.forward_backward(mx.io.DataBatch([mx.nd.array(train)], [mx.nd.array(label)]))
    module.update()
    print(module.get_outputs()[0].asnumpy().ravel().tolist())
