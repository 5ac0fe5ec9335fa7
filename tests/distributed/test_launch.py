"""Real processes on loopback: a scheduler, a server and two workers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nanhunt.cli import main
from nanhunt.dump.reader import DumpReader

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DENSE = HERE / "programs" / "dense.py"


def nanhunt(folder, *words, **variables):
    """Exit code, and all that it printed."""
    environment = dict(os.environ, PYTHONPATH=str(ROOT), **variables)
    ended = subprocess.run(
        [sys.executable, "-m", "nanhunt", *map(str, words)],
        cwd=str(folder),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=240,
    )
    return ended.returncode, ended.stdout.decode()


@pytest.fixture(scope="module")
def overflow(tmp_path_factory):
    """A run under dist_sync in which worker 1 overflows."""
    folder = tmp_path_factory.mktemp("overflow")
    words = ["launch", "-n", 2, "--", "run", "--json", "f.json", "--dump-dir", "d", DENSE, "dist_sync", "overflow"]
    return folder, nanhunt(folder, *words)


def test_all_workers_stop_at_the_iteration_of_the_first_bad_one(overflow):
    folder, (code, said) = overflow
    assert code == 3, said
    assert said.count("loss 2 ") == 2 and "loss 3" not in said, said
    findings = [json.loads((folder / ("f-r%d.json" % rank)).read_text()) for rank in range(2)]
    assert [each["iteration"]["step"] for each in findings] == [3, 3]
    assert [each["worker"]["rank"] for each in findings] == [0, 1]
    assert [each["worker"]["stopped_with"] for each in findings] == [1, None]
    assert findings[1]["cause"] == "exp-overflow" and findings[1]["producer"]["sample"] == 2
    assert findings[0]["producer"] is None and "stopped with worker 1" in findings[0]["why"]


def test_each_worker_has_its_dump_which_replays(overflow, capsys):
    folder, _ = overflow
    for rank in range(2):
        (dump,) = (folder / "d").glob("*-r%d.h5" % rank)
        assert main(["replay", str(dump), "--no-try"]) == 0
        assert "bit-identical" in capsys.readouterr().out
        with DumpReader(dump) as reader:
            assert reader.record.iteration["worker"]["rank"] == rank
            assert not any(each["nonfinite"] for each in reader.record.observed if each["kind"] == "parameter")


def test_collect_joins_them_into_one_verdict(overflow, capsys, tmp_path):
    folder, _ = overflow
    assert main(["collect", str(folder), "--json", str(tmp_path / "all.json")]) == 3
    said = capsys.readouterr().out
    assert "first bad: worker 1 of 2; stopped with it: 0" in said and "exp-overflow (proven)" in said
    joined = json.loads((tmp_path / "all.json").read_text())
    assert joined["first"] == [1] and joined["size"] == 2 and joined["silent"] == []
    assert [each["own"] for each in joined["workers"]] == [False, True]


def test_collect_says_which_worker_left_nothing(overflow, capsys, tmp_path):
    folder, _ = overflow
    (dump,) = (folder / "d").glob("*-r1.h5")
    (tmp_path / dump.name).write_bytes(dump.read_bytes())
    (tmp_path / "broken.h5").write_bytes(b"no dump")
    assert main(["collect", str(tmp_path)]) == 3
    said = capsys.readouterr().out
    assert "worker 0 left nothing" in said and "broken.h5" in said


def test_collect_finds_nothing_where_there_is_nothing(capsys, tmp_path):
    assert main(["collect", str(tmp_path)]) == 0
    assert main(["collect", str(tmp_path / "absent")]) == 2
    assert "a folder of dumps" in capsys.readouterr().err


def test_a_killed_worker_does_not_hang_the_rest(tmp_path):
    code, said = nanhunt(tmp_path, "launch", "-n", 2, "--", "run", DENSE, "dist_sync", "kill")
    assert code == 1, said
    assert said.count("loss 2 ") == 2, said
    assert "nanhunt: worker 1" in said and "died after its step 2" in said, said


@pytest.mark.parametrize("store", ["dist_sync", "dist_async"])
def test_train_over_a_store_of_two_workers_shares_the_data_out(tmp_path, store):
    words = (
        "train --model fcn --backbone resnet18 --no-pretrained-base --device cpu --batch-size 2 --crop-size 64 --base-size 64"
    )
    more = "--no-val --max-iterations 2 --log-interval 1 --workers 0 --json f.json --save-dir out --no-preflight"
    code, said = nanhunt(tmp_path, "launch", "-n", 2, "--", *words.split(), *more.split(), "--kvstore", store)
    assert code == 0, said
    assert sorted(each.name for each in tmp_path.glob("f-*.json")) == ["f-r0.json", "f-r1.json"]
    logs = [(tmp_path / "out" / ("train-r%d.log" % rank)).read_text() for rank in range(2)]
    assert all("iteration 0001/0032" in each for each in logs) and logs[0] != logs[1]
    assert len(list((tmp_path / "out").glob("*.params"))) == 1, "worker 0 alone writes checkpoints"


@pytest.mark.parametrize(
    "words, variables, said",
    [
        (["train", "--kvstore", "dist_sync"], {}, "DMLC_ROLE and the other variables of MXNet's launcher"),
        (
            ["train"],
            {"DMLC_ROLE": "worker", "DMLC_PS_ROOT_URI": "127.0.0.1", "DMLC_PS_ROOT_PORT": "9", "DMLC_NUM_WORKER": "2"},
            "--kvstore dist_sync, dist_device_sync or dist_async in a job of 2 workers, found device",
        ),
        (["launch", "-n", "2"], {}, "`train …` or `run …` after --, found nothing"),
        (["launch", "-n", "0", "--", "train"], {}, "1 worker and 1 server or more"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path, monkeypatch, capsys, words, variables, said):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_a_worker_of_another_launcher_is_named_by_its_rank(tmp_path):
    program = tmp_path / "alone.py"
    program.write_text(
        "from mxnet import autograd, nd\nx = nd.array([-1.0, 2.0])\nx.attach_grad()\n"
        "with autograd.record():\n    loss = nd.log(x).sum()\nloss.backward()\n"
    )
    rank = {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}
    code, said = nanhunt(tmp_path, "run", "--json", "f.json", "--dump-dir", "d", program.name, **rank)
    assert code == 3 and "worker      1 of 2" in said, said
    assert [each.name for each in (tmp_path / "d").iterdir()] == ["nan-e0000-i0000-s000000-r1.h5"]
    assert json.loads((tmp_path / "f-r1.json").read_text())["worker"]["rank"] == 1
