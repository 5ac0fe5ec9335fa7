"""`nanhunt diff a.h5 b.h5`: where two dumps part."""

import argparse
from pathlib import Path

from nanhunt.errors import EXIT_NOT_REPRODUCED, EXIT_OK

NAME = "diff"
HELP = "compare two dumps: settings, arrays bit by bit, and what was observed"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `diff`."""
    parser.add_argument("a", type=Path, help="a dump file")
    parser.add_argument("b", type=Path, help="another one")
    parser.add_argument("--all", action="store_true", help="every row, not only the first of each kind")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all differences here")
    parser.epilog = (
        "exit codes: 0 the same was computed of the same (whatever machine, command and run-up), 4 they differ, 2 usage, "
        "1 anything else (such as a damaged dump)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 the same, 4 they differ.

    Raises:
        UsageError, DumpError, NanhuntError: as they say.
    """
    from nanhunt.report.json import check_folder, write_json

    check_folder(arguments.json)
    from nanhunt.dump.difference import compare
    from nanhunt.dump.reader import DumpReader
    from nanhunt.report.difference import print_difference

    with DumpReader(arguments.a) as a, DumpReader(arguments.b) as b:
        found = compare(a.record, b.record)
        print_difference(found, [(arguments.a, a.record), (arguments.b, b.record)], arguments.all)
    if arguments.json is not None:
        write_json(arguments.json, found.to_json(), "the differences")
    return EXIT_OK if found.same else EXIT_NOT_REPRODUCED
