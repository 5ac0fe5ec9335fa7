"""The runs as tasks of a Dask cluster on this machine."""

import os
import signal
import sys
import threading

import pytest
from sweep.conftest import grid, setup

from nanhunt.cli import main
from nanhunt.sweep.engine import Audience
from nanhunt.sweep.plan import plan


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        dashboard_address=None,
        host="127.0.0.1",
        protocol="tcp",
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as cluster:
        yield cluster.scheduler_address


def test_results_come_back_and_a_second_sweep_has_them(cluster, tmp_path, started):
    from nanhunt.sweep.cluster import run_there

    runs = plan(grid("nan@2", "lives", "fails", "hangs"), "1.0")
    outcome = run_there(runs, setup(tmp_path / "sweep", timeout=1.5), Audience(), cluster)
    results = [outcome.results[run.key] for run in runs]
    assert [each.status for each in results] == ["found", "finite", "failed", "hang"]
    assert results[0].finding.iteration.step == 2 and results[0].host
    outcome = run_there(runs, setup(tmp_path / "sweep", timeout=1.5), Audience(), cluster)
    assert outcome.results[runs[0].key] == results[0]
    assert started() == ["fails 0", "fails 0", "hangs 0", "lives 0", "nan@2 0"]


def test_a_signal_ends_the_tasks(cluster, tmp_path):
    from nanhunt.sweep.cluster import run_there

    runs = plan(grid("hangs"), "1.0")
    threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
    outcome = run_there(runs, setup(tmp_path / "sweep"), Audience(), cluster)
    assert outcome.signal == signal.SIGTERM
    assert [each.status for each in outcome.results.values()] == ["interrupted"]


def test_no_scheduler_and_no_dask_are_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nanhunt.sweep.cluster.CONNECT", 0.2)
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    assert main(["sweep", "--set", "lr=1", "--dask", "tcp://127.0.0.1:9"]) == 2
    assert "Expected a Dask scheduler at --dask tcp://127.0.0.1:9, found none" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["sweep", "--set", "lr=1", "--dask", "tcp://127.0.0.1:9"]) == 2
    assert "pip install nanhunt[dask]" in capsys.readouterr().err
