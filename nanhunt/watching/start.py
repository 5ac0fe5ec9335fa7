"""Begin to watch: `watch` puts the hooks in and gives the Hunt."""

import math
import warnings
from pathlib import Path
from typing import Any, Optional, Sequence, Union

from nanhunt.backends.base import load
from nanhunt.dump.retention import DumpFolder
from nanhunt.errors import UsageError
from nanhunt.preflight.program import Preflight
from nanhunt.probes import BUILT_IN, Probe
from nanhunt.watching.hang.pace import AUTO, HangTimeout
from nanhunt.watching.hang.pace import check as check_hang_timeout
from nanhunt.watching.hang.watchdog import OnHang, to_stderr
from nanhunt.watching.hit import Notice
from nanhunt.watching.hunt import Hunt, Report
from nanhunt.watching.keeping import Keeping
from nanhunt.watching.peers.peers import Peers

REACTIONS = ("raise", "skip", "warn")


def _notice(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=3)


def watch(
    net: Any = None,
    trainer: Any = None,
    *,
    dump_dir: Union[str, Path] = "nanhunt-dumps",
    on_nonfinite: str = "raise",
    keep_dumps: int = 5,
    seed: int = 0,
    reseed: bool = True,
    explain: bool = True,
    probes: Sequence[Probe] = BUILT_IN,
    on_finding: Optional[Report] = None,
    on_notice: Notice = _notice,
    budget: Optional[float] = None,
    measure: bool = False,
    history: int = Keeping.history,
    snapshot_every: int = Keeping.snapshot_every,
    history_batches: str = Keeping.batches,
    history_memory: int = Keeping.memory,
    history_spill: Optional[Union[str, Path]] = None,
    preflight: Optional[Preflight] = None,
    peers: Optional[Peers] = None,
    hang_timeout: HangTimeout = AUTO,
    on_hang: OnHang = to_stderr,
    remakes_batches: bool = False,
) -> Hunt:
    """Watch a training loop until the Hunt is closed (it is a context manager).

    Args:
        net: the Gluon network, or several; others are found when they are used.
        trainer: the `gluon.Trainer`, or several, whose updates are withheld on a hit; without any, those of every optimizer
            that is used.
        dump_dir: folder for the dumps, made where it is missing.
        on_nonfinite: `raise` NonFiniteError, or `skip` and go on: both withhold the update and put the running statistics back;
            `warn`: report, update and go on.
        keep_dumps: most dumps to write in this run; the earliest ones tell most.
        seed: the framework's generator is seeded from (seed, step) at every iteration, so that a dump replays its draws.
        reseed: False leaves the framework's random stream alone; what Dropout draws is then recorded for the replay.
        explain: on a hit, run the iteration again at once and name the operator.
        probes: what is looked at.
        on_finding: called with each finding and its dump, before anything is raised.
        on_notice: told in one line about what went wrong inside nanhunt itself, such as a full disk.
        budget: most time that watching may take, as a share of the iteration's, such as 0.01; above it fewer tensors are looked
            at (see `nanhunt.watching.budget`). None looks at all of them, whatever it takes.
        measure: find out what watching takes, for `hunt.vitals()`, without leaving anything out: a few iterations look twice.
        preflight: looks at the networks before their first forward, and at the first iteration (see `nanhunt.preflight`).
        history: iterations whose sizes, loss, learning rate, samples and seed go into a dump.
        snapshot_every: iterations from one copy of the state to the next, from which a dump can be gone back to; 0 for none.
        history_batches: what is kept of each batch since the snapshot; see `nanhunt.watching.keeping.BATCHES`.
        history_memory: most MB of snapshots and batches.
        history_spill: a folder to write them to instead.
        peers: the other workers of a distributed job, as `nanhunt train` and `nanhunt run` find them in the environment; all
            stop together, and dumps have the worker's rank in their names.
        hang_timeout: seconds without any progress after which the process is ended with exit code 5 and a dump (docs/hangs.md);
            0 for never; `auto`: from the iterations' own pace.
        on_hang: called with the finding and its dump before the process ends so, from another thread, for ten seconds at most.
        remakes_batches: `next_batch` is told in `data` how each batch was made, as `nanhunt train` tells it; without that
            `history_batches` cannot be `indices`.

    Raises:
        UsageError: the folder cannot be written, or an option has no such value.
        NanhuntError: the framework is not installed.
    """
    if on_nonfinite not in REACTIONS:
        raise UsageError("on_nonfinite must be one of %s, not %r" % (", ".join(REACTIONS), on_nonfinite))
    if budget is not None and not 0 < budget < math.inf:
        raise UsageError("budget must be a share of the iteration's time above 0, such as 0.01, not %r" % budget)
    keeping = Keeping(history, snapshot_every, history_batches, history_memory, history_spill)
    keeping.check(remakes_batches)
    check_hang_timeout(hang_timeout)
    folder = DumpFolder(Path(dump_dir), keep_dumps, suffix=(lambda: peers.suffix) if peers is not None else str)
    folder.check()
    if keeping.said():
        on_notice(keeping.said())
    return Hunt(
        load(),
        net,
        trainer,
        folder,
        on_nonfinite,
        seed if reseed else None,
        explain,
        tuple(probes),
        on_finding,
        on_notice,
        budget,
        measure,
        keeping,
        preflight,
        peers,
        hang_timeout,
        on_hang,
    )


def estimator_handler(**options: Any) -> Any:
    """An event handler for `gluon.contrib.estimator.Estimator.fit`, which is watched from its beginning to its end.

        estimator.fit(train_data=loader, epochs=2, event_handlers=[nanhunt.estimator_handler(dump_dir="dumps")])

    An error that leaves `fit` skips its `train_end`: close `handler.hunt` then, or let the process end.

    Args:
        options: as those of `watch`.

    Raises:
        NanhuntError: this framework has no estimator.
    """
    return load().estimator_handler(lambda net, trainer: watch(net, trainer, **options))
