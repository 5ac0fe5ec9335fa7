"""Run a Python program as the interpreter itself would, watched from the moment that it has imported the framework.

Nothing heavy is loaded for the program: it may set variables that MXNet or an OpenMP library reads once, when it is loaded, and
it finds MXNet where its own `sys.path` has it. The process belongs to the program: `sys.argv`, `sys.path` and `__main__` stay
its own afterwards, because its exit handlers run after this module has returned.
"""

import builtins
import contextlib
import importlib.machinery
import importlib.util
import os
import runpy
import sys
import threading
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from types import CodeType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Sequence, Set, Tuple

from nanhunt.errors import (
    EXIT_ERROR,
    EXIT_FOUND,
    EXIT_INTERRUPTED,
    EXIT_OK,
    NanhuntError,
    NonFiniteError,
    PeerError,
    PreflightError,
    UsageError,
)

if TYPE_CHECKING:
    from nanhunt.diagnose.finding import Finding
    from nanhunt.watching.hunt import Hunt

_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_IMPORTLIB = "<frozen importlib"


@dataclass(frozen=True)
class Outcome:
    """How a program ended.

    Attributes:
        code: what the process is to exit with: 3 if something was found, else the program's own.
        findings: the first one first.
        watched: whether it imported the framework.
        stopped: whether it was a finding that ended it.
    """

    code: int
    findings: Tuple["Finding", ...]
    watched: bool
    stopped: bool


class Program:
    """A script or a module, and its arguments.

    Args:
        name: the script's file, or the module's name.
        arguments: what follows it on its command line.
        is_module: as `python -m` runs it.

    Raises:
        UsageError: the script cannot be read.
    """

    def __init__(self, name: str, arguments: Sequence[str], is_module: bool = False) -> None:
        self._name = name
        self._arguments = list(arguments)
        self._source = b""
        self._is_module = is_module
        if is_module:
            return
        try:
            with open(name, "rb") as file:
                self._source = file.read()
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise UsageError(f"Expected a Python script at {name}, found that it cannot be read ({reason}).") from error

    def run(self, watch: Callable[[], "Hunt"], framework: str = "mxnet") -> Outcome:
        """Run the program; its own errors are printed as Python would print them.

        Args:
            watch: starts the watching; called once, when the program has imported the framework.

        Raises:
            UsageError: there is no such module.
            PreflightError: the program was stopped before it would have hung.
            NanhuntError: what `watch` raises.
        """
        watching = _Watching(watch)
        with _AfterImport(framework, watching.begin):
            error = self._execute()
        if isinstance(error, _NoSuchModule):
            with contextlib.suppress(NonFiniteError):
                watching.end(None)
            raise UsageError(str(error))
        if watching.failure is not None:
            raise watching.failure
        code = EXIT_OK if error is None else _end_of(error)
        try:
            _join_threads()
        except KeyboardInterrupt:
            code = EXIT_INTERRUPTED
        with contextlib.suppress(NonFiniteError):  # it is among the findings
            watching.end(error)
        findings = watching.findings
        if isinstance(error, NonFiniteError) and not findings:  # of a Hunt that the program made for itself
            findings = (error.finding,)
        if isinstance(error, PreflightError):
            raise error
        stopped = isinstance(error, NonFiniteError)
        return Outcome(EXIT_FOUND if findings else code, findings, watching.begun, stopped)

    def _execute(self) -> Optional[BaseException]:
        """What ended the program, with a traceback that begins in its own code; None if it ran to its end."""
        try:
            main, code = self._module() if self._is_module else self._script()
            exec(code, vars(main))
        except BaseException as error:
            if os.environ.get("NANHUNT_TRACEBACK") != "1":
                error.__traceback__ = _without_the_way_here(error.__traceback__)
                _without_hooks(error, set())
            return error
        return None

    def _script(self) -> Tuple[ModuleType, CodeType]:
        # Python 3.9 began to show the path as absolute, in `__file__` and in tracebacks; it does not normalise it.
        file = os.path.join(os.getcwd(), self._name) if sys.version_info >= (3, 9) else self._name
        main = _new_main(os.path.dirname(os.path.realpath(self._name)))
        main.__dict__.update(
            __file__=file,
            __cached__=None,
            __loader__=importlib.machinery.SourceFileLoader("__main__", file),
            __package__=None,
            __spec__=None,
        )
        sys.argv = [self._name, *self._arguments]
        return main, compile(self._source, file, "exec", dont_inherit=True)

    def _module(self) -> Tuple[ModuleType, CodeType]:
        main = _new_main(os.getcwd())
        sys.argv = ["-m", *self._arguments]
        # The search of `python -m` itself, which pdb and trace use too; it imports the packages that the module is in.
        _, spec, code = runpy._get_module_details(self._name, _NoSuchModule)  # type: ignore[attr-defined]
        main.__dict__.update(
            __file__=spec.origin,
            __cached__=spec.cached,
            __loader__=spec.loader,
            __package__=spec.parent,
            __spec__=spec,
        )
        sys.argv[0] = spec.origin
        return main, code


