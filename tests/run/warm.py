"""A process that has imported MXNet and done nothing else, and forks a child for each program: most of the time is the import.

Reads a JSON object a line, `{"words": [...], "folder": ..., "out": ..., "err": ..., "seconds": ...}`; the words are those that
would follow `python`: a script and its arguments, or `-m nanhunt` and its arguments. Answers with the exit code in a line.
"""

import json
import os
import runpy
import signal
import sys
import time

import mxnet  # noqa: F401

import nanhunt.cli  # noqa: F401


def serve():
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            return run(asked)
        print(wait(child, asked["seconds"]), flush=True)
    return None


def wait(child, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "late"


def run(asked):
    for descriptor, name in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
    sys.stdin = open(os.devnull)  # noqa: SIM115
    os.chdir(asked["folder"])
    words = asked["words"]
    if words[:2] == ["-m", "nanhunt"]:
        sys.argv = ["nanhunt", *words[2:]]
        sys.exit(nanhunt.cli.main(words[2:]))
    sys.argv = words
    sys.path[0] = os.path.dirname(os.path.abspath(words[0]))
    runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    serve()
