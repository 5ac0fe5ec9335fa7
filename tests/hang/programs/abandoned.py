"""Broken off in the middle of an iteration, for good: what comes then is the program's own affair, however long it takes."""

import subprocess
import sys

import common
from mxnet import autograd

from nanhunt.watching.hang import pace

pace.FIRST = pace.FLOOR = 1.0  # seconds, for a test that does not take minutes
net, trainer = common.made()
for _ in range(3):
    common.step(net, trainer, common.batch())
with autograd.record():
    net(common.batch())
subprocess.run([sys.executable, "-c", "import time; time.sleep(4)"], check=True)
print("ended")
