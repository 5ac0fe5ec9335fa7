"""`nanhunt launch -n 2 -- train …`: the processes of a distributed run on this machine, as MXNet's launcher starts them."""

import argparse
import os
import sys
from typing import List

from nanhunt.errors import UsageError

NAME = "launch"
HELP = "start the scheduler, servers and workers of a distributed run on this machine"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `launch`; the words from the command's name on are left in `program`."""
    parser.set_defaults(program=[])
    parser.usage = "nanhunt launch -n N [options] -- train|run [ARGUMENT ...]"
    parser.add_argument("-n", "--workers", type=int, default=2, metavar="N", help="worker processes (default: %(default)s)")
    parser.add_argument("-s", "--servers", type=int, default=1, metavar="N", help="server processes (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=int,
        metavar="PORT",
        help="of the scheduler; the next 4, and one a worker after them, are used too (default: free ones)",
    )
    parser.epilog = (
        "exit codes: 3 a worker found a NaN or Inf, 5 one hung, 130 interrupted, else the first that is not 0; what a worker "
        "prints has its number in front"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: the exit code of the workers together.

    Raises:
        UsageError: there is nothing to start, or no port.
    """
    from nanhunt.watching.peers.launching import launch

    words: List[str] = arguments.program
    if not words or words[0] not in ("train", "run"):
        raise UsageError("Expected `train …` or `run …` after --, found %s." % (words[0] if words else "nothing"))
    if arguments.workers < 1 or arguments.servers < 1:
        raise UsageError(f"Expected 1 worker and 1 server or more, found {arguments.workers} and {arguments.servers}.")
    command = [sys.executable, "-m", "nanhunt", *words]
    return launch(command, arguments.workers, arguments.servers, arguments.port, dict(os.environ))
