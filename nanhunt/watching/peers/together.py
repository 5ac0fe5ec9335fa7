"""What a Hunt does together with those of other workers: agree before an update, name itself, stop with another."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Callable, Dict, Optional

from nanhunt.backends.base import Instrumentation
from nanhunt.diagnose.finding import Finding
from nanhunt.watching.peers.peers import Peers, Stop


class Together:
    """One worker among others; without others it does nothing.

    Args:
        peers: None for a process that trains alone.
    """

    def __init__(self, peers: Optional[Peers], instrumentation: Instrumentation) -> None:
        self._peers = peers
        self._instrumentation = instrumentation
        self._step = -1

    def worker(self) -> Optional[Dict[str, Any]]:
        """For a dump: `rank`, `size`, `run`, `stopped_with`; None where there are no others."""
        if self._peers is None:
            return None
        self._place()
        return {"rank": self._peers.rank, "size": self._peers.size, "run": self._peers.run, "stopped_with": None}

    def agree(self, step: int, shared: bool) -> Optional[Stop]:
        """An update is about to run; waits for the others, once an iteration.

        Raises:
            PeerError: a worker is gone.
        """
        if self._peers is None or step == self._step or not (shared or self._peers.every_update):
            return None
        self._step = step
        self._place()
        return self._peers.agree(step)

    def looks(self, closer: bool) -> None:
        """This worker takes its time: it looks closer at something."""
        if self._peers is not None and self._step >= 0:
            self._peers.busy(closer)

    def stops(self, finding: Finding) -> None:
        """Tell the others that this worker stops; once, as early as it is certain, and without waiting for them."""
        if self._peers is not None and not self._peers.stopped:
            self._place(meet=True)
            self._peers.stop(finding.iteration.step, words(finding))

    def skips(self, finding: Finding) -> None:
        """Let the others leave out the update that this worker leaves out, unless they have agreed on it already."""
        if self._peers is not None and finding.iteration.step != self._step:
            self._step = finding.iteration.step
            self._place(meet=True)
            self._peers.skip(self._step, words(finding))

    def hanging(self, on_hang: Callable[[Finding, Optional[Path]], None]) -> Callable[[Finding, Optional[Path]], None]:
        """`on_hang`, before which the others hear that this worker hangs: its process is about to be ended."""

        def told(finding: Finding, dump: Optional[Path]) -> None:
            if self._peers is not None:
                self._peers.hangs(finding.why)
            on_hang(finding, dump)

        return told

    def close(self, error: Optional[BaseException]) -> None:
        """The Hunt ends, with an error of the program's or without."""
        if self._peers is not None:
            plain = error is None or (isinstance(error, SystemExit) and not error.code)
            self._peers.close("finished" if plain else "ended with %s" % type(error).__name__)

    def _place(self, meet: bool = False) -> None:
        assert self._peers is not None
        place = self._instrumentation.worker(meet)
        if place.rank is not None:
            self._peers.rank = place.rank
        self._peers.alone = place.alone


def words(finding: Finding) -> str:
    """A finding in a few words."""
    producer = finding.producer
    if producer is None:
        reached = [name for name, bad in asdict(finding.spread).items() if bad]
        return finding.cause if finding.cause != "unknown" else "values that are not finite in its %s" % ", ".join(reached)
    value = producer.value or finding.cause
    where = " in %s" % (producer.op or producer.block) if producer.op or producer.block else ""
    return "%s%s%s on %s" % (value, where, " (%s)" % producer.file if producer.file else "", producer.device)
