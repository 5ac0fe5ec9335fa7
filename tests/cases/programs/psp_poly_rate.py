"""PSPNet in small: pyramid pooling, auxiliary loss, polynomial learning rate."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(9)
rng = np.random.RandomState(9)
EPOCHS, BATCH, BASE_LR = 5, 4, 0.005


class PSP(nn.HybridBlock):
    def __init__(self, classes):
        super().__init__()
        with self.name_scope():
            self.stage3 = nn.HybridSequential()
            self.stage3.add(nn.Conv2D(8, 3, padding=1), nn.BatchNorm(), nn.Activation("relu"))
            self.stage4 = nn.HybridSequential()
            self.stage4.add(nn.Conv2D(8, 3, padding=1), nn.BatchNorm(), nn.Activation("relu"))
            self.bins = []
            for size in (16, 8, 4):
                conv = nn.Conv2D(4, 1, activation="relu")
                self.register_child(conv)
                self.bins.append((size, conv))
            self.head = nn.Conv2D(classes, 3, padding=1)
            self.aux = nn.Conv2D(classes, 3, padding=1)

    def hybrid_forward(self, F, x):
        c3 = self.stage3(x)
        c4 = self.stage4(c3)
        parts = [c4]
        for size, conv in self.bins:
            p = F.Pooling(c4, kernel=(size, size), stride=(size, size), pool_type="avg")
            parts.append(F.UpSampling(conv(p), scale=size, sample_type="nearest"))
        return self.head(F.concat(*parts, dim=1)), self.aux(c3)


masks = (rng.uniform(0, 1, (22, 4, 4)) > 0.6).repeat(4, axis=1).repeat(4, axis=2)
images = masks[:, None] * 0.8 + rng.normal(0, 0.3, (22, 3, 16, 16))
loader = gluon.data.DataLoader(
    gluon.data.ArrayDataset(images.astype("float32"), masks.astype("float32")),
    batch_size=BATCH,
    shuffle=False,
    last_batch="keep",
)

net = PSP(2)
net.initialize(mx.init.Xavier())
net.hybridize()
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss(axis=1)
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": BASE_LR, "wd": 1e-4})
max_iter = EPOCHS * (len(images) // BATCH)
it = 0
for epoch in range(EPOCHS):
    for x, y in loader:
        trainer.set_learning_rate(BASE_LR * np.power(1 - it / float(max_iter), 0.9))
        with autograd.record():
            out, aux = net(x)
            loss = loss_fn(out, y) + 0.4 * loss_fn(aux, y)
        loss.backward()
        trainer.step(x.shape[0])
        it += 1
    print("epoch %d, iteration %d, loss %.4f" % (epoch, it, loss.mean().asscalar()))
