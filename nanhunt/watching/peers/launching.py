"""The processes of a distributed run on one machine: started together, and none left behind."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from typing import List, Mapping, Optional, Sequence

from nanhunt.errors import EXIT_ERROR, EXIT_FOUND, EXIT_HANG, EXIT_INTERRUPTED, EXIT_OK, UsageError

_HOST = "127.0.0.1"

_WORKERS = 5
"""From the scheduler's port to that of the first worker: the key-value store numbers its workers by their ports."""

_OTHERS = 90.0
"""Seconds that the other workers have to end when one has failed: they hear of it, and may write a checkpoint."""

_REST = 10.0
"""Seconds that scheduler and servers have to end when all workers have."""


def launch(command: Sequence[str], workers: int, servers: int, port: Optional[int], environment: Mapping[str, str]) -> int:
    """Run the command once in each role, until all workers have ended.

    Args:
        port: of the scheduler, or None for a free one.

    Returns:
        3 if a worker found something, else 5 if one hung, else the first code that is not 0.

    Raises:
        UsageError: no port is free.
    """
    root = port if port is not None else _free_port(_WORKERS + workers)
    shared = {
        **environment,
        "DMLC_PS_ROOT_URI": _HOST,
        "DMLC_PS_ROOT_PORT": str(root),
        "DMLC_NUM_WORKER": str(workers),
        "DMLC_NUM_SERVER": str(servers),
        "DMLC_INTERFACE": environment.get("DMLC_INTERFACE", "lo"),
    }
    started: List[subprocess.Popen] = []
    try:
        others = [_start(command, shared, "scheduler", "scheduler")]
        started += others
        for k in range(servers):
            others.append(_start(command, shared, "server", "server %d" % k))
            started.append(others[-1])
        team = []
        for k in range(workers):
            own = {"DMLC_WORKER_ID": str(k), "PORT": str(root + _WORKERS + k)}
            team.append(_start(command, {**shared, **own}, "worker", "worker %d" % k))
            started.append(team[-1])
        codes = _wait(team)
        _until(others, _REST)
        return codes
    except KeyboardInterrupt:
        _until(started, _REST)
        return EXIT_INTERRUPTED
    finally:
        for each in started:
            if each.poll() is None:
                each.kill()
        for each in started:
            each.wait()
            each.printer.join(timeout=5)  # type: ignore[attr-defined]


def _start(command: Sequence[str], environment: Mapping[str, str], role: str, name: str) -> subprocess.Popen:
    process = subprocess.Popen(
        list(command),
        env=dict(environment, DMLC_ROLE=role),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    printer = threading.Thread(target=_print, args=(process, name), daemon=True)
    printer.start()
    process.printer = printer  # type: ignore[attr-defined]
    return process


_printing = threading.Lock()


def _print(process: subprocess.Popen, name: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        with _printing, contextlib.suppress(OSError, ValueError):
            print("%s | %s" % (name, line.decode("utf-8", "replace").rstrip("\n")), file=sys.stdout, flush=True)


def _wait(workers: Sequence[subprocess.Popen]) -> int:
    failed: Optional[float] = None
    while any(each.poll() is None for each in workers):
        if failed is None and any(each.poll() not in (None, EXIT_OK, EXIT_FOUND) for each in workers):
            failed = time.monotonic()
        if failed is not None and time.monotonic() - failed > _OTHERS:
            break
        time.sleep(0.05)
    codes = [each.poll() for each in workers]
    late = [k for k, code in enumerate(codes) if code is None]
    if late:
        print("nanhunt: worker %s did not end after another one failed; killed" % ", ".join(map(str, late)), file=sys.stderr)
    return _together([EXIT_ERROR if code is None or code < 0 else code for code in codes])


def _together(codes: Sequence[int]) -> int:
    for worst in (EXIT_FOUND, EXIT_HANG):
        if worst in codes:
            return worst
    return next((code for code in codes if code), EXIT_OK)


def _until(processes: Sequence[subprocess.Popen], seconds: float) -> None:
    end = time.monotonic() + seconds
    while any(each.poll() is None for each in processes) and time.monotonic() < end:
        time.sleep(0.05)


def _free_port(several: int) -> int:
    """One behind which as many are free too, as far as that can be told."""
    for _ in range(50):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError, OverflowError):
            first = held.enter_context(socket.socket())
            first.bind((_HOST, 0))
            port = int(first.getsockname()[1])
            for k in range(1, several):
                held.enter_context(socket.socket()).bind((_HOST, port + k))
            return port
    raise UsageError("Expected free ports for the scheduler and the workers, found none; give --port.")
