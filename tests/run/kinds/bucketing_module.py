"""BucketingModule: one symbol a sequence length, shared parameters."""

import argparse

import mxnet as mx
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)


def symbol_of(length):
    words = mx.sym.Variable("data")
    label = mx.sym.Variable("label")
    embedded = mx.sym.Embedding(words, input_dim=12, output_dim=8, name="embedding")
    scores = mx.sym.FullyConnected(mx.sym.mean(embedded, axis=1), num_hidden=4, name="fc")
    loss = mx.sym.MakeLoss(-mx.sym.mean(mx.sym.pick(mx.sym.log(mx.sym.softmax(scores)), label)), name="loss")
    return loss, ("data",), ("label",)


module = mx.mod.BucketingModule(symbol_of, default_bucket_key=9)
module.bind(data_shapes=[("data", (8, 9))], label_shapes=[("label", (8,))])
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": options.lr, "rescale_grad": 1.0})

for length in (9, 4, 6, 9, 4, 6):
    batch = mx.io.DataBatch(
        [mx.nd.array(np.random.randint(0, 12, (8, length)))],
        [mx.nd.array(np.random.randint(0, 4, 8))],
        bucket_key=length,
        provide_data=[mx.io.DataDesc("data", (8, length))],
        provide_label=[mx.io.DataDesc("label", (8,))],
    )
    module.forward_backward(batch)
    module.update()
    print(repr(float(module.get_outputs()[0].asnumpy().mean())))
