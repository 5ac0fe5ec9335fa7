"""`nanhunt inspect-data`: look through a dataset for everything that can break a training run."""

import argparse
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from nanhunt.data.source import Source, add_source_options
from nanhunt.errors import EXIT_FOUND, EXIT_INTERRUPTED, EXIT_OK, NanhuntError, UsageError

if TYPE_CHECKING:
    from nanhunt.data.inspection import Inspection

NAME = "inspect-data"
HELP = "look for everything in a dataset that can break a training run"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `inspect-data`."""
    add_source_options(parser, "mhp")
    parser.add_argument("--split", default="all", metavar="SPLIT", help="train, val, test or all; default %(default)s")
    parser.add_argument(
        "--base-size", type=int, default=520, metavar="PX", help="of the training transform; default %(default)s"
    )
    parser.add_argument(
        "--crop-size", type=int, default=480, metavar="PX", help="of the training transform; default %(default)s"
    )
    parser.add_argument(
        "--augment", type=int, default=0, metavar="N", help="apply the training transform as in N epochs, look at the crops"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of --augment; default %(default)s, as training's")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; default one a core")
    parser.add_argument(
        "--dask", metavar="ADDRESS", help="look on a Dask cluster whose scheduler is at tcp://HOST:PORT and sees the same files"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found here")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures of what was found here")
    parser.add_argument(
        "--write-skip", type=Path, metavar="FILE", help="write the entries with errors here, for nanhunt train --skip FILE"
    )
    parser.epilog = (
        "exit codes: 0 no errors (warnings and notes aside), 3 errors found, 2 usage, 130 interrupted, 1 anything else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 no errors, 3 errors, 130 interrupted (with a summary of what was done).

    Raises:
        UsageError, DataError, NanhuntError: the walk cannot begin, or a part of its result cannot be written.
    """
    from nanhunt.data.checks import ERROR, Settings
    from nanhunt.data.inspection import inspect
    from nanhunt.data.recipe import Recipe
    from nanhunt.report.inspection import print_inspection, progress_bar

    _require_folders(arguments)
    warnings.filterwarnings("ignore", "Image size .* exceeds limit")  # Pillow's, on stderr; extreme-size says it in its place
    source = Source(
        arguments.dataset,
        arguments.data_root,
        arguments.images,
        arguments.masks,
        arguments.train_list,
        arguments.val_list,
        arguments.num_class,
    )
    index = source.index(arguments.split)
    num_class = source.classes() if arguments.num_class is None else arguments.num_class
    settings = Settings(num_class, arguments.base_size, arguments.crop_size, arguments.augment, arguments.seed, source.resize)
    sizes = arguments.base_size, arguments.crop_size
    recipe = Recipe(source, arguments.split, base_size=sizes[0], crop_size=sizes[1], resize=source.resize)
    with progress_bar() as on_progress:
        inspection = inspect(
            index, arguments.dataset, settings, arguments.jobs, on_progress=on_progress, recipe=recipe, dask=arguments.dask
        )
    print_inspection(inspection, arguments.json)
    _write(arguments, inspection)
    if not inspection.complete:
        return EXIT_INTERRUPTED
    return EXIT_FOUND if inspection.count(ERROR) else EXIT_OK


def _require_folders(arguments: argparse.Namespace) -> None:
    """Before a walk that may take an hour: whether the files to be written have a folder."""
    for option, path in (("--json", arguments.json), ("--html", arguments.html), ("--write-skip", arguments.write_skip)):
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise UsageError(f"Expected a file in a folder that is there at {option} {path}; give another one.")


def _write(arguments: argparse.Namespace, inspection: "Inspection") -> None:
    """All files that were asked for: one that cannot be written keeps none of the others back.

    Raises:
        NanhuntError: of the first that cannot.
    """
    from nanhunt.report.inspection import write_inspection, write_skip
    from nanhunt.report.inspection_page import write_page

    failed = []
    for write, path in ((write_inspection, arguments.json), (write_skip, arguments.write_skip), (write_page, arguments.html)):
        if path is not None:
            try:
                write(path, inspection)
            except NanhuntError as error:
                failed.append(error)
    if failed:
        raise NanhuntError("\n".join(str(error) for error in failed)) from failed[0]
