"""Preflight needs a first batch; a training whose files cannot be read to their end must come to its watchdog without."""

import threading
from types import SimpleNamespace

import pytest

from nanhunt.errors import DataError
from nanhunt.train import preflight


def training(first):
    """As much of one as is asked for a batch, which `first` gives."""

    def epoch(epoch, start):
        yield first()

    return SimpleNamespace(loader=SimpleNamespace(epoch=epoch), start=SimpleNamespace(epoch=0, iteration=0))


def test_a_file_that_is_never_read_to_its_end_holds_nothing_up(monkeypatch):
    monkeypatch.setattr(preflight, "PATIENCE", 0.1)
    never = threading.Event()
    try:
        assert preflight._first_batch(training(never.wait)) is None
    finally:
        never.set()


def test_one_that_cannot_be_read_is_for_the_run_to_tell():
    def broken():
        raise DataError("truncated")

    assert preflight._first_batch(training(broken)) is None


def test_what_is_no_trouble_of_the_data_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        preflight._first_batch(training(lambda: 1 // 0))
