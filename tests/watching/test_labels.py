"""Labels that no class stands for are found before anything is non-finite; labels that a mask takes out are not."""

import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt


def segmentation(prediction, label, ignored):
    """GluonCV's loss: SoftmaxOutput with a label to ignore, log, pick, and a map of valid pixels."""
    probability = nd.SoftmaxOutput(
        prediction, label.astype("float32"), multi_output=True, use_ignore=True, ignore_label=ignored
    )
    return -nd.pick(nd.log(probability), label, axis=1) * (label != ignored).astype("float32")


def findings(tmp_path, net, loss_of, data, label, **options):
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
    with nanhunt.watch(dump_dir=tmp_path, **options) as hunt:
        for _ in range(3):
            x, y = nd.array(data), nd.array(label, dtype="int32")
            with autograd.record():
                loss = loss_of(net(x), y)
            loss.backward()
            trainer.step(len(data))
    return hunt.findings


def labels(value=None):
    drawn = np.random.RandomState(0).randint(0, 4, (2, 4, 4))
    if value is not None:
        drawn[1, 2, 3] = value
    return drawn


IMAGES = np.random.RandomState(1).randn(2, 3, 4, 4).astype("float32")


def test_a_label_without_a_class_is_found_once_with_its_place_and_the_run_goes_on(tmp_path):
    (finding,) = findings(tmp_path, nn.Conv2D(4, 1), lambda p, y: segmentation(p, y, -1), IMAGES, labels(4))
    assert (finding.cause, finding.proof, finding.producer.phase) == ("bad-label", "proven", "data")
    assert (finding.producer.index, finding.producer.sample, finding.producer.count) == ((1, 2, 3), 1, 1)
    assert "label 4" in finding.why and "4 classes (0 to 3)" in finding.why
    assert finding.iteration.step == 0 and finding.replay.bit_identical
    assert len(list(tmp_path.glob("*.h5"))) == 1


@pytest.mark.parametrize("value, ignored", [(None, -1), (-1, -1), (255, 255), (3, -1)])
def test_labels_that_have_a_class_or_are_ignored_are_none(tmp_path, value, ignored):
    assert findings(tmp_path, nn.Conv2D(4, 1), lambda p, y: segmentation(p, y, ignored), IMAGES, labels(value)) == []


def test_a_row_beyond_the_table_of_an_embedding_is_found(tmp_path):
    net = nn.HybridSequential()
    net.add(nn.Embedding(5, 3), nn.Dense(2))
    (finding,) = findings(tmp_path, net, lambda p, y: (p * p).sum(), np.array([[1.0, 4.0], [5.0, 0.0]]), labels())
    assert finding.cause == "bad-label" and "Embedding takes it for row 4" in finding.why


def test_nothing_is_claimed_that_could_not_be_tried(tmp_path):
    assert findings(tmp_path, nn.Conv2D(4, 1), lambda p, y: segmentation(p, y, -1), IMAGES, labels(4), explain=False) == []


def ctc(weights):
    """Two samples of five steps; the second asks for three equal symbols and two others, so for seven."""

    def loss_of(prediction, label):
        return gluon.loss.CTCLoss(layout="NTC")(prediction.reshape((2, 5, 4)), label) * nd.array(weights)

    return loss_of


SEQUENCES = np.random.RandomState(1).randn(10, 3).astype("float32")
TARGETS = np.array([[0, 1, 2, -1, -1], [0, 0, 0, 1, 2]])


def ctc_findings(tmp_path, weights, label):
    def loss_of(prediction, _):
        return ctc(weights)(prediction, nd.array(label, dtype="int32"))

    # What lay in memory may be non-finite at once, or make the parameters so later.
    return findings(tmp_path, nn.Dense(4, in_units=3), loss_of, SEQUENCES, labels(), on_nonfinite="warn")


def test_a_target_that_takes_more_steps_than_there_are_is_found_with_the_numbers(tmp_path):
    found = ctc_findings(tmp_path, [1, 1], TARGETS)[0]
    assert (found.cause, found.proof, found.producer.phase, found.producer.sample) == ("infeasible-target", "proven", "data", 1)
    assert "5 symbols and 2 repeats" in found.why and "needs 7 steps, and the input has 5" in found.why
    assert any("ctc-infeasible-label" in fix.do for fix in found.fixes)


def test_a_target_that_just_fits_is_none(tmp_path):
    assert ctc_findings(tmp_path, [1, 1], [[0, 0, 0, -1, -1], [0, 1, 2, 1, 2]]) == []


def test_a_target_whose_loss_has_no_weight_may_be_anything(tmp_path):
    """What lay in memory stands for its gradient, on MXNet 1.4.1: if that is NaN, no weight of 0 makes it harmless."""
    found = ctc_findings(tmp_path, [1, 0], TARGETS)
    places = {(each.producer.phase, each.producer.op) for each in found if each.cause == "infeasible-target"}
    assert places <= {("backward", "CTCLoss")}


class Table(gluon.Block):
    """Trained rows that `take` looks up."""

    def __init__(self, of_ids):
        super().__init__()
        self.of_ids = of_ids
        with self.name_scope():
            self.rows = self.params.get("rows", shape=(5, 3))

    def forward(self, ids):
        return nd.take(self.rows.data(), self.of_ids(ids))


def test_a_row_beyond_a_trained_table_is_found_though_take_clips_it(tmp_path):
    rows = np.array([[1.0, 4.0], [5.0, 0.0]])
    (finding,) = findings(tmp_path, Table(lambda ids: ids.astype("int32")), lambda p, y: (p * p).sum(), rows, labels())
    assert finding.cause == "bad-label" and "take takes it for row 4" in finding.why


@pytest.mark.parametrize("of_ids", [lambda ids: ids + 1, lambda ids: nd.maximum(ids, 1)])
def test_an_index_that_was_computed_may_be_clipped_on_purpose(tmp_path, of_ids):
    assert findings(tmp_path, Table(of_ids), lambda p, y: (p * p).sum(), np.array([[1.0, 4.0], [5.0, 0.0]]), labels()) == []


def test_neighbours_that_take_clips_at_the_edge_are_none(tmp_path):
    def with_next(prediction, _):
        following = nd.take(prediction, nd.array([1, 2, 3, 4]), axis=0)
        return nd.square(prediction - following).sum()

    data = np.random.RandomState(1).randn(4, 3).astype("float32")
    assert findings(tmp_path, nn.Dense(4, in_units=3), with_next, data, labels()) == []


@pytest.mark.parametrize("void", [-1, 255])
def test_a_row_of_zeros_of_one_hot_is_none(tmp_path, void):
    def masked(prediction, _):
        return -(nd.one_hot(nd.array([0, 3, void, 1]), 4) * nd.log_softmax(prediction)).sum()

    data = np.random.RandomState(1).randn(4, 3).astype("float32")
    assert findings(tmp_path, nn.Dense(4, in_units=3), masked, data, labels()) == []
