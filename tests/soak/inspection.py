"""`make soak`: a whole LV-MHP-v1 drawn with hundreds of pathologies, inspected: each planted one is found, and nothing else.

python tests/soak/inspection.py [--images 4980] [--times 10] [--folder FOLDER]
"""

import argparse
import pickle
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "data")]

from pathologies import SETTINGS, build  # noqa: E402 - after the path

from nanhunt.data.inspection import inspect  # noqa: E402
from nanhunt.data.recipe import Recipe  # noqa: E402
from nanhunt.data.source import Source  # noqa: E402
from nanhunt.machine import cores  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=4980)
    parser.add_argument("--times", type=int, default=10, help="how often each pathology is planted")
    parser.add_argument("--folder", type=Path, help="draw it here, or take what was drawn here before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        root, kept = folder / "mhp", folder / "planted.pickle"
        if not kept.is_file():
            kept.write_bytes(pickle.dumps(build(root, options.images, options.times, jobs=cores(), shrink=2)))
        expected = pickle.loads(kept.read_bytes())
        source = Source("mhp", root)
        recipe = Recipe(source, "all", base_size=SETTINGS.base_size, crop_size=SETTINGS.crop_size)
        started = time.perf_counter()
        inspection = inspect(source.index("all"), settings=SETTINGS, recipe=recipe)
        seconds = time.perf_counter() - started
    found = {(problem.check, problem.path) for problem in inspection.problems}
    rate = inspection.images / seconds
    print("%d images, %d masks in %.0f s: %.0f images/s" % (inspection.images, inspection.masks, seconds, rate))
    print("planted %d, found %d of them, not planted %d" % (len(expected), len(found & expected), len(found - expected)))
    for name, problems in (("missed", expected - found), ("not planted", found - expected)):
        for check, path in sorted(problems):
            print("%s: %s %s" % (name, check, path))
    sys.exit(found != expected)


if __name__ == "__main__":
    main()
