"""`nanhunt preflight`: what will make a training hang or go non-finite, before it is begun."""

import argparse
import sys
from pathlib import Path

from nanhunt.errors import EXIT_ERROR, EXIT_OK
from nanhunt.report.json import check_folder
from nanhunt.train.options import TrainOptions, add_options

NAME = "preflight"
HELP = "look at a training before it begins: what will hang, fail or go non-finite"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `preflight`: those of `train`."""
    add_options(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all remarks here")
    parser.epilog = "exit codes: 0 nothing is certain to fail, 1 something is, or it could not be looked at, 2 usage"


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 nothing is certain to fail, 1 something is.

    Raises:
        UsageError, DataError, NanhuntError: as `train`.
    """
    options = TrainOptions.from_arguments(arguments)
    check_folder(arguments.json)
    from nanhunt.backends.base import load

    load()
    from nanhunt.preflight.base import ERROR
    from nanhunt.report.preflight import print_preflight, write_preflight
    from nanhunt.train.assembly import assemble_training
    from nanhunt.train.preflight import look

    training = assemble_training(options, lambda text: print(text, file=sys.stderr))
    remarks = look(training, options)
    print_preflight(remarks)
    if arguments.json is not None:
        write_preflight(arguments.json, remarks)
    return EXIT_ERROR if any(each.severity == ERROR for each in remarks) else EXIT_OK
