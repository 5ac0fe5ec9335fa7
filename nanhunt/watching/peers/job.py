"""Which worker of a distributed job this process is, as the environment of its launcher says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional, Tuple

from nanhunt.errors import UsageError

ADDRESS = "NANHUNT_PEERS"
"""`HOST:PORT` at which the workers agree; for DMLC jobs it is found by itself."""

WORKER, SERVER, SCHEDULER = "worker", "server", "scheduler"

_LAUNCHERS = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("HOROVOD_RANK", "HOROVOD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("SLURM_PROCID", "SLURM_NTASKS"),
)
"""Variables of rank and size: Open MPI, Horovod's own launcher, MPICH and Intel MPI, Slurm's srun."""

_PORTS = 4
"""Ports behind that of the DMLC scheduler at which the meeting point may be, if the first is taken."""


@dataclass(frozen=True)
class Job:
    """A distributed job and this process's place in it.

    Attributes:
        role: `worker`, `server` or `scheduler`.
        rank: of a worker, from 0; None where only the key-value store will tell.
        size: workers.
        source: the variable that said so.
        root: where the job's processes meet, `host:port`, by which they know each other; empty where nobody says.
        meeting: host and ports at which the workers may agree; None where they cannot.
    """

    role: str
    rank: Optional[int]
    size: int
    source: str
    root: str = ""
    meeting: Optional[Tuple[str, Tuple[int, ...]]] = None

    @property
    def hosts(self) -> bool:
        """Whether the meeting point is in this process: the scheduler, or worker 0 where there is none."""
        return self.role == SCHEDULER or (not self.source.startswith("DMLC") and self.rank == 0)


def job_of(environment: Mapping[str, str]) -> Optional[Job]:
    """The job that this process belongs to; None for one that runs alone.

    Raises:
        UsageError: a variable of a launcher is not what it should be.
    """
    if environment.get("DMLC_ROLE") and environment.get("DMLC_PS_ROOT_URI"):
        return _of_dmlc(environment)
    for rank, size in _LAUNCHERS:
        if environment.get(rank, "") and int(environment.get(size) or 1) > 1:
            root = environment.get(ADDRESS, "")
            number, count = _number(environment, rank), _number(environment, size)
            return Job(WORKER, number, count, rank, root, _address(root) if root else None)
    return None


def own_name(path: Path, rank: Optional[int]) -> Path:
    """A file's name for one worker: `out.json` becomes `out-r1.json`; unchanged where there is no rank."""
    return path if rank is None else path.with_name("%s-r%d%s" % (path.stem, rank, path.suffix))


def _of_dmlc(environment: Mapping[str, str]) -> Job:
    role = environment["DMLC_ROLE"]
    if role not in (WORKER, SERVER, SCHEDULER):
        raise UsageError(f"Expected DMLC_ROLE to be worker, server or scheduler, found {role!r}.")
    host, port = environment["DMLC_PS_ROOT_URI"], _number(environment, "DMLC_PS_ROOT_PORT")
    meeting = (host, tuple(port + k for k in range(1, _PORTS + 1)))
    if environment.get(ADDRESS):
        meeting = _address(environment[ADDRESS])
    # Which worker has which rank is the key-value store's choice; it does not ask the launcher's numbers.
    return Job(role, None, _number(environment, "DMLC_NUM_WORKER"), "DMLC_ROLE", f"{host}:{port}", meeting)


def _address(text: str) -> Tuple[str, Tuple[int, ...]]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(f"Expected {ADDRESS} as HOST:PORT, found {text!r}.")
    return host, (int(port),)


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    if not text.isdigit():
        raise UsageError(f"Expected a number in {name}, found {text!r}; it is the launcher that sets it.")
    return int(text)
