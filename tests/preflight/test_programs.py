"""Preflight under `nanhunt run`: what hangs is stopped before it runs, what is risky is said, and no bit changes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path):
    """`nanhunt run WORDS`: exit code, standard output, standard error. What hangs fails the test."""

    def run(*words):
        done = subprocess.run(
            [sys.executable, "-m", "nanhunt", "run", *map(str, words)],
            capture_output=True,
            text=True,
            cwd=str(tmp_path),
            env=dict(os.environ, PYTHONPATH=str(CHECKOUT)),
            timeout=180,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def test_layers_that_wait_for_devices_that_are_not_there_are_named_before_they_run(run):
    code, out, err = run(PROGRAMS / "synchronised.py", 8, 1)
    assert code == 1 and out == ""
    assert "net.1, net.3.1 waits for 8 devices" in err and "never ends" in err and "Traceback" not in err


def test_more_devices_than_the_layer_knows_are_stopped_when_the_second_comes(run):
    code, out, err = run(PROGRAMS / "synchronised.py", 1, 2)
    assert code == 1 and out == "" and "2 take part (cpu(0), cpu(1))" in err


def test_fix_syncbn_sets_them_and_the_program_runs(run):
    code, out, err = run("--fix-syncbn", PROGRAMS / "synchronised.py", 8, 1)
    assert code == 0 and "2 SyncBatchNorm layers waited for 8 devices; set to the 1 in use: net.1, net.3.1" in err
    assert out == run(PROGRAMS / "synchronised.py", 1, 1)[1]


def test_the_seed_s_icnet_is_stopped_with_the_layers_that_do_not_take_norm_kwargs(run):
    code, out, err = run(PROGRAMS / "icnet.py")
    if "ends" in out:
        pytest.skip("this GluonCV's ICNet hands norm_kwargs to all of its layers")
    assert code == 1 and "begins" in err
    assert "layers or arrays: " in err and "icnet0.head.cff_12" in err and "waits for 8 devices" in err


@pytest.mark.parametrize("reseed", [[], ["--no-reseed"]], ids=["reseeded", "not reseeded"])
def test_what_is_risky_is_said_once_and_losses_are_the_same_to_the_last_bit(run, reseed):
    code, out, err = run(*reseed, PROGRAMS / "risky.py")
    assert code == 0 and len(out.splitlines()) == 3
    assert err.count("preflight: warning log-of-softmax (certain)") == 1 and "risky.py:13" in err
    assert err.count("preflight: warning learning-rate (likely): Adam: learning rate 0.5") == 1
    code, without, err = run("--no-preflight", *reseed, PROGRAMS / "risky.py")
    assert code == 0 and without == out and "preflight" not in err
