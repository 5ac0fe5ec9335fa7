"""`nanhunt read-log`: what can be told from training logs alone."""

import argparse
from pathlib import Path

from nanhunt.errors import EXIT_FOUND, EXIT_OK
from nanhunt.report.json import check_folder

NAME = "read-log"
HELP = "say what training logs alone can tell of a NaN: where, whether it healed, data or chance"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `read-log`."""
    parser.add_argument("logs", nargs="+", type=Path, metavar="LOG", help="log files, also packed by gzip, bzip2 or xz")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was read here")
    parser.add_argument("--no-plot", dest="plot", action="store_false", help="words only")
    parser.epilog = (
        "exit codes: 0 nothing non-finite, 3 found, 2 usage, 1 a file cannot be read or is no training log (the others are "
        "still read)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 nothing found, 3 a non-finite value found.

    Raises:
        UsageError: `--json` names no folder.
        NanhuntError: a file cannot be read, after all others were.
    """
    check_folder(arguments.json)
    from nanhunt.errors import NanhuntError
    from nanhunt.logs.comparison import compare
    from nanhunt.logs.log import read_log
    from nanhunt.logs.summary import summarise
    from nanhunt.report.log import print_comparison, print_summary, write_logs

    summaries, errors = [], []
    for path in arguments.logs:
        try:
            summaries.append(summarise(read_log(path)))
        except NanhuntError as error:
            errors.append(error)
            continue
        print_summary(summaries[-1], arguments.plot)
    comparison = (
        compare([(each.log, each.series if each.first else None) for each in summaries]) if len(summaries) > 1 else None
    )
    if comparison is not None:
        print_comparison(comparison)
    if arguments.json is not None:
        write_logs(arguments.json, summaries, comparison)
    if errors:
        raise NanhuntError("\n".join(str(error) for error in errors))
    return EXIT_FOUND if any(each.first for each in summaries) else EXIT_OK
