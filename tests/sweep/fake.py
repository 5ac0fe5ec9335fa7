"""Stands in for `nanhunt train` where a test is about the sweep around it: `--checkname` says how it shall end.

`lives`, `nan@STEP`, `fails`, `hangs`, `ends by signal`; what it logs and writes is what the real one does.
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from nanhunt.diagnose.finding import Finding, Position, Producer, Spread
from nanhunt.train.log import iteration_line

parser = argparse.ArgumentParser()
parser.add_argument("--save-dir", type=Path)
parser.add_argument("--json", type=Path)
parser.add_argument("--checkname", default="lives")
parser.add_argument("--max-iterations", type=int, default=4)
parser.add_argument("--seed", type=int)
options, _ = parser.parse_known_args()

with (options.save_dir.parent / "started.txt").open("a") as started:
    started.write("%s %d\n" % (options.checkname, options.seed))
if options.checkname == "fails":
    print("Traceback: of something\nnanhunt: the disk is full\n  make room", file=sys.stderr)
    sys.exit(1)
what, _, step = options.checkname.partition("@")
last = int(step) + options.seed if step else options.max_iterations - 1
finding = None
with (options.save_dir / "train.log").open("w") as log:
    for at in range(last + 1):
        bad = what == "nan" and at == last
        log.write(iteration_line(at // 10, at % 10, 10, float("nan") if bad else 2.0 - 0.1 * at, 0.1) + "\n")
    log.flush()
    if what == "hangs":
        time.sleep(600)
    if what == "ends by signal":
        os.kill(os.getpid(), signal.SIGKILL)
if what == "nan":
    finding = Finding(
        Position(last // 10, last % 10, last), Producer("forward", "log", value="-inf"), "proven", "log-of-zero", "log of 0",
        spread=Spread(loss=True),
    )  # fmt: skip
(options.save_dir / "epoch_0000_iteration_0004.params").write_bytes(b"x")
options.json.write_text(json.dumps(finding and finding.to_json()))
sys.exit(3 if finding else 0)
