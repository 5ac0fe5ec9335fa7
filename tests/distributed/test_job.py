"""Which worker a process is, out of its launcher's variables."""

from pathlib import Path

import pytest

from nanhunt.errors import UsageError
from nanhunt.watching.peers.job import job_of, own_name

DMLC = {"DMLC_PS_ROOT_URI": "10.0.0.1", "DMLC_PS_ROOT_PORT": "9091", "DMLC_NUM_WORKER": "4", "DMLC_NUM_SERVER": "2"}


def test_a_process_that_runs_alone_is_no_worker():
    assert job_of({}) is None
    assert job_of({"SLURM_PROCID": "0", "SLURM_NTASKS": "1"}) is None


@pytest.mark.parametrize("role", ["worker", "server", "scheduler"])
def test_roles_of_mxnets_launcher(role):
    job = job_of(dict(DMLC, DMLC_ROLE=role))
    assert (job.role, job.rank, job.size) == (role, None, 4)
    assert job.meeting == ("10.0.0.1", (9092, 9093, 9094, 9095))
    assert job.hosts == (role == "scheduler")


@pytest.mark.parametrize(
    "rank, size",
    [
        ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
        ("HOROVOD_RANK", "HOROVOD_SIZE"),
        ("PMI_RANK", "PMI_SIZE"),
        ("SLURM_PROCID", "SLURM_NTASKS"),
    ],
)
def test_ranks_of_other_launchers(rank, size):
    job = job_of({rank: "1", size: "3"})
    assert (job.role, job.rank, job.size, job.source, job.meeting) == ("worker", 1, 3, rank, None)
    job = job_of({rank: "0", size: "3", "NANHUNT_PEERS": "node1:7000"})
    assert job.meeting == ("node1", (7000,)) and job.hosts


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"DMLC_ROLE": "boss"}, "DMLC_ROLE to be worker, server or scheduler, found 'boss'"),
        ({"DMLC_ROLE": "worker", "DMLC_NUM_WORKER": "two"}, "a number in DMLC_NUM_WORKER, found 'two'"),
        ({"DMLC_ROLE": "worker", "NANHUNT_PEERS": "7000"}, "NANHUNT_PEERS as HOST:PORT, found '7000'"),
    ],
)
def test_what_no_launcher_sets_is_refused(changes, said):
    with pytest.raises(UsageError, match=said):
        job_of({**DMLC, **changes})


def test_each_worker_has_files_of_its_own():
    assert own_name(Path("out/f.json"), 1) == Path("out/f-r1.json")
    assert own_name(Path("out/f.json"), None) == Path("out/f.json")
