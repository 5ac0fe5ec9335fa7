"""The meeting point: counts the workers' votes before each update, and tells all of one that stops, dies or hangs.

It runs in a thread of the scheduler, or of worker 0 where a job has no scheduler.
"""

import contextlib
import os
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional

from nanhunt.watching.peers.job import WORKER, Job
from nanhunt.watching.peers.wire import Line, beat

SILENCE = 30.0
"""Seconds without a sign of life after which a process counts as hung (`NANHUNT_PEER_TIMEOUT`)."""

FIRST = 600.0
"""Longest that the others wait for a worker's first vote, in which kernels are chosen and memory is taken."""

LATE = 60.0
"""Seconds after a worker was lost in which those that have not come yet may come and hear of it."""

SLOWER = 10.0
"""How many times as long as the longest round so far a worker may take before it counts as hung."""


def silence(environment: Mapping[str, str] = os.environ) -> float:
    """`SILENCE`, or what the environment says."""
    try:
        return max(2.0, float(environment.get("NANHUNT_PEER_TIMEOUT", "")))
    except ValueError:
        return SILENCE


@dataclass
class _Worker:
    """One worker that is connected.

    Attributes:
        rank: -1 as long as it does not know it.
        votes: how many it has given.
        vote: the one that is waiting for those of others.
        busy: it is doing something other than training, and will come.
    """

    rank: int
    line: Line
    where: str
    step: int = 0
    votes: int = 0
    vote: Optional[Mapping[str, Any]] = None
    busy: bool = False


@dataclass
class _Round:
    """The votes that are being waited for."""

    number: int = 1
    since: Optional[float] = None
    longest: float = 0.0
    begun: float = field(default_factory=time.monotonic)


