"""`nanhunt replay dump.h5`: run a dumped iteration again and say whether it is the same, and what happened in it."""

import argparse
from pathlib import Path

from nanhunt.errors import EXIT_NOT_REPRODUCED, EXIT_OK, ReplayError, UsageError

NAME = "replay"
HELP = "run a dumped iteration again, bit for bit, and explain it"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `replay`."""
    parser.add_argument("dump", type=Path, help="the dump file")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run it N times and report any variation")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the finding here")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a self-contained page with the verdict and pictures here"
    )
    parser.epilog = "exit codes: 0 reproduced bit for bit, 4 not reproduced, 2 usage, 1 anything else (such as a damaged dump)"


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 reproduced bit for bit, 4 not reproduced.

    Raises:
        UsageError, DumpError, ReplayError: as they say.
    """
    if arguments.repeat < 1:
        raise UsageError("--repeat must be at least 1, not %d" % arguments.repeat)
    from nanhunt.backends.base import load
    from nanhunt.dump.reader import DumpReader
    from nanhunt.replay.compare import run_and_compare
    from nanhunt.replay.explain import explain, preliminary
    from nanhunt.replay.session import Session
    from nanhunt.report.html import render, write
    from nanhunt.report.json import write_finding
    from nanhunt.report.terminal import print_limits, print_opening, print_replay, print_verdict

    with DumpReader(arguments.dump) as reader:
        backend = load(str(reader.record.environment.get("framework", "mxnet")))
        print_opening(arguments.dump, reader.record, backend.environment())
        try:
            session = Session(reader.record, backend)
        except ReplayError:
            # What was seen when it was written is worth showing all the same.
            finding = preliminary(reader.record)
            print_verdict(finding, None)
            if arguments.json is not None:
                write_finding(arguments.json, finding)
            raise
        print_limits(session)
        runs = [run_and_compare(session) for _ in range(arguments.repeat)]
        differing = next((each for each in runs if not each.identical), runs[0])
        explanation = explain(reader.record, backend, differing)
        page = render(arguments.dump, reader.record, explanation, differing) if arguments.html is not None else None
    print_replay(explanation, runs)
    if page is not None:
        write(page, arguments.html)
    if arguments.json is not None:
        write_finding(arguments.json, explanation.finding)
    return EXIT_OK if differing.identical else EXIT_NOT_REPRODUCED
