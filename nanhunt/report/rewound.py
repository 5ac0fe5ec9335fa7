"""What going back before an iteration showed, for a terminal of 80 columns."""

import math
from typing import IO, Optional, Sequence, Tuple

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from nanhunt.replay.cures.base import Trial
from nanhunt.replay.rewinding.rewind import Layer, Rewound
from nanhunt.replay.rewinding.walk import Walked
from nanhunt.report.before import run_up_in_words, short
from nanhunt.report.terminal import console

_LAYERS = 12


class RewindPrinter:
    """Prints an iteration as soon as it has run."""

    def __init__(self, stream: Optional[IO[str]] = None) -> None:
        self._out = console(stream)
        self._begun = False

    def __call__(self, walked: Walked) -> None:
        if not self._begun:
            self._begun = True
            self._out.print("%6s %6s %6s %11s %11s  %s" % ("epoch", "iter", "step", "loss", "grad norm", "bits"))
        bits = "the same (%d)" % walked.compared if walked.identical else "NOT the same: %s" % ", ".join(walked.differing[:2])
        row = "%6d %6d %6d %11s %11s  %s" % (
            walked.epoch,
            walked.iteration,
            walked.step,
            short(walked.loss),
            short(walked.gradient_norm),
            escape(bits),
        )
        style = "bold red" if walked.bad else None if walked.identical else "red"
        self._out.print(Text(row, style=style or ""), soft_wrap=True)


def print_rewound(rewound: Rewound, stream: Optional[IO[str]] = None) -> None:
    """Growth of the layers, whether all bits were the same, and where growth began."""
    out = console(stream)
    steps, layers = rewound.layers(_LAYERS)
    out.print()
    out.print(_table(steps, layers, out.width))
    count = len(rewound.iterations)
    also = " (and %d before, back to the snapshot)" % rewound.before if rewound.before else ""
    if rewound.identical and not rewound.differing:
        text = "bit-identical in all %d iterations%s, and in the state that the last one begins with" % (count, also)
        out.print(Text(text, style="green"))
    else:
        odd = [each.step for each in rewound.iterations if not each.identical]
        what = "from step %d on" % odd[0] if odd else "in the state at the end: %s" % ", ".join(rewound.differing[:3])
        out.print(Text("NOT identical %s: something changes the state that was not recorded" % what, style="red"))
    if rewound.verdict is not None:
        out.print(Text("run-up: %s" % run_up_in_words(rewound.verdict)))


def print_rewound_trials(rows: Sequence[Tuple[Trial, Optional[Walked]]], last: int, stream: Optional[IO[str]] = None) -> None:
    """One change a row: whether the run would have lived."""
    out = console(stream)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for trial, _ in rows:
        if trial.cures:
            table.add_row("lives", escape("%s: finite through step %d; %s (%s)" % (trial.change, last, trial.note, trial.did)))
        else:
            name = "no" if trial.result.startswith("not possible") else "dies"
            table.add_row(name, escape("%s: %s" % (trial.change, trial.result)))
    out.print()
    out.print(table)


def _table(steps: Sequence[int], layers: Sequence[Layer], width: int) -> Table:
    table = Table(title="sizes that grew most, by step", title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    room = max(16, width - 10 * len(steps) - 3)
    table.add_column("tensor", no_wrap=True, width=room)
    for step in steps:
        table.add_column(str(step), no_wrap=True, justify="right", width=9)
    for each in layers:
        name = "%s %s" % ({"activation": "out ", "gradient": "grad"}[each.kind], each.name)
        fitting = name if len(name) <= room else name[:5] + "\u2026" + name[-room + 6 :]
        table.add_row(escape(fitting), *["> 1e18" if size == math.inf else short(size) for size in each.sizes])
    return table
