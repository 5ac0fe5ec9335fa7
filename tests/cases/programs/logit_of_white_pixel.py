"""A normalising flow takes the logit of the pixels inside the network; a pixel of 255 / 255 makes log(1 - 1).

General; RealNVP rescales with alpha = 0.05 for this reason (https://arxiv.org/abs/1605.08803).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Coupling(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.scale, self.shift = nn.Dense(4, in_units=4), nn.Dense(4, in_units=4)

    def hybrid_forward(self, F, pixel):
        pixel = pixel * 0.99 + 0.01
        code = F.log(pixel) - F.log(1 - pixel)
        kept, moved = F.slice_axis(code, axis=1, begin=0, end=4), F.slice_axis(code, axis=1, begin=4, end=8)
        scale = F.tanh(self.scale(kept))
        moved = moved * F.exp(scale) + self.shift(kept)
        return F.concat(kept, moved, dim=1), scale.sum(axis=1)


mx.random.seed(1)
random = np.random.RandomState(1)
net = Coupling()
net.initialize(mx.init.Xavier())
net.hybridize(static_alloc=True)
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001})
for step in range(4):
    image = random.randint(0, 250, (4, 8))
    if step == 2:
        image[1, 6] = 255
    with autograd.record():
        code, determinant = net(nd.array(image) / 255)
        loss = 0.5 * nd.square(code).sum(axis=1) - determinant
    loss.backward()
    trainer.step(4)
    print(loss.asnumpy().tolist())
