"""A running mean of inf, left by a run that had overflowed; Module with auxiliary states set by hand.

After https://github.com/deepinsight/insightface/issues/2089 (BatchNorm layers of a fine-tuned model, NaN).
"""

import mxnet as mx
import numpy as np

mx.random.seed(1)
random = np.random.RandomState(1)
symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc1")
symbol = mx.sym.BatchNorm(symbol, use_global_stats=True, fix_gamma=False, name="bn")
symbol = mx.sym.FullyConnected(symbol, num_hidden=2, name="fc2")
symbol = mx.sym.SoftmaxOutput(symbol, name="softmax")
module = mx.mod.Module(symbol)
module.bind([("data", (4, 6))], [("softmax_label", (4,))])
module.init_params(mx.init.Xavier())
arguments, auxiliary = module.get_params()
auxiliary["bn_moving_mean"] = mx.nd.array([0.0, 0.0, 0.0, np.inf])
module.set_params(arguments, auxiliary)
module.init_optimizer(optimizer_params={"learning_rate": 0.1})
for _ in range(3):
    data = mx.nd.array(random.randn(4, 6))
    label = mx.nd.array(random.randint(0, 2, 4))
    module.forward_backward(mx.io.DataBatch([data], [label]))
    module.update()
    print(module.get_outputs()[0].asnumpy().sum())
