"""SyncBatchNorm waits for eight devices, as GluonCV 0.7's ICNet does on a machine with eight GPUs; one is there."""

import common
from mxnet.gluon.contrib.nn import SyncBatchNorm

net, trainer = common.made(*[SyncBatchNorm(num_devices=8, in_channels=4) for _ in range(2)])
common.step(net, trainer, common.batch())
