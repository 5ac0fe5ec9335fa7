"""`nanhunt selftest`: plant real faults into one's own training and see what nanhunt says of each."""

import argparse
import sys
from pathlib import Path

from nanhunt.errors import EXIT_ERROR, EXIT_OK, UsageError
from nanhunt.report.json import check_folder
from nanhunt.train.options import TrainOptions, add_options

NAME = "selftest"
HELP = "plant real faults into one's own training and see what is found, and what watching costs"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `selftest`: those of `train`, and its own."""
    add_options(parser)
    group = parser.add_argument_group("self-test")
    group.add_argument("--only", action="append", default=[], metavar="FAULT", help="plant this one; may be repeated")
    group.add_argument(
        "--rounds",
        type=int,
        default=3,
        metavar="N",
        help="of three pairs of watched and bare iterations (default: %(default)s)",
    )
    group.add_argument("--json", type=Path, metavar="FILE", help="write everything here")
    parser.epilog = (
        "exit codes: 0 every fault was found and named rightly, and a clean run had no finding; 1 otherwise; 2 usage. "
        "Dumps go to a temporary folder (TMPDIR) and are removed."
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 all found, named rightly, and none false; 1 otherwise.

    Raises:
        UsageError, DataError, NanhuntError: as `train`.
    """
    options = TrainOptions.from_arguments(arguments)
    check_folder(arguments.json)
    if arguments.rounds < 0:
        raise UsageError("Expected --rounds of 0 or more, found %d." % arguments.rounds)
    from nanhunt.backends.base import load

    load()
    from nanhunt.report.selftest import print_selftest, write_selftest
    from nanhunt.selftest.faults import FAULTS
    from nanhunt.selftest.run import chosen, selftest

    known = [each.name for each in FAULTS]
    unknown = [each for each in arguments.only if each not in known]
    if unknown:
        raise UsageError("Expected --only out of %s, found %s." % (", ".join(known), unknown[0]))
    result = selftest(options, chosen(arguments.only), arguments.rounds, lambda text: print(text, file=sys.stderr, flush=True))
    print_selftest(result)
    if arguments.json is not None:
        write_selftest(arguments.json, result)
    return EXIT_OK if result.good else EXIT_ERROR
