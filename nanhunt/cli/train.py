"""`nanhunt train`: GluonCV's segmentation training with every iteration watched."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from nanhunt.errors import EXIT_FOUND, EXIT_OK
from nanhunt.report.json import check_folder, write_finding
from nanhunt.train.options import TrainOptions, add_options

if TYPE_CHECKING:
    from nanhunt.diagnose.finding import Finding
    from nanhunt.train.log import RunLog
    from nanhunt.train.loop import Outcome

NAME = "train"
HELP = "train a segmentation network, watched at every iteration"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `train`."""
    add_options(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the first finding here; null if there was none")
    parser.epilog = (
        "exit codes: 0 nothing found, 3 a NaN or Inf found (also with skip and warn), 2 usage, 130 interrupted, 143 "
        "terminated, 1 anything else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 nothing found, 3 found, 128 + the number of the signal that ended the run.

    Raises:
        UsageError, DataError, NanhuntError: as they say.
    """
    options = TrainOptions.from_arguments(arguments)
    check_folder(arguments.json)
    from nanhunt.backends.base import load

    load()  # says in one line what to install where there is no framework
    from nanhunt.train.log import RunLog

    with RunLog(options.folder / options.logging_file) as log:
        outcome = _train(options, log)
    if arguments.json is not None:
        write_finding(arguments.json, outcome.findings[0] if outcome.findings else None)
    if outcome.signal is not None:
        return 128 + outcome.signal
    return EXIT_FOUND if outcome.findings else EXIT_OK


def _train(options: TrainOptions, log: "RunLog") -> "Outcome":
    from nanhunt.report.terminal import print_verdict
    from nanhunt.train.loop import train, validate

    if options.evaluate:
        return validate(options, log)

    def on_finding(finding: "Finding", dump: Optional[Path]) -> None:
        with log.paused():
            print_verdict(finding, dump)
        print_verdict(finding, dump, log.file)

    outcome = train(options, log, on_finding)
    if outcome.checkpoint is not None:
        log.line(f"checkpoint: {outcome.checkpoint}")
    return outcome
