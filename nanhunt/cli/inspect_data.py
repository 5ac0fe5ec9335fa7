"""`nanhunt inspect-data`: look through a dataset for everything that can break a training run."""

import argparse
from pathlib import Path

from nanhunt.errors import EXIT_FOUND, EXIT_INTERRUPTED, EXIT_OK

NAME = "inspect-data"
HELP = "look for everything in a dataset that can break a training run"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Options of `inspect-data`."""
    parser.add_argument(
        "--dataset", default="mhp", metavar="NAME", help="mhp (also mhpv1) or synthetic-mhp; default %(default)s"
    )
    parser.add_argument(
        "--data-root", type=Path, metavar="FOLDER", help="the dataset's folder; default ~/.mxnet/datasets/mhp/LV-MHP-v1"
    )
    parser.add_argument("--split", default="all", metavar="SPLIT", help="train, val, test or all; default %(default)s")
    parser.add_argument("--num-class", type=int, default=19, metavar="N", help="labels are 0..N-1; default %(default)s")
    parser.add_argument(
        "--base-size", type=int, default=520, metavar="PX", help="of the training transform; default %(default)s"
    )
    parser.add_argument(
        "--crop-size", type=int, default=480, metavar="PX", help="of the training transform; default %(default)s"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="threads; default one a core")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found here")
    parser.epilog = (
        "exit codes: 0 no errors (warnings and notes aside), 3 errors found, 2 usage, 130 interrupted, 1 anything else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Returns: 0 no errors, 3 errors, 130 interrupted (with a summary of what was done).

    Raises:
        UsageError, DataError, NanhuntError: the walk cannot begin, or its result cannot be written.
    """
    from nanhunt.data.checks import ERROR, Settings
    from nanhunt.data.datasets import index_dataset
    from nanhunt.data.inspection import inspect
    from nanhunt.report.inspection import print_inspection, progress_bar, write_inspection

    index = index_dataset(arguments.dataset, arguments.data_root, arguments.split)
    settings = Settings(arguments.num_class, arguments.base_size, arguments.crop_size)
    with progress_bar() as on_progress:
        inspection = inspect(index, arguments.dataset, settings, arguments.jobs, on_progress=on_progress)
    print_inspection(inspection, arguments.json)
    if arguments.json is not None:
        write_inspection(arguments.json, inspection)
    if not inspection.complete:
        return EXIT_INTERRUPTED
    return EXIT_FOUND if inspection.count(ERROR) else EXIT_OK