def program_of(words: Sequence[str], help_with: str) -> Program:
    """The program of a command line: a script and its arguments, or `-m`, a module, and its.

    Args:
        help_with: the command that tells more, for an error.

    Raises:
        UsageError: there is none, or the script cannot be read.
    """
    if words and words[0].startswith("-m"):
        named = [words[0][2:], *words[1:]] if words[0] != "-m" else words[1:]
        if named:
            return Program(named[0], named[1:], is_module=True)
        words = []
    if not words:
        raise UsageError("Expected a script, or -m and a module, found none.\nsee `%s`" % help_with)
    return Program(words[0], words[1:])


class _NoSuchModule(ImportError):
    """What is asked for by -m cannot be found or cannot be run."""


def _new_main(folder: str) -> ModuleType:
    """A fresh `__main__`, with `folder` first on the path in place of what the interpreter put there for us."""
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        sys.path[0:1] = [folder]
    main = ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    return main


class _Watching:
    """The Hunt of one program, from the framework's import on."""

    def __init__(self, watch: Callable[[], "Hunt"]) -> None:
        self.failure: Optional[NanhuntError] = None
        self._watch = watch
        self._hunt: Optional[Hunt] = None
        self._stack = contextlib.ExitStack()
        self._process = os.getpid()

    @property
    def begun(self) -> bool:
        return self._hunt is not None

    @property
    def findings(self) -> Tuple["Finding", ...]:
        return tuple(self._hunt.findings) if self._hunt is not None else ()

    def begin(self) -> None:
        try:
            self._hunt = self._watch()
        except NanhuntError as error:
            self.failure = error  # also if the program catches it
            raise
        self._stack.enter_context(self._hunt)

    def end(self, error: Optional[BaseException]) -> None:
        """Close the Hunt. Not in a process that the program forked, which came here too: the iteration is its parent's."""
        if os.getpid() != self._process:
            self._stack.pop_all()
        self._stack.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


class _AfterImport(MetaPathFinder):
    """While this is entered, `call` is called when a module has been imported; at once if it was already."""

    def __init__(self, name: str, call: Callable[[], None]) -> None:
        self._name = name
        self._call = call
        self._searching = False

    def __enter__(self) -> None:
        if self._name in sys.modules:
            self._call()
        else:
            sys.meta_path.insert(0, self)

    def __exit__(self, *_: object) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        if name != self._name or self._searching:
            return None
        self._searching = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._searching = False
        if spec is not None and spec.loader is not None:
            self._follow(spec.loader)
        return spec

    def _follow(self, loader: Loader) -> None:
        # On the instance: `__loader__` and `__spec__` are what they would be without us.
        original = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            original(module)
            del loader.exec_module
            self.__exit__()
            self._call()

        loader.exec_module = exec_module  # type: ignore[method-assign]


def _end_of(error: BaseException) -> int:
    """Print what Python prints when `error` leaves the program; the program's exit code."""
    if isinstance(error, (NonFiniteError, PreflightError)):
        return error.exit_code
    if isinstance(error, SystemExit):
        return _code_of(error)
    if isinstance(error, PeerError):
        print("nanhunt: %s" % error, file=sys.stderr)
        return error.exit_code
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit as asked:
        return _code_of(asked)
    except BaseException as second:
        print("Error in sys.excepthook:", file=sys.stderr)
        second.__traceback__ = _without_the_way_here(second.__traceback__)
        sys.__excepthook__(type(second), second, second.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, error.__traceback__)
    return EXIT_INTERRUPTED if isinstance(error, KeyboardInterrupt) else EXIT_ERROR


def _code_of(error: SystemExit) -> int:
    if error.code is None:
        return EXIT_OK
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)
    return EXIT_ERROR


def _join_threads() -> None:
    """Wait for the threads that Python would wait for: a program may train in one and let its main thread end.

    Workers of an executor that was not shut down end only when the interpreter does.
    """
    pool = sys.modules.get("concurrent.futures.thread")
    workers = set(getattr(pool, "_threads_queues", ()))
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon and thread not in workers:
            thread.join()


def _without_the_way_here(trace: Optional[TracebackType]) -> Optional[TracebackType]:
    """The traceback without the frames that lead into the program."""
    while trace is not None and (_is_ours(trace) or _file(trace).startswith(_IMPORTLIB) or _file(trace) == _RUNPY):
        trace = trace.tb_next
    return trace


_RUNPY = runpy.run_path.__code__.co_filename


def _without_hooks(error: Optional[BaseException], seen: Set[int]) -> None:
    """Take nanhunt's hooks out of the tracebacks of an error and of those that it came from.

    An error that nanhunt itself raised keeps them.
    """
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _skip_hooks(error.__traceback__)
    for other in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        if isinstance(other, BaseException):
            _without_hooks(other, seen)


def _skip_hooks(trace: Optional[TracebackType]) -> Optional[TracebackType]:
    frames: List[TracebackType] = []
    each = trace
    while each is not None:
        frames.append(each)
        each = each.tb_next
    if not frames or _is_ours(frames[-1]):
        return trace
    kept: List[TracebackType] = []
    for each in frames:
        if not _is_ours(each):
            kept.append(each)
            continue
        # The import system hides its own frames, but not those that stand before a frame of ours.
        while kept and _file(kept[-1]).startswith(_IMPORTLIB):
            kept.pop()
    for each, following in zip(kept, kept[1:]):
        each.tb_next = following
    return kept[0] if kept else None


def _file(trace: TracebackType) -> str:
    return trace.tb_frame.f_code.co_filename


def _is_ours(trace: TracebackType) -> bool:
    return _file(trace).startswith(_PACKAGE)