class Meeting:
    """Serves until the process ends.

    Args:
        job: with a meeting point.

    Raises:
        OSError: none of its ports is free.
    """

    def __init__(self, job: Job) -> None:
        assert job.meeting is not None
        self._job = job
        self._silence = silence()
        self._run = os.urandom(6).hex()
        self._lock = threading.RLock()
        self._workers: List[_Worker] = []
        self._servers: List[Line] = []
        self._finished: List[_Worker] = []
        self._stopped: List[_Worker] = []  # gone, and their votes are still to be counted
        self._joined = 0
        self._round = _Round()
        self._lost: Optional[Dict[str, Any]] = None
        self._lost_at = 0.0
        self._stop: Optional[Dict[str, Any]] = None  # of a worker that waits for no other
        self._socket = _bound(*job.meeting)
        for work in (self._accept, self._look):
            threading.Thread(target=work, name="nanhunt-meeting", daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Until no worker is connected any more, or so many seconds have passed."""
        end = time.monotonic() + seconds
        while self._workers and time.monotonic() < end:
            time.sleep(0.02)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="nanhunt-meeting", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        line, ended = Line(connection, self._silence), threading.Event()
        worker: Optional[_Worker] = None
        how = "died"
        try:
            hello = line.receive()
            if hello.get("job") != self._job.root:
                return
            if hello.get("role") == WORKER:
                worker = self._join(_Worker(int(hello["rank"]), line, str(hello.get("where", ""))))
            elif not line.send(job=self._job.root, run=self._run):
                return
            threading.Thread(target=beat, args=(line, ended), name="nanhunt-beat", daemon=True).start()
            if worker is None:
                self._servers.append(line)
                for _ in line.messages():
                    pass
                return
            for message in line.messages():
                with self._lock:
                    if "bye" in message:
                        how = str(message["bye"])
                        return
                    self._hear(worker, message)
        except socket.timeout:
            how = "hung: no sign of life for %.0f s" % self._silence
        except (KeyError, TypeError, ValueError):
            return  # not one of ours
        finally:
            ended.set()
            if worker is not None:
                with self._lock:
                    self._left(worker, how)
            line.close()

    def _join(self, worker: _Worker) -> _Worker:
        """Take it in. From its first word on it hears all that is told to everybody, and what was told before it came."""
        with self._lock:
            self._workers.append(worker)
            self._joined += 1
            worker.line.send(job=self._job.root, run=self._run)
            for message in (self._lost, self._stop):
                if message is not None:
                    worker.line.send(**message)
        return worker

    def _hear(self, worker: _Worker, message: Mapping[str, Any]) -> None:
        if "busy" in message:
            worker.busy = bool(message["busy"])
            return
        worker.step, worker.rank = int(message["step"]), int(message["rank"])
        worker.busy = False
        if message.get("alone"):
            # Updates of the others do not wait for this one's: they are told, and stop where they are.
            told = dict(message, by=worker.rank)
            if message["do"] == "stop":
                self._stop = told
            if message["do"] != "go":
                self._tell(told, but=worker)
            return
        worker.votes += 1
        worker.vote = message
        if self._round.since is None:
            self._round.since = time.monotonic()
        self._count()

    def _count(self) -> None:
        """Answer the votes once all are there."""
        waiting = [each for each in self._workers + self._stopped if each.vote is not None]
        if len(waiting) + len(self._finished) < self._job.size or not waiting:
            return
        stops = sorted((each for each in waiting if _does(each) != "go"), key=lambda each: (_does(each) != "stop", each.rank))
        early = [each for each in self._finished if each.votes < self._round.number]
        if early and not stops:
            self._lose(early[0], "finished after %d updates" % early[0].votes)
            return
        now, before = time.monotonic(), self._round
        longest = max(before.longest, now - before.begun) if before.number > 1 else before.longest
        self._round = _Round(before.number + 1, None, longest, now)
        answer: Dict[str, Any] = {"do": "go"}
        if stops:
            assert stops[0].vote is not None
            answer = {"do": _does(stops[0]), "by": stops[0].rank, "what": stops[0].vote.get("what", "")}
        for each in waiting:
            each.vote = None
        self._stopped.clear()
        for each in waiting:
            each.line.send(**answer, own=each in stops)

    def _left(self, worker: _Worker, how: str) -> None:
        self._workers.remove(worker)
        if how == "finished":
            self._finished.append(worker)
            self._count()
        elif how != "stopped":
            self._lose(worker, how)
        elif worker.vote is not None:
            self._stopped.append(worker)

    def _lose(self, worker: _Worker, how: str) -> None:
        if self._lost is None:
            self._lost = {"lost": worker.rank, "how": how, "step": worker.step, "where": worker.where}
            self._lost_at = time.monotonic()
            self._tell(self._lost, but=worker)

    def _tell(self, message: Mapping[str, Any], but: _Worker) -> None:
        for worker in self._workers:
            if worker is not but:
                worker.line.send(**message)

    def _look(self) -> None:
        """Now and then: is somebody waited for who does not come? Is there anybody left?"""
        while True:
            time.sleep(0.5)
            with self._lock:
                now, at = time.monotonic(), self._round
                if self._lost is not None:
                    if not self._workers and (self._joined >= self._job.size or now - self._lost_at > LATE):
                        self._end()
                        return
                    continue
                if at.since is None:
                    continue
                patience = max(self._silence, SLOWER * at.longest) if at.number > 2 else max(FIRST, self._silence)
                missing = [each for each in self._workers if each.vote is None]
                if now - at.since > patience and missing and not any(each.busy for each in missing):
                    late = "hung: it lives, but %.0f s after another worker it has not come to its update" % (now - at.since)
                    self._lose(missing[0], late)

    def _end(self) -> None:
        """All workers are gone, one of them without a word: nobody would end the servers and the scheduler."""
        for each in self._servers:
            each.send(end=1)
        if self._job.role != WORKER:
            threading.Timer(1.0, os._exit, (1,)).start()


def _does(worker: _Worker) -> str:
    return str(worker.vote["do"]) if worker.vote is not None else ""


def _bound(host: str, ports: Any) -> socket.socket:
    error: Optional[OSError] = None
    for port in ports:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, port))
            made.listen(256)
            return made
        except OSError as failed:
            error = failed
            with contextlib.suppress(OSError):
                made.close()
    assert error is not None
    raise error
