"""`nanhunt collect DIR`: the dumps of a distributed run's workers joined into one verdict."""

import argparse
import json
from pathlib import Path

from nanhunt.errors import EXIT_FOUND, EXIT_OK, NanhuntError
from nanhunt.report.json import check_folder

NAME = "collect"
HELP = "join what the workers of a distributed run found into one verdict"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `collect`."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the workers' dumps are, or their findings in JSON")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdict here")
    parser.epilog = "exit codes: 3 a worker found a NaN or Inf, 0 none did, 2 usage, 1 anything else"


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 nothing found, 3 found.

    Raises:
        UsageError: there is no such folder.
        NanhuntError: the JSON file cannot be written.
    """
    from nanhunt.report.collected import print_collected
    from nanhunt.watching.peers.collecting import collect

    check_folder(arguments.json)
    found = collect(arguments.folder)
    print_collected(found, arguments.folder)
    if arguments.json is not None:
        try:
            arguments.json.write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise NanhuntError(f"Expected to write {arguments.json}, could not ({error.strerror}).") from error
    return EXIT_FOUND if found.shares else EXIT_OK
