"""Data loaders with more workers than cores, or batches that shared memory has no room for."""

from typing import Iterator

from nanhunt.preflight.base import CERTAIN, LIKELY, NOTE, WARNING, Check, Remark, Subject


class Loader(Check):
    """Worker processes hand batches over in /dev/shm; where it is full, a worker dies of a bus error and the loader waits."""

    name = "loader"

    def look(self, subject: Subject) -> Iterator[Remark]:
        for each in subject.loaders:
            kind = "threads" if each.threads else "processes"
            if subject.cores and each.workers > subject.cores:
                saw = "%d worker %s on %d cores: they take turns" % (each.workers, kind, subject.cores)
                yield self.say(NOTE, CERTAIN, "", saw, "%d are as many as can run" % subject.cores)
            if each.threads or not each.workers or subject.shared_memory is None or subject.batch_bytes is None:
                continue
            needed = each.ahead * subject.batch_bytes
            if needed > subject.shared_memory:
                numbers = "%d batches of %.3g MB wait in shared memory, and %.3g MB are free in /dev/shm"
                saw = numbers % (each.ahead, subject.batch_bytes / 1e6, subject.shared_memory / 1e6)
                do = "enlarge it (docker run --shm-size), or lower num_workers or prefetch"
                yield self.say(WARNING, LIKELY, "", saw, do)
