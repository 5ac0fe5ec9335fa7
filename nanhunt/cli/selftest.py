"""`nanhunt selftest`: plant real faults into one's own training and see what nanhunt says of each."""

import argparse
import sys
from pathlib import Path
from typing import Any

from nanhunt.errors import EXIT_ERROR, EXIT_OK, UsageError
from nanhunt.report.json import check_folder
from nanhunt.train.options import TrainOptions, add_options
from nanhunt.watching.program import program_of

NAME = "selftest"
HELP = "plant real faults into one's own training and see what is found, and what watching costs"
_CODES = (
    "exit codes: 0 every fault that could be planted was found and named rightly, and a clean run had no finding; 1 otherwise; "
    "2 usage. Dumps go to a temporary folder (TMPDIR) and are removed."
)


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `selftest`: those of `train`, and its own; or the word `run` and a program."""
    add_options(parser)
    _add_own_options(parser.add_argument_group("self-test"))
    parser.epilog = _CODES
    ways = parser.add_subparsers(title="a program of one's own", metavar="run", dest="way")
    text = "plant them into an MXNet program, unchanged, instead: see `nanhunt selftest run --help`"
    _prepare_run(ways.add_parser("run", help=text, description=_RUN, allow_abbrev=False))


_RUN = (
    "Run an MXNet program, unchanged, once clean and once for every fault, each time in a process of its own that is ended "
    "after a few iterations; the fault comes in the second."
)


def _prepare_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(program=[])
    parser.usage = (
        "nanhunt selftest run [options] SCRIPT [ARGUMENT ...]\n       nanhunt selftest run [options] -m MODULE [ARGUMENT ...]"
    )
    _add_own_options(parser)
    parser.add_argument(
        "--iterations", type=int, default=4, metavar="N", help="after which each run is ended (default: %(default)s)"
    )
    parser.add_argument(
        "--timeout", type=float, default=600.0, metavar="S", help="a run of more than S seconds is ended (default: %(default)g)"
    )
    parser.epilog = "Options of nanhunt stand before the program's name; what follows is the program's. " + _CODES


def _add_own_options(group: Any) -> None:
    group.add_argument("--only", action="append", default=[], metavar="FAULT", help="plant this one; may be repeated")
    group.add_argument(
        "--rounds",
        type=int,
        default=3,
        metavar="N",
        help="of three pairs of watched and bare iterations (default: %(default)s)",
    )
    group.add_argument("--json", type=Path, metavar="FILE", help="write everything here")


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 all found, named rightly, and none false; 1 otherwise.

    Raises:
        UsageError, DataError, NanhuntError: as `train`.
    """
    check_folder(arguments.json)
    if arguments.rounds < 0:
        raise UsageError("Expected --rounds of 0 or more, found %d." % arguments.rounds)
    result = _of_program(arguments) if arguments.way == "run" else _of_training(arguments)
    from nanhunt.report.selftest import print_selftest, write_selftest

    print_selftest(result)
    if arguments.json is not None:
        write_selftest(arguments.json, result)
    return EXIT_OK if result.good else EXIT_ERROR


def _of_training(arguments: argparse.Namespace) -> Any:
    options = TrainOptions.from_arguments(arguments)
    from nanhunt.backends.base import load

    load()
    from nanhunt.selftest.faults import chosen
    from nanhunt.selftest.run import selftest

    return selftest(options, chosen(arguments.only), arguments.rounds, _say)


def _of_program(arguments: argparse.Namespace) -> Any:
    program_of(arguments.program, "nanhunt selftest run --help")
    from nanhunt.selftest.faults import chosen
    from nanhunt.selftest.program import LEAST, Plan, selftest_of_program

    if arguments.iterations < LEAST:
        raise UsageError("Expected --iterations of %d or more, found %d." % (LEAST, arguments.iterations))
    if not arguments.timeout > 0:
        raise UsageError("Expected --timeout above 0, found %g." % arguments.timeout)
    plan = Plan(arguments.program, chosen(arguments.only), arguments.iterations, arguments.rounds, arguments.timeout)
    return selftest_of_program(plan, _say)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
