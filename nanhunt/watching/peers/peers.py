"""A worker's side: it votes before each update, hears of the others, and does not wait for ever."""

import atexit
import contextlib
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass
from queue import Queue
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from nanhunt.errors import EXIT_ERROR, EXIT_HANG, PeerError
from nanhunt.watching.peers.job import WORKER, Job
from nanhunt.watching.peers.meeting import Meeting, silence
from nanhunt.watching.peers.wire import Line, beat

_CONNECT = 10.0
"""Seconds that the first vote waits for the meeting point; it is there before the key-value store is."""

_GRACE = 5.0
"""Seconds, on top of two of the longest iterations, in which a worker may come to its next vote after another is gone."""

_LEAVE = 60.0
"""Seconds in which it has to end after that: a checkpoint may be written."""


@dataclass(frozen=True)
class Stop:
    """What another worker asks of all.

    Attributes:
        rank: who.
        what: what it found, in words.
        skip: this update is left out by all; else all stop.
    """

    rank: int
    what: str
    skip: bool = False


class Peers:
    """The other workers of a job.

    Args:
        job: of a worker.
        notice: told in one line of what goes wrong.

    Attributes:
        rank: None as long as it is not known.
        size: workers in all.
        alone: updates wait for no other worker (asynchronous), and so do votes.
        run: tells this run from others of the same job; empty where there is no meeting point.
        stopped: something was found, here or by another worker, and this one votes no more.
        every_update: all updates are made together, not only those that go through a shared key-value store.
    """

    def __init__(self, job: Job, notice: Callable[[str], None]) -> None:
        self._job = job
        self._notice = notice
        self.rank = job.rank
        self.size = job.size
        self.alone = False
        self.every_update = not job.source.startswith("DMLC")
        self.run = ""
        self._line: Optional[Line] = None
        self._tried = job.meeting is None
        self._answers: Queue[Mapping[str, Any]] = Queue()
        self._lost: Optional[Mapping[str, Any]] = None
        self._told: Queue[Stop] = Queue()
        self._ended = threading.Event()
        self._longest = 0.0
        self._last: Optional[float] = None
        self.stopped = False
        self._meeting: Optional[Meeting] = None
        if job.hosts and job.meeting is not None:
            try:
                self._meeting = Meeting(job)
            except OSError as error:
                notice("the workers cannot agree: %s cannot be listened at (%s)" % (job.root, error.strerror))
                self._tried = True

    @property
    def suffix(self) -> str:
        """What files of this worker have at the end of their names: `-r1`; empty as long as its rank is not known."""
        return "" if self.rank is None else "-r%d" % self.rank

    @property
    def lost(self) -> bool:
        """Whether what waits for all workers, as the framework's own exit does, may never end: see `leave`."""
        return self._lost is not None or (self._job.source.startswith("DMLC") and self._tried and self._line is None)

    @property
    def code(self) -> int:
        """The exit code that belongs to what was lost."""
        hung = self._lost is not None and str(self._lost.get("how", "")).startswith("hung")
        return EXIT_HANG if hung else EXIT_ERROR

    def agree(self, step: int) -> Optional[Stop]:
        """This worker would update now; waits for the others unless it is `alone`.

        Returns:
            None: all go on.

        Raises:
            PeerError: a worker is gone.
        """
        return self._vote({"step": step, "do": "go"})

    def stop(self, step: int, what: str) -> None:
        """This worker found something and stops. It waits for nobody, and votes no more."""
        self._connect()
        self.stopped = True
        if self._line is not None:
            self._line.send(rank=self._number, step=step, do="stop", what=what[:500], alone=int(self.alone))

    def skip(self, step: int, what: str) -> None:
        """This worker found something and leaves this update out, and so do the others, for whom it waits.

        Raises:
            PeerError: a worker is gone.
        """
        self._vote({"step": step, "do": "skip", "what": what[:500]})

    def hangs(self, why: str) -> None:
        """This worker's own watchdog is about to end it."""
        if self._line is not None:
            self._line.send(bye="hung: %s;" % why[:300])

    def busy(self, whether: bool) -> None:
        """This worker does something else for a while, such as validating: the others wait, and do not count it hung."""
        if self._line is not None:
            self._line.send(busy=int(whether))

    def close(self, how: str = "finished") -> None:
        """Say good-bye.

        Args:
            how: `finished` where the worker came to its end, else what ended it, in words.
        """
        if self._ended.is_set():
            return
        self._ended.set()
        if self._line is not None:
            self._line.send(bye="stopped" if self.stopped else how)
            time.sleep(0.01)
            self._line.close()
        if self._meeting is not None:
            self._meeting.wait(_LEAVE)

    def _vote(self, message: Dict[str, Any]) -> Optional[Stop]:
        self._connect()
        if self._line is None or self.stopped:
            return None
        self._raise_if_lost()
        if self.alone:
            self._line.send(alone=1, rank=self._number, **message)
            told = None if self._told.empty() else self._told.get()
            self.stopped = told is not None and not told.skip
            return told
        now = time.monotonic()
        if self._last is not None:
            self._longest = max(self._longest, now - self._last)
        self._line.send(rank=self._number, **message)
        answer = self._answers.get()
        self._last = time.monotonic()
        if answer.get("do") == "go":
            return None
        self._raise_if_lost()
        if answer.get("own"):
            return None
        skip = answer.get("do") == "skip"
        self.stopped = self.stopped or not skip
        return Stop(int(answer.get("by", -1)), str(answer.get("what", "")), skip)

    @property
    def _number(self) -> int:
        return -1 if self.rank is None else self.rank

    def _raise_if_lost(self) -> None:
        if self._lost is not None:
            self.stopped = True
            threading.Thread(target=self._end_after, args=(_LEAVE,), name="nanhunt-peers", daemon=True).start()
            raise PeerError(_words(self._lost), self.code)

    def _connect(self) -> None:
        if self._tried:
            return
        self._tried = True
        assert self._job.meeting is not None
        host, ports = self._job.meeting
        end = time.monotonic() + _CONNECT
        while self._line is None and time.monotonic() < end:
            for port in ports:
                met = meet(self._job, host, port, self._number)
                if met is not None:
                    self._line, self.run = met
                    break
            else:
                time.sleep(0.2)
        if self._line is None:
            self._notice(
                "no nanhunt at %s:%d: this worker watches by itself, and the others do not stop with it; start the scheduler "
                "(or worker 0) under nanhunt too" % (host, ports[0])
            )
            return
        for work in (lambda: beat(self._line, self._ended), self._listen):
            threading.Thread(target=work, name="nanhunt-peers", daemon=True).start()

    def _listen(self) -> None:
        assert self._line is not None
        how = "is gone"
        try:
            for message in self._line.messages():
                if "lost" in message:
                    self._lose(message)
                elif message.get("alone"):
                    what, skip = str(message.get("what", "")), message.get("do") == "skip"
                    self._told.put(Stop(int(message.get("by", -1)), what, skip))
                else:
                    self._answers.put(message)
        except socket.timeout:
            how = "hung: no sign of life from where the workers meet"
        if not self._ended.is_set() and self._lost is None:
            self._lose({"lost": -1, "how": how})

    def _lose(self, message: Mapping[str, Any]) -> None:
        self._lost = message
        self._answers.put({"do": "lost"})
        if self._ended.is_set():  # this one has come to its own end meanwhile
            return
        grace = _GRACE + 2 * self._longest
        threading.Thread(target=self._end_after, args=(grace, True), name="nanhunt-peers", daemon=True).start()

    def _end_after(self, seconds: float, unless_stopped: bool = False) -> None:
        """End the process, which waits for somebody who will not come, in the framework's own code."""
        time.sleep(seconds)
        if unless_stopped and self.stopped:
            return
        words = "%s\n  this worker waits for it in the key-value store and is ended" % _words(self._lost or {})
        os.write(2, ("nanhunt: %s\n" % words).encode("utf-8"))
        os._exit(self.code)


