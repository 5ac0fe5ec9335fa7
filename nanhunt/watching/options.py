"""How a run is watched, as any command that watches one can be told: the result, the parser's options, and what cannot work."""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Sequence, Tuple

from nanhunt.errors import UsageError
from nanhunt.probes import Probe
from nanhunt.probes.registry import choose
from nanhunt.watching.hang.pace import AUTO, HangTimeout
from nanhunt.watching.keeping import Keeping, add_keeping_options

SEED_LIMIT = 2**32


@dataclass(frozen=True)
class WatchOptions:
    """Options of watching. Field names are the options' long names; that of a switch says what is so.

    Attributes:
        dump_dir: folder for dumps; None is the command's own default.
        keep_dumps: most dumps to write.
        on_nonfinite: `raise`, `skip` or `warn`.
        explain: whether a hit is run again at once to name the operator.
        probe: names of plug-in probes to add.
        no_probe: names of probes to leave out.
        seed: of the framework's random stream, and of what else the command draws.
        budget: most time that watching may take, as a share of the iteration's; None for all that it takes.
        history, snapshot_every, history_batches, history_memory, history_spill: see Keeping.
        hang_timeout: seconds without progress that are a hang, 0 for none, or `auto`.
    """

    dump_dir: Optional[Path] = None
    keep_dumps: int = 5
    on_nonfinite: str = "raise"
    explain: bool = True
    probe: Sequence[str] = ()
    no_probe: Sequence[str] = ()
    seed: int = 0
    budget: Optional[float] = None
    history: int = Keeping.history
    snapshot_every: int = Keeping.snapshot_every
    history_batches: str = Keeping.batches
    history_memory: int = Keeping.memory
    history_spill: Optional[Path] = None
    hang_timeout: HangTimeout = AUTO

    def check_watching(self, remakes: bool = False) -> None:
        """Refuse numbers that cannot work.

        Args:
            remakes: see Keeping.check.

        Raises:
            UsageError: naming the option, what it takes and what was given.
        """
        if self.keep_dumps < 0:
            raise UsageError(f"Expected --keep-dumps of 0 or more, found {self.keep_dumps}.")
        self.keeping().check(remakes)
        if self.seed < 0:
            raise UsageError(f"Expected --seed of 0 or more, found {self.seed}.")
        if self.seed >= SEED_LIMIT:
            raise UsageError(f"Expected --seed below {SEED_LIMIT}, found {self.seed}.")

    def keeping(self) -> Keeping:
        """What of the iterations before a finding is kept."""
        return Keeping(self.history, self.snapshot_every, self.history_batches, self.history_memory, self.history_spill)

    def probes(self) -> Tuple[Probe, ...]:
        """The chosen probes, plug-ins imported and as new instances.

        Raises:
            UsageError: as `registry.choose`.
        """
        return choose(self.probe, self.no_probe)


def share(text: str) -> float:
    """`1%` or `0.01` as a number.

    Raises:
        argparse.ArgumentTypeError: it is neither, or not above 0 and below 100 %.
    """
    try:
        value = float(text.rstrip("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share above 0 and below 100 %, such as 1% or 0.01, found {text!r}")
    return value


def hang_timeout(text: str) -> HangTimeout:
    """`auto`, or seconds as a number.

    Raises:
        argparse.ArgumentTypeError: it is neither, or negative.
    """
    if text == AUTO:
        return AUTO
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"expected seconds, 0 for no limit, or auto, found {text!r}")
    return value


def add_watch_options(parser: argparse.ArgumentParser, dump_dir: str) -> Any:
    """Add these options, but for the seed, as a group, which is returned; loads no framework.

    Args:
        dump_dir: what the default of `--dump-dir` is called.
    """
    default = WatchOptions()
    group = parser.add_argument_group("watching")
    group.add_argument("--dump-dir", type=Path, metavar="DIR", help=f"folder for dumps (default: {dump_dir})")
    group.add_argument(
        "--keep-dumps",
        type=int,
        metavar="N",
        default=default.keep_dumps,
        help="most dumps to write (default: %(default)s)",
    )
    group.add_argument(
        "--budget",
        type=share,
        metavar="SHARE",
        help="look at fewer tensors where watching takes more than this of an iteration's time, such as 1%% (default: look at "
        "all, whatever it takes)",
    )
    add_keeping_options(group)
    group.add_argument(
        "--hang-timeout",
        type=hang_timeout,
        metavar="SECONDS",
        default=default.hang_timeout,
        help="end a run that comes no further for so long, with a dump and exit code 5; 0 never does, auto goes by the "
        "iterations' own pace (default: %(default)s)",
    )
    group.add_argument(
        "--on-nonfinite",
        choices=("raise", "skip", "warn"),
        default=default.on_nonfinite,
        help="stop, drop the update and go on, or only report (default: %(default)s)",
    )
    group.add_argument("--no-explain", dest="explain", action="store_false", help="do not run a hit again to name the operator")
    group.add_argument(
        "--probe", action="append", default=[], metavar="NAME", help="add a probe of another package; may be repeated"
    )
    group.add_argument("--no-probe", action="append", default=[], metavar="NAME", help="leave a probe out; may be repeated")
    return group
