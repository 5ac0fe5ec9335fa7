"""`nanhunt report dump.h5`: one page about a dump, to be read by people and attached to an issue."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Tuple

from nanhunt.dump.format import HANG
from nanhunt.errors import EXIT_OK, NanhuntError, ReplayError, UsageError

if TYPE_CHECKING:
    from nanhunt.diagnose.finding import Finding
    from nanhunt.dump.record import Record
    from nanhunt.replay.explain import Explanation

NAME = "report"
HELP = "write one self-contained HTML page about a dump"

_BUDGET = 60.0
"""Seconds for trying cures, where the dump holds none that were tried."""


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `report`."""
    parser.add_argument("dump", type=Path, help="the dump file")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the page; default: beside the dump, with .html for its suffix"
    )
    parser.add_argument("--no-replay", action="store_true", help="only read the dump; the iteration is not run again")
    parser.add_argument("--no-images", action="store_true", help="leave the pictures out, where the data cannot be shared")
    parser.add_argument(
        "--no-paths", action="store_true", help="leave out names of files and folders, and the command line, too"
    )
    parser.add_argument("--no-try", action="store_true", help="try no cures beyond those that the dump tells of")
    parser.epilog = "exit codes: 0 the page is written, 2 usage, 1 anything else (such as a damaged dump)"


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 the page is written.

    Raises:
        UsageError, DumpError, NanhuntError: as they say.
    """
    output = arguments.output or arguments.dump.with_suffix(".html")
    if not output.absolute().parent.is_dir():
        raise UsageError("Expected a folder for --output %s, found none; make it or give another file." % output)
    if output.absolute() == arguments.dump.absolute():
        raise UsageError("Expected --output to be another file than the dump, found %s for both." % output)
    from nanhunt.dump.reader import DumpReader
    from nanhunt.report.html import render, write
    from nanhunt.report.page import Wishes, page_of
    from nanhunt.report.terminal import print_brief

    with DumpReader(arguments.dump) as reader:
        finding, explanation, notices = _known(reader.record, arguments)
        wishes = Wishes(images=not arguments.no_images, paths=not arguments.no_paths)
        comparison = explanation.comparison if explanation is not None else None
        page = page_of(arguments.dump, reader.record, finding, explanation, comparison, notices, wishes)
    write(render(page), output, "--output")
    print_brief(finding, notices, output)
    return EXIT_OK


def _known(record: "Record", arguments: argparse.Namespace) -> "Tuple[Finding, Optional[Explanation], List[str]]":
    """What the dump says, and more from a replay where that is wanted and possible; and what is missing."""
    from nanhunt.report.reading import finding_of

    recorded = finding_of(record)
    if record.reason == HANG:
        return recorded, None, ["A hang: nothing was non-finite. `nanhunt replay` runs the iteration again, with an eye on it."]
    if arguments.no_replay:
        return recorded, None, ["This page was made from the dump alone (--no-replay)."]
    from nanhunt.backends.base import load
    from nanhunt.replay.explain import explain
    from nanhunt.replay.session import Session, prepare
    from nanhunt.report.words import elsewhere

    try:
        prepare(record)
        backend = load(str(record.environment.get("framework", "mxnet")))
        explanation, here = explain(record, backend), backend.environment()
    except ReplayError as error:
        return recorded, None, ["The iteration could not be run again: %s" % error]
    except NanhuntError as error:
        return recorded, None, ["Made from the dump alone, without a replay: %s" % error]
    except Exception as error:  # the framework's own errors: what the dump holds is worth showing all the same
        words = (str(error).strip().splitlines() or [""])[0]
        return recorded, None, ["The iteration could not be run again (%s: %s)." % (type(error).__name__, words)]
    finding = explanation.finding
    if any(fix.tried for fix in recorded.fixes) and recorded.cause == finding.cause:
        finding = replace(finding, fixes=recorded.fixes)
    elif not arguments.no_try:
        from nanhunt.replay.cures import try_fixes

        fixes = try_fixes(Session(record, backend), explanation, _BUDGET, arguments.dump)
        finding = replace(finding, fixes=fixes)
    return (
        finding,
        replace(explanation, finding=finding),
        ["Run again elsewhere: %s." % each for each in elsewhere(record, here)],
    )
