"""Module.fit over an NDArrayIter that has a NaN in its third batch.

After https://github.com/apache/mxnet/issues/942 (monitor shows nan in softmax_backward_data).
"""

import logging

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO)
mx.random.seed(1)
random = np.random.RandomState(1)
data = random.randn(32, 6).astype("float32")
data[18, 4] = np.nan
label = random.randint(0, 3, 32).astype("float32")
symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
symbol = mx.sym.SoftmaxOutput(symbol, name="softmax")
module = mx.mod.Module(symbol)
module.fit(
    mx.io.NDArrayIter(data, label, batch_size=8),
    num_epoch=1,
    optimizer_params={"learning_rate": 0.1},
    eval_metric="ce",
    batch_end_callback=mx.callback.Speedometer(8, 1),
)
print(module.get_params()[0]["fc_weight"].asnumpy().sum())
