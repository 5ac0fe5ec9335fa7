"""`--history-batches indices`: a dump with which batches before it can be made again from the dataset."""

import pytest

from nanhunt.backends.base import load
from nanhunt.cli import main
from nanhunt.data.rebuild import BatchMaker
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.rewind import trail_of
from nanhunt.errors import ReplayError
from nanhunt.replay.compare import checksum
from nanhunt.replay.rewinding.walk import Walk

DIVERGING = (
    "--dataset synthetic-mhp --base-size 64 --crop-size 64 --batch-size 2 --workers 0 --model psp --backbone resnet18 --syncbn "
    "--no-pretrained-base --ngpus 1 --no-val --lr 0.05 --lr-mode constant --seed 0 --max-iterations 60 --no-explain"
)


def test_batches_are_made_again_to_the_bit_and_another_is_refused(tmp_path):
    options = ["--snapshot-every", "2", "--history-batches", "indices", "--save-dir", str(tmp_path)]
    assert main(["train", *DIVERGING.split(), *options]) == 3
    with DumpReader(next((tmp_path / "dumps").glob("*.h5"))) as reader:
        iterations = trail_of(reader.record).iterations
        assert len(iterations) >= 2
        maker = BatchMaker(reader.record, None)
        for each in iterations:
            assert set(each.remade) == {"cpu(0)/data", "cpu(0)/label"} and not set(each.remade) & set(each.batch)
            made, changed = maker(each)
            assert {name: checksum(array) for name, array in made.items()} == each.remade and not changed
        walk = Walk(reader.record, load(), lambda past: ({}, ["images/0001.jpg changed"]))
        with pytest.raises(ReplayError, match="step %d cannot be made again as it was: images/0001.jpg changed" % walk.first):
            next(walk.run())


def test_elsewhere_indices_are_refused(tmp_path, capsys):
    script = tmp_path / "train.py"
    script.write_text("pass\n")
    assert main(["run", "--history-batches", "indices", str(script)]) == 2
    assert "only batches of `nanhunt train` can be made again" in " ".join(capsys.readouterr().err.split())
