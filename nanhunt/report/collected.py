"""The joined verdict of a distributed run, for a terminal."""

import shlex
from pathlib import Path
from typing import IO, List, Optional, Sequence

from rich.table import Table

from nanhunt.report.terminal import console, escape, print_verdict
from nanhunt.watching.peers.collecting import Collected, Share


def print_collected(found: Collected, folder: Path, stream: Optional[IO[str]] = None) -> None:
    """Who was first and why, and what the others say."""
    out = console(stream)
    if not found.shares:
        out.print("no dump and no finding in %s" % escape(str(folder)), soft_wrap=True)
    for each in found.first[:1]:
        print_verdict(each.finding, each.file if each.file.suffix == ".h5" else None, stream)
        out.print()
    if found.shares:
        out.print(escape(_in_short(found)))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("worker", "step", "what", "file"):
            table.add_column(name, overflow="fold", no_wrap=name != "file")
        for share in found.shares:
            at = share.finding.iteration
            table.add_row(_name(share), str(at.step), escape(_what(share)), escape(shlex.quote(str(share.file))))
        out.print(table)
    for rank in found.silent:
        out.print("worker %d left nothing: it ended otherwise, or its dumps are in another folder" % rank)
    for text in found.others:
        out.print(escape(text), soft_wrap=True)


def _in_short(found: Collected) -> str:
    size = "" if found.size is None else " of %d" % found.size
    if not found.first:
        return "all of them stopped with a worker of which there is no dump here"
    if len(found.first) > 1:
        return "workers %s%s were bad in the same iteration" % (_names(found.first), size)
    stopped = [each for each in found.shares if not each.own]
    with_it = "; stopped with it: %s" % _names(stopped) if stopped else ""
    return "first bad: worker %s%s%s" % (_names(found.first), size, with_it)


def _names(shares: Sequence[Share]) -> str:
    names: List[str] = [_name(each) for each in shares]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _name(share: Share) -> str:
    return "?" if share.rank is None else str(share.rank)


def _what(share: Share) -> str:
    finding = share.finding
    if finding.worker is not None and finding.worker.stopped_with is not None:
        return "stopped with %s" % finding.worker.stopped_with
    return finding.cause
