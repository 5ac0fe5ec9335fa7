"""Every kind of training program, going bad: it is named, dumped, and replayed in a new process after the program is gone."""

import shutil

import numpy as np
import pytest
from kinds_table import NAMED, cold, goes_bad, program_of, replays, unforked, watched

from nanhunt.dump.reader import DumpReader


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_program_that_goes_bad_is_named_dumped_and_replayed_without_it(name, warm, tmp_path):
    kind = NAMED[name]
    finding, dump = goes_bad(kind, unforked if kind.python else warm, tmp_path)
    producer, spread = finding["producer"], finding["spread"]
    assert producer["op"] in kind.op.split("|"), finding
    assert producer["phase"] in kind.phase.split("|")
    assert producer["value"] in kind.value.split("|")
    if kind.step is not None:
        assert finding["iteration"]["step"] == kind.step
    if kind.loss is not None:
        assert spread["loss"] is kind.loss
    if kind.gradients is not None:
        assert spread["gradients"] is kind.gradients
    assert not spread["parameters"] and not spread["aux"], "it was stopped before the update"
    replays(warm, tmp_path, dump, kind.python)


# From the start, in processes of their own: kinds that lean most on how a program is started.
@pytest.mark.parametrize("name", ["loader_workers", "module_fit"])
def test_the_same_in_processes_that_import_the_framework_themselves(name, tmp_path):
    kind = NAMED[name]
    program = program_of(kind, tmp_path)
    _, plain, _ = cold(tmp_path, program)
    code, out, err, finding = watched(cold, tmp_path, program)
    assert (code, out, finding) == (0, plain, None), err
    shutil.rmtree(str(program.parent))
    finding, dump = goes_bad(kind, cold, tmp_path)
    assert finding["producer"]["op"] == kind.op
    replays(cold, tmp_path, dump, kind.python)


@pytest.mark.parametrize("name", ["hybridized_dropout", "random_layers"])
def test_a_reseeded_program_replays_its_draws_too(name, warm, tmp_path):
    finding, dump = goes_bad(NAMED[name], warm, tmp_path, options=())
    assert finding["producer"]["op"] == "log"
    replays(warm, tmp_path, dump)


@pytest.mark.parametrize("name", ["loader_shuffle", "loader_workers", "loader_threads"])
def test_the_samples_of_the_bad_batch_are_those_that_the_loader_drew(name, warm, tmp_path):
    _, dump = goes_bad(NAMED[name], warm, tmp_path)
    with DumpReader(dump) as reader:
        samples = reader.record.iteration["samples"]
        (data,) = [np.asarray(each) for each in reader.record.batch.values() if np.shape(each) == (8, 10)]
        indices = [each["index"] for each in sorted(samples, key=lambda each: each["row"])]
    assert indices == np.rint(data[:, 0] * 100).astype(int).tolist()
    assert (indices == sorted(indices)) == (name != "loader_shuffle")
