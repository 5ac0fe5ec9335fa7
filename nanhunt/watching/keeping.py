"""What of the iterations before a finding is kept: the result, the parser's options, and what cannot work."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

from nanhunt.errors import UsageError

BATCHES = ("arrays", "indices", "none")


@dataclass(frozen=True)
class Keeping:
    """Options of the history. All but `memory` and `spill` are free of cost at their defaults.

    Attributes:
        history: iterations whose sizes, loss, learning rate, samples and seed go into a dump, and at most so many to go back.
        snapshot_every: iterations from one copy of parameters, optimizer state and statistics to the next; 0 for none.
        batches: what a dump holds of the batches since the snapshot: `arrays`; `indices`, draws and checksums, to make
            them again from the dataset; or `none`.
        memory: most MB that snapshots and batches take.
        spill: folder that they are written to instead, or None.
    """

    history: int = 64
    snapshot_every: int = 0
    batches: str = "arrays"
    memory: int = 1024
    spill: Optional[Union[str, Path]] = None

    def check(self, remakes: bool = False) -> None:
        """Refuse what cannot work.

        Args:
            remakes: the program says how its batches are made, so that they can be made again.

        Raises:
            UsageError: naming the option, what it takes and what was given.
        """
        if self.history < 0:
            raise UsageError(f"Expected --history of 0 or more iterations, found {self.history}.")
        if self.snapshot_every < 0:
            raise UsageError(f"Expected --snapshot-every of 0 (none) or more iterations, found {self.snapshot_every}.")
        if self.batches not in BATCHES:
            raise UsageError(f"Expected --history-batches {', '.join(BATCHES[:-1])} or {BATCHES[-1]}, found {self.batches!r}.")
        if self.batches == "indices" and not remakes:
            raise UsageError(
                "Expected --history-batches arrays or none, found indices: only batches of `nanhunt train` can be made again."
            )
        if self.memory < 1:
            raise UsageError(f"Expected --history-memory of 1 MB or more, found {self.memory}.")
        if self.snapshot_every and self.batches == "none":
            raise UsageError(
                "Expected --history-batches arrays with --snapshot-every, found none: without its batches no iteration can be "
                "run again."
            )
        if self.snapshot_every and self.history < self.snapshot_every:
            raise UsageError(
                f"Expected --history of at least --snapshot-every {self.snapshot_every} iterations, found {self.history}: "
                "no further back is kept."
            )

    def said(self) -> str:
        """One line for the start of a run; empty where there is nothing to say."""
        if not self.snapshot_every:
            return ""
        where = f"on disk in {self.spill}" if self.spill is not None else f"in at most {self.memory} MB of memory"
        return (
            f"going back: the state is copied every {self.snapshot_every} iterations and all batches since are kept, {where}, "
            f"for at most {self.history} iterations"
        )


def add_keeping_options(group: Any) -> None:
    """Add these options to a group of a parser's."""
    group.add_argument(
        "--history",
        type=int,
        metavar="N",
        default=Keeping.history,
        help="iterations before a finding whose sizes, loss and learning rate go into the dump (default: %(default)s)",
    )
    group.add_argument(
        "--snapshot-every",
        type=int,
        metavar="K",
        default=Keeping.snapshot_every,
        help="copy the state every K iterations and keep all batches since, so that `nanhunt replay --rewind` can go back "
        "(default: off)",
    )
    group.add_argument(
        "--history-batches",
        choices=BATCHES,
        default=Keeping.batches,
        help="what the dump holds of the batches since the snapshot (default: %(default)s)",
    )
    group.add_argument(
        "--history-memory",
        type=int,
        metavar="MB",
        default=Keeping.memory,
        help="most memory for snapshots and batches (default: %(default)s)",
    )
    group.add_argument(
        "--history-spill", type=Path, metavar="DIR", help="write snapshots and batches there instead of keeping them in memory"
    )
