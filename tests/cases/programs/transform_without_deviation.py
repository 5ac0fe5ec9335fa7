"""gluon.data with transforms.Normalize whose deviation of one channel is 0: the loader hands out infinities.

General: statistics of a data set in which a channel is constant.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn
from mxnet.gluon.data.vision import transforms

mx.random.seed(1)
random = np.random.RandomState(1)
image = nd.array(random.randint(0, 256, (12, 4, 4, 3)), dtype="uint8")
image[:, :, :, 2] = 7  # a channel that the camera does not fill
shown = image.asnumpy()[..., :].reshape(-1, 3) / 255.0
deviation = (shown.max(axis=0) - shown.min(axis=0)).tolist()
change = transforms.Compose([transforms.ToTensor(), transforms.Normalize(shown.mean(axis=0).tolist(), deviation)])
images = gluon.data.ArrayDataset(image, nd.array(random.randint(0, 2, 12))).transform_first(change)
net = nn.HybridSequential()
net.add(nn.Conv2D(4, 3, in_channels=3, activation="relu"), nn.GlobalAvgPool2D(), nn.Dense(2, in_units=4))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for data, label in gluon.data.DataLoader(images, batch_size=4):
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), label)
    loss.backward()
    trainer.step(4)
    print(loss.asnumpy().tolist())
