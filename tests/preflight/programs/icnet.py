"""GluonCV's ICNet as on a machine with 8 GPUs of which one is used: the seed's hang."""

import sys

import mxnet as mx
from gluoncv.model_zoo.segbase import get_segmentation_model
from mxnet import autograd, nd
from mxnet.gluon.contrib.nn import SyncBatchNorm

SyncBatchNorm._get_num_devices = lambda self: 8  # what `len(test_utils.list_gpus())` says there
net = get_segmentation_model(
    model="icnet",
    dataset="mhpv1",
    backbone="resnet50",
    pretrained_base=False,
    base_size=64,
    crop_size=64,
    norm_layer=SyncBatchNorm,
    norm_kwargs={"num_devices": 1},
)
net.initialize()
print("begins", file=sys.stderr, flush=True)
with autograd.record():
    outputs = net(nd.ones((1, 3, 64, 64)))
autograd.backward(list(outputs))
mx.nd.waitall()
print("ends")
