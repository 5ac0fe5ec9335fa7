"""`make soak`: train on through hundreds of non-finite iterations, and replay every dump in a process of its own.

python tests/soak/run.py [--iterations 300] [--dumps 20]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def nanhunt(*arguments):
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    return subprocess.run([sys.executable, "-m", "nanhunt", *map(str, arguments)], env=environment, check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--dumps", type=int, default=20)
    options = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for model, lr in (("psp", 0.05), ("psp", 0.02), ("icnet", 0.1)):
            out = Path(folder) / ("%s-%s" % (model, lr))
            code = nanhunt(
                *[
                    "train",
                    "--dataset",
                    "synthetic-mhp",
                    "--base-size",
                    64,
                    "--crop-size",
                    64,
                    "--batch-size",
                    2,
                    "--workers",
                    2,
                ],
                *["--model", model, "--backbone", "resnet18", "--no-pretrained-base", "--syncbn", "--ngpus", 1, "--no-val"],
                *["--lr", lr, "--lr-mode", "constant", "--max-iterations", options.iterations, "--on-nonfinite", "skip"],
                *["--save-dir", out, "--keep-dumps", options.dumps, "--no-explain"],
            )
            if code != 3:
                failed.append("train %s lr %s: exit code %d, expected 3" % (model, lr, code))
            for dump in sorted((out / "dumps").glob("*.h5")):
                code = nanhunt("replay", dump)
                if code != 0:
                    failed.append("replay %s: exit code %d, expected 0" % (dump.name, code))
    print("\n".join(failed) or "all dumps replayed bit for bit")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
