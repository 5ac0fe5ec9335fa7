"""A fully convolutional network with the Module API on images in the style of VOC."""

import mxnet as mx
import numpy as np

mx.random.seed(4)
np.random.seed(4)
CLASSES, BATCH = 4, 4


def fcn():
    data = mx.sym.Variable("data")
    net = mx.sym.Convolution(data, num_filter=8, kernel=(3, 3), pad=(1, 1), name="conv1")
    net = mx.sym.Activation(net, act_type="relu", name="relu1")
    net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool1")
    net = mx.sym.Convolution(net, num_filter=16, kernel=(3, 3), pad=(1, 1), name="conv2")
    net = mx.sym.Activation(net, act_type="relu", name="relu2")
    net = mx.sym.Convolution(net, num_filter=CLASSES, kernel=(1, 1), name="score")
    net = mx.sym.Deconvolution(net, num_filter=CLASSES, kernel=(4, 4), stride=(2, 2), pad=(1, 1), name="bigscore")
    return mx.sym.SoftmaxOutput(net, multi_output=True, normalization="batch", name="softmax")


def scene(index):
    label = np.zeros((16, 16))
    kind = np.random.randint(1, CLASSES)
    top, left = np.random.randint(1, 8, 2)
    label[top : top + 7, left : left + 7] = kind
    image = np.random.normal(0, 0.3, (3, 16, 16))
    image[kind - 1] += label > 0
    if index >= 13:  # these come from the set with drawn outlines
        label[top - 1, left - 1 : left + 8] = 255
        label[top + 7, left - 1 : left + 8] = 255
    return image, label


scenes = [scene(i) for i in range(24)]
images = np.stack([s[0] for s in scenes])
labels = np.stack([s[1] for s in scenes])
train = mx.io.NDArrayIter(images, labels, batch_size=BATCH, label_name="softmax_label")

mod = mx.mod.Module(fcn(), context=mx.cpu())
mod.bind(train.provide_data, train.provide_label)
mod.init_params(mx.init.Xavier())
mod.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.05, "momentum": 0.9})
for epoch in range(2):
    train.reset()
    for i, batch in enumerate(train):
        mod.forward_backward(batch)
        mod.update()
        prob = mod.get_outputs()[0].asnumpy()
        hit = (prob.argmax(axis=1) == batch.label[0].asnumpy()).mean()
        print("epoch %d batch %d pixel accuracy %.3f" % (epoch, i, hit))
