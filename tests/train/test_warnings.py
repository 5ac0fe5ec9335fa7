"""Early warnings of `nanhunt train`: lines of its log, and nothing more."""

from nanhunt.watching.early.logit_gap import RANGES, Range


def test_a_warning_stands_in_the_log_and_changes_nothing_else(run, tmp_path, monkeypatch):
    code, silent, _ = run("--model", "psp", "--epochs", 1, "--seed", 3, "--no-preflight")
    assert code == 0 and "warning: " not in silent
    monkeypatch.setitem(RANGES, "float32", Range(1.0, 87.34, 103.97))  # a random network is no better than that
    code, told, _ = run("--model", "psp", "--epochs", 1, "--seed", 3, "--no-preflight")
    said = [line for line in told.splitlines() if line.startswith("warning: ")]
    assert code == 0 and len(said) == 1 and "softmax is about to underflow: -log p read by pick in" in said[0]
    assert [line for line in told.splitlines() if line not in said] == silent.splitlines()
    assert said[0] in (tmp_path / "run" / "train.log").read_text()
    assert not list((tmp_path / "run").glob("dumps/*"))
