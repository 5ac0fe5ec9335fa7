"""Slow, but alive: stopped for a while, one iteration much slower than the others, a long validation, a debugger's prompt."""

import os
import signal
import subprocess
import time

import common
from mxnet import nd

LIMIT = 1.5
net, trainer = common.made()
for _ in range(3):
    common.step(net, trainer, common.batch())
# As on Ctrl-Z and fg: twice the limit.
subprocess.Popen(["sh", "-c", "sleep 0.2; kill -STOP %d; sleep %f; kill -CONT %d" % (os.getpid(), 2 * LIMIT, os.getpid())])
time.sleep(0.5)
common.step(net, trainer, common.batch())
# One iteration ten times as slow as the others, in which only the devices are at work.
common.step(net, trainer, common.batch(), lambda: time.sleep(0.75 * LIMIT))
# Validation: longer than the limit, and no iteration in it ends.
until = time.monotonic() + 1.5 * LIMIT
while time.monotonic() < until:
    net(nd.ones((2, 3, 8, 8))).wait_to_read()
common.step(net, trainer, common.batch())
signal.signal(signal.SIGALRM, lambda *_: None)
print("ended")
