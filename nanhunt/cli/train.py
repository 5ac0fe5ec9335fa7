"""`nanhunt train`: GluonCV's segmentation training with every iteration watched."""

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from nanhunt.cli import told
from nanhunt.errors import EXIT_FOUND, EXIT_OK
from nanhunt.report.json import check_folder, write_finding
from nanhunt.train.options import TrainOptions, add_options

if TYPE_CHECKING:
    from nanhunt.diagnose.finding import Finding
    from nanhunt.train.distributed import Member
    from nanhunt.train.log import RunLog
    from nanhunt.train.loop import Outcome

NAME = "train"
HELP = "train a segmentation network, watched at every iteration"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `train`."""
    add_options(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the first finding here; null if there was none")
    parser.epilog = (
        "exit codes: 0 nothing found, 3 a NaN or Inf found (also with skip and warn), 5 the run or another worker hung, "
        "2 usage, 130 interrupted, 143 terminated, 1 anything else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 nothing found, 3 found, 128 + the number of the signal that ended the run.

    Raises:
        UsageError, DataError, NanhuntError: as they say.
    """
    options = TrainOptions.from_arguments(arguments)
    check_folder(arguments.json)
    from nanhunt.backends.base import load
    from nanhunt.train.distributed import join, serve
    from nanhunt.watching.peers.peers import leave

    serve(options)
    load()  # says in one line what to install where there is no framework
    member = join(options, lambda text: print(f"nanhunt: {text}", file=sys.stderr))
    if member is None:
        return _run(options, arguments.json, None)
    try:
        code = _run(options, arguments.json, member)
    except Exception as error:
        # What the framework does at the end of a process waits for all workers, who will not come.
        code = told(error)
        member.peers.close(f"ended with {type(error).__name__}")
        leave(code)
    member.peers.close()
    if member.peers.lost:
        leave(code)
    return code


def _run(options: TrainOptions, json: Optional[Path], member: "Optional[Member]") -> int:
    from nanhunt.train.log import RunLog
    from nanhunt.watching.peers.job import own_name

    rank = member.rank if member is not None else None
    with RunLog(own_name(options.folder / options.logging_file, rank)) as log:
        json = own_name(json, rank) if json is not None else None
        outcome = _train(options, log, member, json)
    if json is not None:
        write_finding(json, outcome.findings[0] if outcome.findings else None)
    if outcome.signal is not None:
        return 128 + outcome.signal
    return EXIT_FOUND if outcome.findings else EXIT_OK


def _train(options: TrainOptions, log: "RunLog", member: "Optional[Member]", json: Optional[Path]) -> "Outcome":
    from nanhunt.report.terminal import print_verdict
    from nanhunt.train.loop import train, validate

    if options.evaluate:
        return validate(options, log)

    def on_finding(finding: "Finding", dump: Optional[Path]) -> None:
        if finding.hang is not None and json is not None:
            write_finding(json, finding)  # the process ends when this returns
        with log.paused(), contextlib.suppress(OSError, ValueError):  # a terminal that is gone must not end the run
            print_verdict(finding, dump)
        print_verdict(finding, dump, log.file)
        log.file.flush()

    outcome = train(options, log, on_finding, member)
    if outcome.checkpoint is not None:
        log.line(f"checkpoint: {outcome.checkpoint}")
    return outcome
