"""`nanhunt run script.py`: an MXNet program, unchanged, with every iteration watched."""

import argparse
import contextlib
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Callable, List, Optional

from nanhunt.errors import EXIT_FOUND, EXIT_OK, NanhuntError
from nanhunt.report.json import check_folder, write_finding
from nanhunt.watching.options import WatchOptions, add_watch_options
from nanhunt.watching.peers.job import WORKER, job_of, own_name
from nanhunt.watching.peers.peers import Peers, leave, serve_beside
from nanhunt.watching.program import Outcome, program_of

if TYPE_CHECKING:
    from nanhunt.diagnose.finding import Finding
    from nanhunt.watching.hunt import Hunt

NAME = "run"
HELP = "run an MXNet program, unchanged, with every iteration watched"
DUMPS = "nanhunt-dumps"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `run`; the words from the program's name on are left in `program`."""
    parser.set_defaults(program=[])
    parser.usage = "nanhunt run [options] SCRIPT [ARGUMENT ...]\n       nanhunt run [options] -m MODULE [ARGUMENT ...]"
    group = add_watch_options(parser, DUMPS)
    group.add_argument(
        "--seed",
        type=int,
        default=0,
        help="the framework's random stream is seeded from this at every iteration (default: %(default)s)",
    )
    group.add_argument("--no-reseed", dest="reseed", action="store_false", help="leave the framework's random stream alone")
    group.add_argument("--no-preflight", dest="preflight", action="store_false", help="do not look at the program beforehand")
    group.add_argument(
        "--fix-syncbn", action="store_true", help="make SyncBatchNorm wait for the devices that its parameters are on"
    )
    group.add_argument("--json", type=Path, metavar="FILE", help="write the first finding here; null if there was none")
    parser.epilog = (
        "Options of nanhunt stand before the program's name; what follows is the program's. exit codes: 3 a NaN or Inf was "
        "found, also with skip and warn and however the program itself ended; 5 it hung; 2 usage; 130 interrupted; else the "
        "program's own"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 3 found, else the program's own exit code.

    Raises:
        UsageError: there is no such program, or an option cannot work.
        PreflightError: the program is certain to hang or to fail.
        NanhuntError: the JSON file cannot be written.
    """
    options = WatchOptions(
        arguments.dump_dir or Path(DUMPS),
        arguments.keep_dumps,
        arguments.on_nonfinite,
        arguments.explain,
        arguments.probe,
        arguments.no_probe,
        arguments.seed,
        arguments.budget,
        arguments.history,
        arguments.snapshot_every,
        arguments.history_batches,
        arguments.history_memory,
        arguments.history_spill,
        arguments.hang_timeout,
    )
    options.check_watching()
    probes = options.probes()  # now: the program may change the path
    check_folder(arguments.json)
    program = program_of(arguments.program, "nanhunt run --help")
    job = job_of(os.environ)
    if job is not None:
        serve_beside(job)  # in a worker this does nothing
    peers: List[Peers] = []

    def rank() -> Optional[int]:
        return peers[0].rank if peers else job.rank if job is not None else None

    found = _Found(sys.stderr, arguments.json, rank if job is not None else None)
    # The program may change its folder before it imports the framework.
    dump_dir = options.dump_dir.absolute() if options.dump_dir is not None else None
    spill = options.history_spill.absolute() if options.history_spill is not None else None

    def watch() -> "Hunt":
        from nanhunt.preflight.program import Preflight
        from nanhunt.watching import start

        if job is not None:
            peers.append(Peers(job, found.say))
        wanted = arguments.preflight or arguments.fix_syncbn

        made = start.watch(
            None,
            None,
            dump_dir=dump_dir or DUMPS,
            on_nonfinite=options.on_nonfinite,
            keep_dumps=options.keep_dumps,
            seed=options.seed,
            reseed=arguments.reseed,
            explain=options.explain,
            probes=probes,
            on_finding=found.report,
            on_notice=found.say,
            budget=options.budget,
            preflight=Preflight(found.say, arguments.fix_syncbn) if wanted else None,
            history=options.history,
            snapshot_every=options.snapshot_every,
            history_batches=options.history_batches,
            history_memory=options.history_memory,
            history_spill=spill,
            peers=peers[0] if peers else None,
            hang_timeout=options.hang_timeout,
            on_hang=found.report,
        )
        if arguments.reseed:
            found.say("the framework's random stream is reseeded at every iteration; --no-reseed leaves it alone")
        return made

    outcome = program.run(watch)
    if job is not None and job.role != WORKER:
        return outcome.code
    found.close(outcome)
    if peers and (peers[0].lost or outcome.code not in (EXIT_OK, EXIT_FOUND)):
        leave(outcome.code)  # what the framework does at the end of a process waits for all workers
    return outcome.code


class _Found:
    """Tells the user of findings, on the stream that stderr was when the program began: the program may put another there.

    Args:
        json: where the first finding goes, or None. Written at once, for a program that ends by `os._exit`.
        rank: gives that of a worker among several, which is put into the file's name, once it is known; None for a program
            that runs alone.

    Raises:
        NanhuntError: that file cannot be written.
    """

    def __init__(self, stream: IO[str], json: Optional[Path], rank: Optional[Callable[[], Optional[int]]]) -> None:
        self._stream = stream
        self._json = json.absolute() if json is not None else None
        self._rank = rank
        self._reported = 0
        self._finding: Optional[Finding] = None
        self._write()

    def report(self, finding: "Finding", dump: Optional[Path]) -> None:
        from nanhunt.report.terminal import print_verdict

        self._reported += 1
        with contextlib.suppress(OSError, ValueError):  # closed by the program
            print_verdict(finding, dump, self._stream)
        if self._reported == 1:
            self._finding = finding
            try:
                self._write()
            except NanhuntError as error:
                self.say(str(error))

    def say(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(f"nanhunt: {text}", file=self._stream, flush=True)

    def close(self, outcome: Outcome) -> None:
        """The last word, where something would go unseen without it."""
        if outcome.findings and not self._reported:
            self.report(outcome.findings[0], None)
        if outcome.findings and not outcome.stopped:
            at = outcome.findings[0].iteration
            number = "%d iterations" % len(outcome.findings) if len(outcome.findings) > 1 else "one iteration"
            only_labels = all(each.producer is not None and not each.producer.value for each in outcome.findings)
            what = "with labels that cannot be" if only_labels else "non-finite"
            self.say(f"found {number} {what}; the first: epoch {at.epoch}, iteration {at.iteration} (step {at.step})")
        if self._rank is not None and self._finding is None:
            self._write()
        if not outcome.watched and outcome.code == 0:
            self.say("the program did not import mxnet: there was nothing to watch")

    def _write(self) -> None:
        if self._json is None:
            return
        rank = self._rank() if self._rank is not None else None
        if self._rank is None or rank is not None or self._finding is not None:
            write_finding(own_name(self._json, rank), self._finding)
