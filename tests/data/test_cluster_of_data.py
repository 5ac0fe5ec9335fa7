"""`--dask`: the same checks on a cluster, the same report; what is wrong with the cluster is one clear line."""

import sys

import pytest
from damage import cut_short

from nanhunt.cli import main
from nanhunt.data.datasets import index_dataset
from nanhunt.data.inspection import inspect

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp", host="127.0.0.1"
    ) as started:
        yield started


def test_a_cluster_finds_what_one_process_finds(cluster, copy, monkeypatch):
    monkeypatch.setattr("nanhunt.data.cluster.PART", 3)
    cut_short(copy / "images" / "0002.jpg")
    (copy / "images" / "0004.jpg").write_bytes((copy / "images" / "0001.jpg").read_bytes())
    index = index_dataset("mhp", copy, "all")
    alone, together = inspect(index, jobs=1), inspect(index, dask=cluster.scheduler_address)
    assert together.to_json() == alone.to_json() and together.count("error") >= 1


def test_the_command_takes_a_schedulers_address(cluster, whole, capsys):
    assert main(["inspect-data", "--data-root", str(whole), "--dask", cluster.scheduler_address]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("10 images, ")


def test_a_worker_that_cannot_see_the_files_says_so(cluster, copy, monkeypatch):
    def fail(self, positions):
        raise RuntimeError("no such mount")

    monkeypatch.setattr("nanhunt.data.walking.Looker.look", fail)
    with pytest.raises(Exception, match="no such mount.*the same path"):
        inspect(index_dataset("mhp", copy, "all"), dask=cluster.scheduler_address)


@pytest.mark.parametrize("address, says", [("tcp://127.0.0.1:9", "a Dask scheduler at"), ("nonsense://x", "nonsense://x")])
def test_a_scheduler_that_is_not_there_is_one_line(whole, capsys, monkeypatch, address, says):
    monkeypatch.setattr("nanhunt.data.cluster.PATIENCE", 1)
    assert main(["inspect-data", "--data-root", str(whole), "--dask", address]) == 1
    output = capsys.readouterr()
    assert says in output.err and "Traceback" not in output.err


def test_without_dask_the_line_says_how_to_get_it(whole, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["inspect-data", "--data-root", str(whole), "--dask", "tcp://127.0.0.1:8786"]) == 2
    assert "nanhunt[dask]" in capsys.readouterr().err
