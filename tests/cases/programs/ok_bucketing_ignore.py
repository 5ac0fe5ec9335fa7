"""Tags for words with a BucketingModule; padding has the label 255, which is ignored."""

import mxnet as mx
import numpy as np

mx.random.seed(21)
rng = np.random.RandomState(21)
WORDS, TAGS, BATCH, IGNORED = 20, 4, 6, 255


def network(length):
    x = mx.sym.Variable("data")
    label = mx.sym.Variable("tags")
    x = mx.sym.Embedding(x, input_dim=WORDS, output_dim=8, name="words")
    x = mx.sym.FullyConnected(x, num_hidden=16, flatten=False, name="hidden")
    x = mx.sym.Activation(x, act_type="tanh")
    x = mx.sym.FullyConnected(x, num_hidden=TAGS, flatten=False, name="scores")
    x = mx.sym.reshape(x, shape=(-1, TAGS))
    label = mx.sym.reshape(label, shape=(-1,))
    x = mx.sym.SoftmaxOutput(x, label, use_ignore=True, ignore_label=IGNORED, normalization="valid", name="softmax")
    return x, ("data",), ("tags",)


def batch(length):
    words = rng.randint(0, WORDS, (BATCH, length))
    tags = words % TAGS
    for row in range(BATCH):
        tags[row, rng.randint(1, length + 1) :] = IGNORED
    return mx.io.DataBatch(
        [mx.nd.array(words)],
        [mx.nd.array(tags)],
        bucket_key=length,
        provide_data=[("data", (BATCH, length))],
        provide_label=[("tags", (BATCH, length))],
    )


module = mx.mod.BucketingModule(network, default_bucket_key=12)
module.bind([("data", (BATCH, 12))], [("tags", (BATCH, 12))])
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.02, "rescale_grad": 1.0})
for step in range(24):
    one = batch([4, 8, 12][step % 3])
    module.forward(one, is_train=True)
    module.backward()
    module.update()
    told = module.get_outputs()[0].asnumpy()
    tags = one.label[0].asnumpy().astype(int).ravel()
    there = tags != IGNORED
    print(step, -np.log(told[there, tags[there]]).mean())
