"""SyncBatchNorm that waits for other devices than those that take part."""

from typing import Iterator

from nanhunt.preflight.base import CERTAIN, ERROR, LIKELY, WARNING, Check, Remark, Subject


class SyncBatchNorm(Check):
    """MXNet's kernel meets at a barrier of `num_devices` participants. With fewer devices it is never passed; with more,
    several at once write what is made for one, and the process dies of a damaged heap."""

    name = "sync-batch-norm"

    def look(self, subject: Subject) -> Iterator[Remark]:
        for layer in subject.layers:
            there = len(layer.devices)
            do = "give num_devices=%d, or `nanhunt run --fix-syncbn`" % max(1, there)
            waits = "waits for %d devices (num_devices)" % layer.waits_for
            if there and layer.waits_for > there:
                saw = "%s and its parameters are on %d (%s): its first training forward never ends" % (
                    waits,
                    there,
                    ", ".join(layer.devices),
                )
                yield self.say(ERROR, CERTAIN, layer.path, saw, do)
            elif len(subject.devices) > layer.waits_for:
                saw = "%s and %d take part (%s): they overwrite each other's memory" % (
                    waits,
                    len(subject.devices),
                    ", ".join(subject.devices),
                )
                yield self.say(ERROR, CERTAIN, layer.path, saw, do)
            elif there == layer.waits_for > 1 and all(each.startswith("cpu") for each in layer.devices):
                saw = "%s, on %d CPU contexts: whole networks mostly stand still there, in MXNet itself" % (waits, there)
                yield self.say(WARNING, LIKELY, layer.path, saw, "take one context and the joint batch: the same statistics")
            elif there > layer.waits_for and not subject.devices:
                saw = "%s and its parameters are on %d: if all take part, they overwrite each other's memory" % (waits, there)
                yield self.say(WARNING, LIKELY, layer.path, saw, do)
