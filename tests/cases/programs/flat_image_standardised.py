"""Each image is standardised by its own deviation in NumPy; one image has a single colour.

After https://github.com/auroua/InsightFace_TF/issues/12 (nan on images of little variance).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

np.seterr(all="ignore")
mx.random.seed(1)
random = np.random.RandomState(1)
images = random.rand(12, 1, 8, 8).astype("float32")
images[9] = 0.25
images = (images - images.mean((1, 2, 3), keepdims=True)) / images.std((1, 2, 3), keepdims=True)
labels = random.randint(0, 3, 12).astype("float32")
loader = gluon.data.DataLoader(gluon.data.ArrayDataset(images, labels), batch_size=4)
net = nn.Sequential()
net.add(nn.Conv2D(4, 3), nn.LeakyReLU(0.1), nn.GlobalAvgPool2D(), nn.Dense(3))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
for data, label in loader:
    with autograd.record():
        loss = criterion(net(data), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
