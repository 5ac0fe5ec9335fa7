"""Whether an iteration's bits depend on threads or on the engine, for a terminal of 80 columns."""

from typing import IO, Optional

from rich.text import Text

from nanhunt.replay.determinism import Determinism, Setting
from nanhunt.report.terminal import console


class DeterminismPrinter:
    """Prints a setting as soon as it has run."""

    def __init__(self, stream: Optional[IO[str]] = None) -> None:
        self._out = console(stream)
        self._begun = False

    def __call__(self, setting: Setting) -> None:
        if not self._begun:
            self._begun = True
            self._out.print()
            self._out.print("%-42s %s" % ("setting", "against the first run of this process"))
        name = " ".join("%s=%s" % each for each in setting.variables.items()) or "this process, again"
        for short, long in (("engine=", "MXNET_ENGINE_TYPE="), ("threads=", "OMP_NUM_THREADS=")):
            name = name.replace(long, short)
        style = "" if setting.why_not else "green" if setting.identical else "red"
        self._out.print(Text("%-42s %s" % (name, _outcome(setting)), style=style))
        odd = next((each for each in setting.runs if not each.identical), None)
        if odd is not None:
            self._out.print(Text("    first %s; at most %.3g, or %d ulp, apart" % (odd.first, odd.largest, odd.ulps)))


def _outcome(setting: Setting) -> str:
    if setting.why_not:
        return "not run: %s" % setting.why_not
    odd = [each for each in setting.runs if not each.identical]
    if not odd:
        return "the same bits (%d tensors)" % setting.runs[0].compared
    often = "" if len(setting.runs) == 1 else " in %d of %d runs" % (len(odd), len(setting.runs))
    return "%d of %d tensors differ%s" % (odd[0].tensors, odd[0].compared, often)


def print_summary(report: Determinism, stream: Optional[IO[str]] = None) -> None:
    """One sentence."""
    ran = [each for each in report.settings if each.runs]
    odd = [each for each in ran if not each.identical]
    if not odd:
        text = "deterministic: the same bits under all %d settings" % len(ran)
    elif odd[0] is report.settings[0]:
        text = "NOT deterministic: the same process gives other bits when it runs the iteration again"
    else:
        text = "deterministic under one setting; %d of %d settings give other bits" % (len(odd), len(ran))
    console(stream).print(Text(text, style="red" if odd else "green"))
