"""Pixel accuracy and mean IoU."""

import mxnet as mx
import numpy as np
import pytest
from gluoncv.utils.metrics.segmentation import SegmentationMetric as GluonCVs

from nanhunt.train.metric import SegmentationMetric


def test_same_figures_as_gluoncv_where_every_class_occurs():
    draw = np.random.RandomState(0)
    ours, theirs = SegmentationMetric(19), GluonCVs(19)
    for _ in range(3):
        label = draw.randint(-1, 19, (2, 40, 40)).astype("int32")
        logits = draw.randn(2, 19, 40, 40).astype("float32")
        logits[:, :, :20] += 3 * (label[:, None, :20] == np.arange(19)[None, :, None, None])
        ours.update(label, logits.argmax(axis=1))
        theirs.update(mx.nd.array(label), mx.nd.array(logits))
    assert ours.get() == pytest.approx(theirs.get(), rel=1e-12)


def test_a_class_that_occurs_nowhere_is_left_out_of_the_mean():
    metric = SegmentationMetric(19)
    metric.update(np.array([[[0, 0, 1, 1]]]), np.array([[[0, 0, 1, 0]]]))
    assert metric.get() == (0.75, pytest.approx((2 / 3 + 1 / 2) / 2))


def test_ignored_pixels_and_labels_without_a_channel_do_not_count():
    metric = SegmentationMetric(2)
    metric.update(np.array([[[-1, 5, 1]]]), np.array([[[0, 0, 1]]]))
    assert metric.get() == (1.0, 1.0)


def test_nothing_counted_is_nothing():
    assert SegmentationMetric(3).get() == (0.0, 0.0)
