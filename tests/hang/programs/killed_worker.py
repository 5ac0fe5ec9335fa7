"""A worker process of the data loader is killed while it makes a batch."""

import os
import signal

import common
import numpy as np
from mxnet import gluon


class Samples(gluon.data.Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, index):
        if index == 2:  # of the second batch, before anything that it made is lost with it
            os.kill(os.getpid(), signal.SIGKILL)
        return np.ones((3, 8, 8), "float32")


loader = gluon.data.DataLoader(Samples(), batch_size=2, num_workers=2)
net, trainer = common.made()
for data in loader:
    common.step(net, trainer, data)
