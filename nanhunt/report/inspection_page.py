"""One self-contained page about an inspected dataset: what was found, with pictures of it, and the labels it holds."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from nanhunt import __version__
from nanhunt.data.checks import CHECKS, SEVERITIES, Check, Problem
from nanhunt.data.inspection import Inspection
from nanhunt.report.html import fill, write
from nanhunt.report.inspection import plural
from nanhunt.report.thumbnail import Thumbnail, Thumbnails

PICTURED = 8
"""Problems of one check that get their picture; so many of those that are named without."""

NAMED = 60


@dataclass(frozen=True)
class Item:
    """One problem and its pictures: none where there is nothing to show, two where it is about two."""

    problem: Problem
    pictures: Tuple[Thumbnail, ...]


@dataclass(frozen=True)
class Group:
    """The problems of one check and severity; `more` are left to `--json`."""

    check: Check
    severity: str
    count: int
    pictured: Sequence[Item]
    named: Sequence[Problem]

    @property
    def more(self) -> int:
        """Problems that the page does not name."""
        return self.count - len(self.pictured) - len(self.named)


def write_page(path: Path, inspection: Inspection) -> Path:
    """Write the page; the file is replaced whole.

    Raises:
        NanhuntError: it cannot be written.
    """
    return write(render(inspection), path)


def render(inspection: Inspection) -> str:
    """The page as text. It reads the offenders' files once more, a few of each check."""
    statistics = inspection.statistics.to_json(inspection.index.classes)
    return fill(
        "inspection.html",
        inspection=inspection,
        split="all splits" if inspection.index.split == "all" else f"split {inspection.index.split}",
        counts=[(severity, inspection.count(severity)) for severity in SEVERITIES],
        groups=_groups(inspection),
        rows=_rows(statistics["labels"], inspection.settings.num_class),
        facts=list(_facts(statistics, inspection)),
        version=__version__,
        plural=plural,
    )


def _groups(inspection: Inspection) -> List[Group]:
    thumbnails = Thumbnails(inspection.index)
    groups = []
    for severity in SEVERITIES:
        for check in CHECKS:
            problems = [each for each in inspection.problems if each.check == check.name and each.severity == severity]
            if problems:
                items = [Item(problem, tuple(thumbnails.of(problem))) for problem in problems[:PICTURED]]
                pictured = [item for item in items if item.pictures]
                bare = [item.problem for item in items if not item.pictures]
                rest = problems[PICTURED : PICTURED + NAMED]
                groups.append(Group(check, severity, len(problems), pictured, bare + rest))
    return groups


@dataclass(frozen=True)
class Row:
    """One label: counts, and the lengths of its bars, 0 to 100."""

    label: int
    name: str
    known: bool
    pixels: int
    share: str
    bar: float
    images: int
    splits: str


def _rows(labels: Sequence[Dict[str, Any]], num_class: int) -> List[Row]:
    labelled = sum(row["pixels"] for row in labels if row["label"] >= 0)
    most = max([row["pixels"] for row in labels] + [1])
    rows = []
    for row in labels:
        pixels = row["pixels"]
        share = f"{pixels / labelled:.3%}" if labelled and row["label"] >= 0 else ""
        bar = 100 * math.log10(1 + pixels) / math.log10(1 + most)
        splits = ", ".join(f"{split} {count:,}" for split, count in row["images_by_split"].items())
        rows.append(Row(row["label"], row["name"], row["label"] < num_class, pixels, share, bar, row["images"], splits))
    return rows


def _facts(statistics: Dict[str, Any], inspection: Inspection) -> List[Tuple[str, str]]:
    facts = [("folder", str(inspection.index.root))]
    facts.append(("looked at", f"{plural(inspection.images, 'image')}, {plural(inspection.masks, 'mask')}"))
    sizes = statistics["sizes"]
    if sizes is not None:
        words = "{lowest:,} to {highest:,} px, half of them up to {median:,}"
        facts += [("width", words.format(**sizes["width"])), ("height", words.format(**sizes["height"]))]
    facts.append(("modes", ", ".join(f"{mode} {count:,}" for mode, count in statistics["modes"].items())))
    masks = statistics["masks_per_image"]
    if set(masks) - {"0", "1"}:
        facts.append(("masks an image", ", ".join(f"{count}: {images:,}" for count, images in masks.items())))
        overlap = statistics["overlap"]
        facts.append(
            (
                "overlaps",
                f"in {plural(overlap['images'], 'image')}: {overlap['pixels']:,} px of several persons, of which "
                f"{overlap['order_dependent_pixels']:,} get another label when masks are merged in another order",
            )
        )
    crops = statistics["crops"]
    if crops["tried"]:
        words = f"{crops['tried']:,} tried: {crops['single_class']:,} with one class, {crops['only_ignored']:,} with none"
        facts.append(("crops", words))
    settings = inspection.settings
    facts.append(("for", f"{settings.num_class} classes, base size {settings.base_size}, crop size {settings.crop_size}"))
    return facts


__all__: Sequence[str] = ["render", "write_page"]