def leave(code: int) -> None:
    """End the process at once, with all that Python does at its end but nothing that the framework does."""
    atexit._run_exitfuncs()
    for each in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            each.flush()
    os._exit(code)


def _words(lost: Mapping[str, Any]) -> str:
    how, rank = str(lost.get("how", "is gone")), int(lost.get("lost", -1))
    if rank < 0:
        return "the process at which the workers meet %s: nothing that waits for all workers can go on" % how
    where = " (%s)" % lost["where"] if lost.get("where") else ""
    return "worker %d%s %s after its step %s: nothing that waits for all workers can go on" % (
        rank,
        where,
        how,
        lost.get("step"),
    )


def meet(job: Job, host: str, port: int, rank: int) -> Optional[Tuple[Line, str]]:
    """A connection to the meeting point of this job, if that is what listens there, and the run's name."""
    try:
        connection = socket.create_connection((host, port), timeout=2.0)
    except OSError:
        return None
    line = Line(connection, silence())
    where = "%s, process %d" % (socket.gethostname(), os.getpid())
    with contextlib.suppress(socket.timeout):
        if line.send(job=job.root, role=job.role, rank=rank, where=where):
            answer = line.receive()
            if answer.get("job") == job.root:
                return line, str(answer.get("run", ""))
    line.close()
    return None


def serve_beside(job: Job) -> None:
    """In a scheduler or server: be the meeting point, or listen to it, while the framework serves in the main thread.

    Where a worker has gone without a word, the process ends with code 1 once all others have gone.
    """
    if job.role == WORKER or job.meeting is None:
        return
    if job.hosts:
        try:
            Meeting(job)
        except OSError as error:
            print("nanhunt: the workers cannot agree: no port behind %s is free (%s)" % (job.root, error), file=sys.stderr)
        return
    threading.Thread(target=_follow, args=(job,), name="nanhunt-peers", daemon=True).start()


def _follow(job: Job) -> None:
    assert job.meeting is not None
    host, ports = job.meeting
    for _ in range(300):
        met = next((each for each in (meet(job, host, port, -1) for port in ports) if each is not None), None)
        if met is not None:
            break
        time.sleep(0.2)
    else:
        return
    line, ended = met[0], threading.Event()
    threading.Thread(target=beat, args=(line, ended), name="nanhunt-peers", daemon=True).start()
    try:
        for message in line.messages():
            if "end" in message:
                os._exit(1)
    except socket.timeout:
        pass
