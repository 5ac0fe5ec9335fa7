"""The training log."""

import io

import pytest

from nanhunt.errors import UsageError
from nanhunt.train.log import Logged, RunLog, iteration_line, read_iteration, validation_line


def test_the_line_is_the_seeds():
    said = iteration_line(12, 35, 187, 0.3123, 0.0006238)
    assert said == "Epoch 12 iteration 0035/0187: training loss 0.312; learning rate 0.000624"


@pytest.mark.parametrize("loss", ["nan", "inf"])
def test_a_loss_that_is_no_number_is_printed_as_such(loss):
    assert f"training loss {loss}; " in iteration_line(0, 1705, 3000, float(loss), 1e-3)


def test_a_line_is_read_as_it_was_written():
    assert read_iteration(iteration_line(12, 35, 187, 0.3123, 0.0006238)) == Logged(12, 35, 187, 0.312, 0.000624)
    assert read_iteration(iteration_line(12, 35, 187, 1.0, 0.1)).step == 12 * 187 + 35
    assert str(read_iteration(iteration_line(0, 0, 9, float("nan"), 0.1)).loss) == "nan"
    assert read_iteration(validation_line(3, 0.8, 0.4)) is None and read_iteration("Epoch 3 iteration") is None


def test_validation_line():
    assert validation_line(3, 0.81249, 0.4512) == "Epoch 3 validation pixAcc: 0.812, mIoU: 0.451"


def test_lines_go_to_the_stream_and_are_appended_to_the_file(tmp_path):
    stream = io.StringIO()
    for text in ("one", "two"):
        with RunLog(tmp_path / "deep" / "train.log", stream) as log:
            log.line(text)
    assert stream.getvalue() == (tmp_path / "deep" / "train.log").read_text() == "one\ntwo\n"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="another --save-dir"):
        RunLog(tmp_path / "file" / "train.log")
