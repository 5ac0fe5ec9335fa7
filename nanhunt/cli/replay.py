"""`nanhunt replay dump.h5`: run a dumped iteration again and say whether it is the same, and what happened in it."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, List

from nanhunt.dump.format import HANG
from nanhunt.errors import EXIT_NOT_REPRODUCED, EXIT_OK, DumpDamagedError, ReplayError, UsageError

if TYPE_CHECKING:
    from nanhunt.backends.base import Backend
    from nanhunt.dump.record import Record
    from nanhunt.replay.cures import Change
    from nanhunt.replay.explain import Explanation
    from nanhunt.replay.session import Session

NAME = "replay"
HELP = "run a dumped iteration again, bit for bit, and explain it"

_BUDGET = 60.0
"""Seconds for trying fixes that nobody asked for by name."""


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `replay`."""
    parser.add_argument("dump", type=Path, help="the dump file")
    parser.add_argument(
        "--repeat",
        type=int,
        default=1,
        metavar="N",
        help="run it N times, here and with other numbers of threads and other engines: do the bits depend on them?",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the finding here")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a self-contained page with the verdict and pictures here"
    )
    parser.add_argument(
        "--try",
        dest="changes",
        action="append",
        default=[],
        metavar="CHANGE",
        help="run it once more with one change, NAME or NAME=VALUE, and say whether that cures it; repeatable. "
        "Changes: log-softmax, batchnorm, clip-input[=LO,HI], eps[=VALUE], float64, float64-all, drop-sample[=ROW[,ROW]], "
        "clip-grad[=NORM], lr[=VALUE], imperative, hybrid, naive-engine, threads[=N], mkldnn-off",
    )
    parser.add_argument(
        "--rewind",
        type=int,
        metavar="N",
        help="go back N iterations and walk to it again, bit for bit, from a snapshot that `--snapshot-every` took; a --try is "
        "then made to every iteration on the way",
    )
    parser.add_argument(
        "--device",
        choices=("auto", "cpu"),
        default="auto",
        help="cpu: use no GPU (default: %(default)s)",
    )
    parser.add_argument("--one-context", action="store_true", help="run the parts of all devices on one, one after the other")
    parser.add_argument("--ladder", action="store_true", help="try every change that there is something to make it to")
    parser.add_argument("--no-try", action="store_true", help="do not try the fixes that the cause proposes")
    parser.add_argument(
        "--minimise", action="store_true", help="leave out what the producer does not need: operators, samples, pixels"
    )
    parser.add_argument(
        "--script",
        type=Path,
        metavar="FILE.py",
        help="write a script of plain MXNet that shows the producer alone, with its inputs beside it in FILE.npz",
    )
    parser.add_argument(
        "--rebuild-batch",
        action="store_true",
        help="instead of all that: make the batch again from the dataset and say whether it equals the dumped one",
    )
    parser.add_argument(
        "--data-root",
        type=Path,
        metavar="DIR",
        help="with --rebuild-batch, or --rewind where the dump holds indices of batches: where the dataset is now",
    )
    parser.epilog = (
        "exit codes: 0 reproduced bit for bit, or hung again; 4 not reproduced, 2 usage, 1 anything else "
        "(such as a damaged dump)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 reproduced bit for bit, 4 not reproduced; the same of a batch made again.

    Raises:
        UsageError, DataError, DumpError, ReplayError: as they say.
    """
    if arguments.repeat < 1:
        raise UsageError("--repeat must be at least 1, not %d" % arguments.repeat)
    if arguments.script is not None and arguments.script.suffix != ".py":
        raise UsageError("--script takes a file that ends in .py, found %s" % arguments.script)
    if arguments.rebuild_batch:
        return _rebuild(arguments)
    if arguments.data_root is not None and arguments.rewind is None:
        raise UsageError("Expected --data-root with --rebuild-batch or --rewind, found it alone; a replay needs no dataset.")
    if arguments.rewind is not None:
        _check_rewind(arguments)
    from nanhunt.replay.cures import parse

    changes = parse(arguments.changes)
    if arguments.rewind is not None:
        from nanhunt.replay.rewinding.change import check_changes

        check_changes(changes)
    from nanhunt.backends.base import load
    from nanhunt.dump.reader import DumpReader
    from nanhunt.replay.compare import run_and_compare
    from nanhunt.replay.determinism import determinism_of
    from nanhunt.replay.explain import explain, preliminary
    from nanhunt.replay.minimise import minimise
    from nanhunt.replay.script import write_script
    from nanhunt.replay.session import Session, prepare
    from nanhunt.report.determinism import DeterminismPrinter, print_summary
    from nanhunt.report.html import render, write
    from nanhunt.report.json import write_finding
    from nanhunt.report.minimised import print_minimised, print_script
    from nanhunt.report.page import page_of
    from nanhunt.report.terminal import print_identity, print_limits, print_opening, print_replay, print_verdict

    with DumpReader(arguments.dump) as reader:
        prepare(reader.record)
        backend = load(str(reader.record.environment.get("framework", "mxnet")))
        backend.place(arguments.device == "cpu", arguments.one_context)
        print_opening(arguments.dump, reader.record, backend.environment())
        if reader.record.reason == HANG:
            return _rerun_hang(arguments, reader.record, backend)
        try:
            session = Session(reader.record, backend)
        except ReplayError:
            # What was seen when it was written is worth showing all the same.
            finding = preliminary(reader.record, backend)
            print_verdict(finding, None)
            if arguments.json is not None:
                write_finding(arguments.json, finding)
            raise
        print_limits(session)
        if arguments.rewind is not None:
            return _rewind(session, arguments, changes)
        runs = [run_and_compare(session) for _ in range(arguments.repeat)]
        differing = next((each for each in runs if not each.identical), runs[0])
        explanation = explain(reader.record, backend, differing)
        explanation = _with_trials(session, explanation, arguments, changes)
        small = None
        if arguments.minimise or arguments.script is not None:
            small = minimise(session, explanation, only_alone=not arguments.minimise)
        report = None
        if arguments.repeat > 1:
            print_identity(runs)
            report = determinism_of(session, arguments.dump, arguments.repeat, DeterminismPrinter())
            print_summary(report)
        page = None
        if arguments.html is not None:
            page = render(page_of(arguments.dump, reader.record, explanation.finding, explanation, differing))
    print_replay(explanation, runs if report is None else ())
    if page is not None:
        write(page, arguments.html)
    if small is not None:
        print_minimised(small)
    if arguments.json is not None:
        write_finding(arguments.json, explanation.finding, {"determinism": report.to_json()} if report is not None else None)
    if small is not None and arguments.script is not None:
        if small.alone is None:
            raise ReplayError("no script: %s" % small.why_not_alone)
        data = write_script(arguments.script, small.alone, explanation.finding, backend)
        print_script(arguments.script, data)
    return EXIT_OK if differing.identical else EXIT_NOT_REPRODUCED


def _rebuild(arguments: argparse.Namespace) -> int:
    from nanhunt.data.rebuild import rebuild_batch
    from nanhunt.dump.reader import DumpReader
    from nanhunt.report.rebuilt import print_rebuilt

    others = arguments.repeat > 1, arguments.changes, arguments.json, arguments.html, arguments.script
    if any(others) or arguments.ladder or arguments.minimise or arguments.rewind is not None:
        raise UsageError("Expected --rebuild-batch with no option but --data-root, found others; they are for a replay.")
    with DumpReader(arguments.dump) as reader:
        rebuilt = rebuild_batch(reader.record, arguments.data_root)
    print_rebuilt(rebuilt)
    return EXIT_OK if rebuilt.equal else EXIT_NOT_REPRODUCED


def _check_rewind(arguments: argparse.Namespace) -> None:
    if arguments.rewind < 1:
        raise UsageError("--rewind must be at least 1 iteration, not %d" % arguments.rewind)
    others = ("repeat", "ladder", "minimise", "script", "html")
    for name, usual in zip(others, (1, False, False, None, None)):
        if getattr(arguments, name) != usual:
            raise UsageError("--rewind goes with --try and --json; --%s is for the dumped iteration alone" % name)


def _rewind(session: "Session", arguments: argparse.Namespace, changes: "List[Change]") -> int:
    from nanhunt.data.rebuild import BatchMaker
    from nanhunt.diagnose.finding import Finding
    from nanhunt.replay.rewinding.rewind import rewind, rewind_with
    from nanhunt.report.json import write_finding
    from nanhunt.report.rewound import RewindPrinter, print_rewound, print_rewound_trials

    remake = BatchMaker(session.record, arguments.data_root)
    rewound = rewind(session, arguments.rewind, RewindPrinter(), remake)
    print_rewound(rewound)
    rows = rewind_with(session, arguments.rewind, changes, remake) if changes else []
    if rows:
        print_rewound_trials(rows, rewound.iterations[-1].step)
    if arguments.json is not None:
        finding = Finding.from_json(session.record.finding)
        fixes = tuple(replace(trial.fix(), do="--rewind %d: %s" % (arguments.rewind, trial.fix().do)) for trial, _ in rows)
        write_finding(arguments.json, replace(finding, run_up=rewound.verdict, fixes=finding.fixes + fixes))
    return EXIT_OK if rewound.identical and not rewound.differing else EXIT_NOT_REPRODUCED


def _rerun_hang(arguments: argparse.Namespace, record: "Record", backend: "Backend") -> int:
    """Show where the run stood, and run the iteration again with an eye on it.

    Returns: 0 it hangs again, 4 it does not.

    Raises:
        UsageError: what was asked for needs numbers, and there are none.
        ReplayError: the dump does not hold what is needed to run it again.
    """
    from nanhunt.replay.hang import rerun, settled, words_of
    from nanhunt.replay.session import Session
    from nanhunt.report.json import write_finding
    from nanhunt.report.reading import finding_of
    from nanhunt.report.terminal import console, escape, print_verdict

    numbers = {"--try": arguments.changes, "--ladder": arguments.ladder, "--minimise": arguments.minimise}
    numbers.update({"--script": arguments.script, "--repeat": arguments.repeat > 1, "--html": arguments.html})
    asked = [name for name, given in numbers.items() if given]
    if asked:
        raise UsageError("Expected the dump of a non-finite iteration for %s, found that of a hang." % ", ".join(asked))
    finding = finding_of(record)
    print_verdict(finding, None)
    try:
        if not finding.hang or not finding.hang.under_way:
            raise ReplayError("the run hung between two iterations: there is none to run again")
        try:
            session = Session(record, backend)
            for node in session.graph.nodes:
                if node.leaf is not None:
                    session.leaf(node.leaf)
        except DumpDamagedError as error:
            if not finding.hang.missing:
                raise
            raise ReplayError("it cannot be run again, since the devices had not computed all of it: %s" % error) from error
        done = rerun(session)
    finally:
        if arguments.json is not None:
            write_finding(arguments.json, finding)
    console().print("\n" + escape(words_of(done)))
    if arguments.json is not None:
        write_finding(arguments.json, settled(finding, done))
    if done.ended:
        return EXIT_NOT_REPRODUCED
    sys.stdout.flush()
    os._exit(EXIT_OK)  # exit handlers would wait for the engine


def _with_trials(
    session: "Session", explanation: "Explanation", arguments: argparse.Namespace, changes: "List[Change]"
) -> "Explanation":
    """The explanation with what the changes did among its fixes."""
    from nanhunt.replay.cures import ladder, merged, try_changes, try_fixes

    finding, dump = explanation.finding, arguments.dump
    trials = try_changes(session, explanation, changes, dump)
    if arguments.ladder:
        named = {change.name for change in changes}
        rest = [change for change in ladder() if change.name not in named]
        trials += try_changes(session, explanation, rest, dump, everything=False)
    if trials or changes or arguments.ladder:
        fixes = merged(finding.fixes, trials)
    else:
        fixes = finding.fixes if arguments.no_try else try_fixes(session, explanation, _BUDGET, dump)
    return replace(explanation, finding=replace(finding, fixes=fixes))
