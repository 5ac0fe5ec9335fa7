"""A dataset that waits for ever for its fifth sample, in the thread that trains."""

import time

import common
import numpy as np
from mxnet import gluon


class Samples(gluon.data.Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, index):
        if index == 5:
            time.sleep(3600)
        return np.ones((3, 8, 8), "float32")


net, trainer = common.made()
for data in gluon.data.DataLoader(Samples(), batch_size=2):
    common.step(net, trainer, data)
