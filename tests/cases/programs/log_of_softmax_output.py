"""GluonCV's SoftmaxCrossEntropyLoss: log of SoftmaxOutput, whose gradient does not depend on what follows it.

After https://github.com/dmlc/gluon-cv/issues/942 (MixSoftmaxCrossEntropyLoss returns nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Conv2D(3, 1, in_channels=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(4):
    image, label = random.rand(2, 4, 6, 6), random.randint(0, 3, (2, 6, 6))
    if step == 2:
        image[0, :, 3, :3], label[0, 3, :3] = 1000, [0, 1, 2]
    image, label = nd.array(image), nd.array(label)
    with autograd.record():
        score = net(image)
        probability = nd.SoftmaxOutput(score, label, ignore_label=-1, multi_output=True, use_ignore=True, normalization="valid")
        loss = -nd.pick(nd.log(probability), label, axis=1, keepdims=True)
        loss = nd.mean(loss, axis=0, exclude=True)
    loss.backward()
    trainer.step(1)
    print(loss.asnumpy().tolist())
