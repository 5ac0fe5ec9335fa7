"""A process that has imported MXNet and done nothing else, and forks a child for each program: most of the time is the import.

Reads a JSON object a line, `{"words": [...], "folder": ..., "out": ..., "err": ..., "seconds": ...}`; the words are those that
would follow `python`: a script and its arguments, or `-m nanhunt` and its arguments. Answers with the exit code in a line.
Called with such words itself, it runs them without a fork, which the threads of Python operators do not survive in MXNet 1.4.1.
"""

import atexit
import json
import os
import runpy
import signal
import sys
import time
import traceback

import mxnet  # noqa: F401

import nanhunt.cli  # noqa: F401


def serve():
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            run(asked)
        print(wait(child, asked["seconds"]), flush=True)


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
    run_and_exit(asked["words"])


def run_and_exit(words):
    code = 0
    try:
        execute(words)
    except SystemExit as error:
        code = error.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    # A process in which a CustomOp ran may hang or abort in the destructors of MXNet 1.4.1, watched or not (3 of 30 ends).
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def execute(words):
    if words[:2] == ["-m", "nanhunt"]:
        sys.argv = ["nanhunt", *words[2:]]
        sys.exit(nanhunt.cli.main(words[2:]))
    sys.argv = words
    sys.path[0] = os.path.dirname(os.path.abspath(words[0]))
    runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    if sys.argv[1:]:
        run_and_exit(sys.argv[1:])
    serve()
