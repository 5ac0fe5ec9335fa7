"""`nanhunt sweep`: many training runs, each to its first non-finite value, and one table of them."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import List

from nanhunt.errors import EXIT_ERROR, EXIT_FOUND, EXIT_HANG, EXIT_OK, UsageError
from nanhunt.sweep.grid import Grid, at_least, find, positive, shipped, with_changes
from nanhunt.sweep.record import Sweep
from nanhunt.sweep.result import FAILED, FOUND, HANG

NAME = "sweep"
HELP = "train with many settings, each until its first NaN or Inf, and compare"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `sweep`."""
    parser.add_argument("grid", nargs="?", metavar="GRID", help="a TOML file, or the name of one that ships; see --list")
    parser.add_argument("--list", action="store_true", help="name the grids that ship, and end")
    group = parser.add_argument_group("what to run")
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=V,V…",
        help="an option of `nanhunt train` and its values, in place of what GRID says of it; true or false for a switch, false "
        "leaves any option out; may be repeated: every combination runs",
    )
    group.add_argument("--repeat", type=int, metavar="N", help="run every setting N times, each with a seed of its own")
    group.add_argument("--same-seed", action="store_true", default=None, help="give all repeats the same seed")
    group.add_argument("--iterations", type=int, metavar="N", help="end a run after N iterations")
    group.add_argument("--dry-run", action="store_true", help="print the commands instead of running them")
    group = parser.add_argument_group("how to run")
    group.add_argument("--save-dir", type=Path, metavar="DIR", help="a folder a run in it (default: sweeps/<name of GRID>)")
    group.add_argument("--jobs", type=int, metavar="N", help="runs at a time (default: as cores and memory allow)")
    group.add_argument("--threads", type=int, metavar="N", help="OMP_NUM_THREADS of a run (default: the cores shared out)")
    group.add_argument(
        "--timeout", type=float, metavar="S", help="a run without an iteration for S seconds is stopped as hung (default: 600)"
    )
    group.add_argument("--keep-checkpoints", action="store_true", help="do not remove a run's checkpoints when it has ended")
    group.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="run on a Dask cluster, such as tcp://host:8786; a worker's files stay with it unless --save-dir is shared",
    )
    group = parser.add_argument_group("what to write")
    group.add_argument("--json", type=Path, metavar="FILE", help="everything, for programs")
    group.add_argument("--markdown", type=Path, metavar="FILE", help="the table")
    group.add_argument("--html", type=Path, metavar="FILE", help="the table and the curves, as one page")
    parser.epilog = (
        "The same command again runs only what is missing, was interrupted or failed. exit codes: 3 a NaN or Inf was found in "
        "some run, else 5 some run hung, 1 some run failed, 0 none of these; 2 usage, 130 interrupted, 143 terminated"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 3 found in some run, 5 else one hung, 1 else one failed, 0 none; 128 + the number of the signal that ended it.

    Raises:
        UsageError, NanhuntError: the sweep cannot begin, or its results cannot be written.
    """
    if arguments.list:
        return _list()
    from nanhunt.sweep.framework import framework_version
    from nanhunt.sweep.plan import plan

    grid = _grid(arguments)
    for path in (arguments.json, arguments.markdown, arguments.html):
        if path is not None and not path.absolute().parent.is_dir():
            raise UsageError(f"Expected a folder for {path}, found none; make it or give another file.")
    framework = framework_version()
    if not framework and arguments.dask is None and not arguments.dry_run:
        from nanhunt.backends.base import load

        load()  # says in one line what to install
    runs = plan(grid, framework)
    folder = (arguments.save_dir or Path("sweeps", grid.name)).absolute()
    if arguments.dry_run:
        for each in runs:
            print("nanhunt train", *each.words, f"--save-dir={folder / each.key}")
        return EXIT_OK
    return _sweep(arguments, Sweep(grid, framework, tuple(runs)), folder)


def _sweep(arguments: argparse.Namespace, sweep: Sweep, folder: Path) -> int:
    from nanhunt.report.sweep import print_sweep
    from nanhunt.report.sweep_progress import display
    from nanhunt.sweep.capacity import capacity
    from nanhunt.sweep.engine import Setup, run_here

    limits = sweep.grid.limits
    with display(len(sweep.runs), limits.iterations) as audience:
        if arguments.dask is not None:
            from nanhunt.sweep.cluster import run_there

            setup = Setup(folder, 1, limits.threads or 1, limits.timeout, arguments.keep_checkpoints)
            outcome = run_there(sweep.runs, setup, audience, arguments.dask)
        else:
            room = capacity(sweep.runs, limits.jobs, limits.threads)
            outcome = run_here(
                sweep.runs, Setup(folder, room.jobs, room.threads, limits.timeout, arguments.keep_checkpoints), audience
            )
    sweep = replace(sweep, results=outcome.results)
    print_sweep(sweep)
    _write(arguments, sweep)
    if outcome.signal is not None:
        return 128 + int(outcome.signal)
    statuses = {result.status for result in sweep.results.values()}
    for status, code in ((FOUND, EXIT_FOUND), (HANG, EXIT_HANG), (FAILED, EXIT_ERROR)):
        if status in statuses:
            return code
    return EXIT_OK


def _write(arguments: argparse.Namespace, sweep: Sweep) -> None:
    from nanhunt.report.html import write
    from nanhunt.report.sweep import markdown, page
    from nanhunt.sweep.state import write_json

    if arguments.json is not None:
        write_json(arguments.json, sweep.to_json())
    if arguments.markdown is not None:
        write(markdown(sweep), arguments.markdown, "--markdown")
    if arguments.html is not None:
        write(page(sweep), arguments.html)


def _grid(arguments: argparse.Namespace) -> Grid:
    if arguments.grid is None and not arguments.set:
        raise UsageError("Expected a grid file, the name of one that ships, or --set, found none.\nsee `nanhunt sweep --help`")
    grid = find(arguments.grid) if arguments.grid is not None else Grid()
    grid = with_changes(grid, arguments.set)
    limits = grid.limits
    for name in ("iterations", "jobs", "threads"):
        value = getattr(arguments, name)
        if value is not None:
            limits = replace(limits, **{name: at_least(f"--{name}", value, 1)})
    if arguments.timeout is not None:
        limits = replace(limits, timeout=positive("--timeout", arguments.timeout))
    if arguments.dask is not None and arguments.jobs is not None:
        raise UsageError("Expected one of --jobs and --dask, found both; on a cluster its workers decide.")
    repeat = grid.repeat if arguments.repeat is None else at_least("--repeat", arguments.repeat, 1)
    same_seed = grid.same_seed if arguments.same_seed is None else True
    return replace(grid, limits=limits, repeat=repeat, same_seed=same_seed)


def _list() -> int:
    grids: List[Grid] = shipped()
    width = max(len(each.name) for each in grids)
    for each in grids:
        print(f"{each.name:{width}}  {each.title}")
    return EXIT_OK
