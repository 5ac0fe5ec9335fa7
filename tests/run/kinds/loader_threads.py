"""A DataLoader with a pool of threads."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)


class Rows(gluon.data.Dataset):
    """The first number of sample i is i / 100."""

    def __init__(self, count):
        self._data = np.random.randn(count, 10).astype("float32")
        self._data[:, 0] = np.arange(count) / 100.0
        self._label = np.random.randint(0, 4, count).astype("float32")

    def __len__(self):
        return len(self._data)

    def __getitem__(self, index):
        return self._data[index], self._label[index]


def main():
    loader = gluon.data.DataLoader(Rows(32), batch_size=8, shuffle=False, num_workers=2, thread_pool=True)
    net = nn.HybridSequential()
    net.add(nn.Dense(16, activation="relu"), nn.Dense(4))
    net.initialize(mx.init.Xavier())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})
    for _ in range(2):
        for data, label in loader:
            with autograd.record():
                loss = -nd.pick(nd.log(nd.softmax(net(data))), label).mean()
            loss.backward()
            trainer.step(1)
            print(repr(float(loss.asscalar())))


if __name__ == "__main__":
    main()
