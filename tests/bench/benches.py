"""The measurements by name. Each runs in a process of its own, so that none finds the memory and the threads of another.

`python -m bench.benches NAME SETTINGS` is such a process: it writes one JSON object a line.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, Iterator, List

from bench.settings import Settings

ROOT = Path(__file__).resolve().parents[2]

BENCHES = {
    "psp": ("watching", "psp"),
    "icnet": ("watching", "icnet"),
    "icnet-large": ("watching", "icnet_large"),
    "lenet": ("watching", "lenet"),
    "lenet-hybrid": ("watching", "lenet_hybrid"),
    "snapshots": ("snapshots", "snapshots"),
    "memory": ("memory", "memory"),
    "dump-memory": ("memory", "dump_memory"),
    "dump": ("dumping", "dump"),
    "replay": ("dumping", "replay"),
    "help": ("commands", "start"),
    "index": ("commands", "index"),
    "inspect": ("commands", "inspection"),
    "loader": ("loading", "loading"),
    "layers": ("scaling", "layers"),
    "size": ("scaling", "size"),
    "contexts": ("scaling", "contexts"),
}
"""Name to (module, function); the functions take (Settings, Progress) and yield Rows."""


class Failed(Exception):
    """A measurement came to no end; the message is the last line that its process wrote, indented ones aside."""


def events(name: str, settings: Settings) -> Iterator[Dict[str, Any]]:
    """What the process of one measurement says: `{"done": n, "of": n}` and `{"row": ...}`, and `{"about": ...}` of `about`.

    Raises:
        Failed: it came to no end.
    """
    paths = [str(ROOT), str(ROOT / "tests")] + [path for path in [os.environ.get("PYTHONPATH")] if path]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(paths))
    call = [sys.executable, "-m", "bench.benches", name, json.dumps(asdict(settings))]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=said, env=environment, universal_newlines=True)
        try:
            for line in process.stdout:  # type: ignore[union-attr]
                yield json.loads(line)
        finally:
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.terminate()
            code = process.wait()
        if code != 0:
            said.seek(0)
            lines = [line for line in said.read().decode("utf-8", "replace").splitlines() if line[:1].strip()]
            raise Failed("exit code %d: %s" % (code, lines[-1] if lines else "it said nothing"))


def about() -> Dict[str, Any]:
    """Versions and machine; imports the framework."""
    import h5py
    import mxnet
    import numpy

    import nanhunt

    variables = sorted(name for name in os.environ if name.startswith(("MXNET_", "OMP_", "KMP_", "MKL_")))
    return {
        "mxnet": mxnet.__version__,
        "gluoncv": _gluoncv(),
        "numpy": numpy.__version__,
        "h5py": h5py.__version__,
        "nanhunt": nanhunt.__version__,
        "python": "%d.%d.%d" % sys.version_info[:3],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": _cpu(),
        "threads": ", ".join("%s=%s" % (name, os.environ[name]) for name in variables) or "as MXNet chooses them",
        "commit": _commit(),
    }


def _gluoncv() -> str:
    """As it is installed: the wheel 0.10.5.post0 says 0.11.0 of itself."""
    try:
        from importlib.metadata import version
    except ImportError:  # Python 3.7
        import gluoncv

        return str(gluoncv.__version__)
    return version("gluoncv")


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        import platform

        return platform.processor() or platform.machine()


def _commit() -> str:
    def git(*arguments: str) -> str:
        call = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "nanhunt", "probes")
        return git("rev-parse", "--short", "HEAD") + (" with changes" if changed else "")
    except OSError:
        return ""


def _serve(arguments: List[str]) -> None:
    """Say events on what was standard output; what libraries print goes to standard error instead."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(event: Dict[str, Any]) -> None:
        out.write(json.dumps(event) + "\n")

    if arguments[0] == "about":
        say({"about": about()})
    else:
        module, function = BENCHES[arguments[0]]
        measure = getattr(import_module("bench." + module), function)
        for row in measure(Settings(**json.loads(arguments[1])), lambda done, of: say({"done": done, "of": of})):
            say({"row": row.to_json()})
    out.flush()
    os._exit(0)  # MXNet takes seconds to come down, and sometimes does not


if __name__ == "__main__":
    _serve(sys.argv[1:])
