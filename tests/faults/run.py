"""`make soak`: every fault many times, and the table of docs/faults.md.

python tests/faults/run.py [--kills 100] [--altered 10000] [--seed 0]
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "dump"), str(Path(__file__).parent)]


def real_dumps(folder):
    """Dumps as a run writes them, of a network that goes non-finite."""
    import programs

    import nanhunt

    net, trainer = programs.segmenter()
    with nanhunt.watch(net, trainer, dump_dir=folder, on_nonfinite="skip", keep_dumps=3, hang_timeout=0) as hunt:
        programs.train(hunt, net, trainer, programs.norm_of_zero, 4)
    return list(hunt.dumps)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--altered", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    import fuzzing
    import killing
    from records import record

    from nanhunt.dump.writer import write

    rows, failures = [], []

    def row(fault, times, outcome, wrong):
        rows.append("| %s | %s | %s |" % (fault, times, "%d wrong" % len(wrong) if wrong else outcome))
        failures.extend("%s: %s" % (fault, each) for each in wrong)
        print(rows[-1], flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("kill", "explain", "real", "altered"):
            (folder / part).mkdir()
        killed, wrong = killing.killed_while_writing(folder / "kill", options.kills, options.seed)
        row(
            "killed while a dump is written", options.kills, "%d before its end: no half dump, older ones whole" % killed, wrong
        )
        killed, wrong = killing.killed_while_explaining(folder / "explain", options.kills, options.seed)
        row("killed while a finding is replaced", options.kills, "%d killed: all arrays whole" % killed, wrong)
        sources = [write(record(), folder / "real" / "made.h5"), *real_dumps(folder / "real")]
        counts, wrong = fuzzing.fuzzed(folder / "altered", sources, options.altered, options.seed)
        outcome = "%(refused)d refused in a line, %(read)d read, %(guarded)d that crash HDF5 stopped by the guard" % counts
        row("altered dumps", options.altered, outcome, wrong)
    print("seed %d" % options.seed)
    print("\n".join(failures[:50]) or "nothing wrong")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
