"""Whether a batch that was made again is the dumped one, for a terminal."""

from typing import IO, Optional

from nanhunt.data.rebuild import RebuiltBatch, RebuiltSample
from nanhunt.report.terminal import console, escape


def print_rebuilt(rebuilt: RebuiltBatch, stream: Optional[IO[str]] = None) -> None:
    """One line in all, and one for each sample that differs."""
    out = console(stream)
    count = len(rebuilt.samples)
    samples = "1 sample" if count == 1 else f"{count} samples"
    if rebuilt.equal:
        out.print(
            escape(f"the batch made again from {rebuilt.root} equals the dumped one, every bit of {samples}"), soft_wrap=True
        )
        changed = [words for sample in rebuilt.samples for words in sample.changed]
        if changed:
            out.print(escape(f"to the same effect, since then: {', '.join(changed)}"), soft_wrap=True)
        return
    differing = [row for row, sample in enumerate(rebuilt.samples) if not sample.equal]
    out.print(
        escape(f"the batch made again from {rebuilt.root} is not the dumped one: {len(differing)} of {samples} differ"),
        soft_wrap=True,
    )
    for row in differing:
        out.print(escape(f"  sample {row}  {_words(rebuilt.samples[row])}"), soft_wrap=True)
    was, now = rebuilt.pillow
    if any(not (rebuilt.samples[row].changed or rebuilt.samples[row].trouble) for row in differing):
        if was != now:
            out.print(f"its files are the same: Pillow was {was} then and is {now} here, which may decode or resize otherwise")
        else:
            out.print("its files are the same: the arrays in the dump were changed after they were loaded")


def _words(sample: RebuiltSample) -> str:
    if sample.trouble is not None:
        return f"{sample.path}: {sample.trouble}"
    because = f"; since then: {', '.join(sample.changed)}" if sample.changed else ""
    return f"{sample.path}: {sample.pixels} pixels and {sample.labels} labels differ{because}"
