"""BucketingModule over sentences: the mean over the words of a sentence, one of which has length 0 in the longer bucket.

General: empty lines in a corpus.
"""

import mxnet as mx
import numpy as np

mx.random.seed(1)
random = np.random.RandomState(1)


def network(length):
    data, count, label = mx.sym.var("data"), mx.sym.var("count"), mx.sym.var("softmax_label")
    word = mx.sym.Embedding(data, input_dim=9, output_dim=4, name="word")
    mask = mx.sym.expand_dims(mx.sym.broadcast_greater(count, mx.sym.reshape(mx.sym.arange(0, length), shape=(1, -1))), 2)
    mean = mx.sym.broadcast_div(mx.sym.sum(mx.sym.broadcast_mul(word, mask), axis=1), count)
    score = mx.sym.FullyConnected(mean, num_hidden=3, name="score")
    return mx.sym.SoftmaxOutput(score, label, name="softmax"), ("data", "count"), ("softmax_label",)


def shapes(length):
    return [mx.io.DataDesc("data", (4, length)), mx.io.DataDesc("count", (4, 1))], [mx.io.DataDesc("softmax_label", (4,))]


module = mx.mod.BucketingModule(network, default_bucket_key=6)
module.bind(*shapes(6))
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.01})
for step, length in enumerate([6, 4, 6, 4]):
    count = random.randint(1, length, (4, 1))
    if step == 3:
        count[2] = 0
    data = [mx.nd.array(random.randint(0, 9, (4, length))), mx.nd.array(count)]
    data_shapes, label_shapes = shapes(length)
    batch = mx.io.DataBatch(data, [mx.nd.array(random.randint(0, 3, 4))], bucket_key=length)
    batch.provide_data, batch.provide_label = data_shapes, label_shapes
    module.forward_backward(batch)
    module.update()
    print(module.get_outputs()[0].asnumpy().tolist())
