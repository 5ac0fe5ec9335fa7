"""`python -m nanhunt.replay.cures.child DUMP`: run a dump in this process and print what came out as one line of JSON.

With `--against FOLDER --repeat N` it runs N times, each held against the arrays in the folder: see `replay.determinism`.
"""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Dict, List, Optional

from nanhunt.backends.base import GraphRun, load
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NanhuntError
from nanhunt.replay.compare import checksum
from nanhunt.replay.cures.base import Values, outcome_of
from nanhunt.replay.difference import arrays_of, difference, read_first
from nanhunt.replay.session import Session


def fingerprinted(session: Session, values: Optional[Values] = None, run: Optional[GraphRun] = None) -> Dict[str, int]:
    """Checksum of everything that the iteration gives, by name."""
    if run is None:
        run = session.backend.run(session.graph, values or session.leaf, session.gradient, session.seed, None)
    host = session.backend.to_numpy
    found = {"loss" if k == 0 else "loss %d" % k: checksum(value) for k, value in enumerate(run.heads)}
    for kind, tensors in (("gradient", run.gradients), ("statistic", run.aux)):
        for leaf, tensor in tensors.items():
            found["%s %s (%s)" % (kind, leaf.name, leaf.device)] = checksum(host(tensor))
    found.update(("gradient %s" % name, checksum(host(tensor))) for name, tensor in run.returned.items())
    return found


def main(words: List[str]) -> int:
    """Returns: 0; 1 where the dump cannot be run, with the reason on stderr."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dump")
    parser.add_argument("--against")
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args(words)
    try:
        with DumpReader(arguments.dump, guard=False) as reader:  # whoever started this has looked it over
            session = Session(reader.record, load(str(reader.record.environment.get("framework", "mxnet"))))
            if arguments.against is not None:
                first = read_first(arguments.against)
                runs = [asdict(difference(first, arrays_of(session))) for _ in range(arguments.repeat)]
                print(json.dumps({"differences": runs}))
                return 0
            run = session.backend.run(session.graph, session.leaf, session.gradient, session.seed, None)
            outcome = outcome_of(session.graph, run, session.backend.to_numpy)
            checksums = fingerprinted(session, run=run)
    except NanhuntError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"bad": outcome.bad, "loss": outcome.loss, "norm": outcome.norm, "checksums": checksums}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
