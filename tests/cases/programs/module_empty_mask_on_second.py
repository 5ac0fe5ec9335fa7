"""Module on two devices: the loss is a mean over the known pixels, and the half of the batch of the second device has none.

After https://github.com/dmlc/gluon-cv/issues/142 (nan in training on --gpus 0,1).
"""

import mxnet as mx
import numpy as np

mx.random.seed(1)
random = np.random.RandomState(1)
known, label = mx.sym.var("known"), mx.sym.var("label")
shown = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=8, name="first")
shown = mx.sym.FullyConnected(mx.sym.Activation(shown, act_type="relu"), num_hidden=4, name="second")
wrong = mx.sym.sum(mx.sym.square(shown - label) * known) / mx.sym.sum(known)
symbol = mx.sym.Group([mx.sym.MakeLoss(wrong), mx.sym.BlockGrad(shown)])
module = mx.mod.Module(symbol, data_names=["data", "known"], label_names=["label"], context=[mx.cpu(0), mx.cpu(1)])
module.bind([("data", (8, 5)), ("known", (8, 4))], [("label", (8, 4))])
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.01})
for step in range(4):
    mask = (random.rand(8, 4) > 0.3).astype("float32")
    if step == 2:
        mask[4:] = 0
    batch = mx.io.DataBatch([mx.nd.array(random.randn(8, 5)), mx.nd.array(mask)], [mx.nd.array(random.randn(8, 4))])
    module.forward_backward(batch)
    module.update()
    print(module.get_outputs(merge_multi_context=False)[0][-1].asnumpy().tolist())
