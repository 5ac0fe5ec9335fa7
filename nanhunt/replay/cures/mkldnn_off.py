"""mkldnn-off: without MKL-DNN's (oneDNN's) kernels."""

from typing import Dict

from nanhunt.replay.cures.base import ChangesNothing, NotHere, Situation
from nanhunt.replay.cures.elsewhere import Elsewhere, set_already


class WithoutMkldnn(Elsewhere):
    """MXNet's own kernels in place of MKL-DNN's (oneDNN's)."""

    name = "mkldnn-off"
    words = ("mkl-dnn off", "without mkl-dnn")
    summary = "MXNET_MKLDNN_ENABLED=0: MXNet's own kernels in place of MKL-DNN's"

    def variables(self, situation: Situation) -> Dict[str, str]:
        if set_already("MXNET_MKLDNN_ENABLED", "0"):
            raise ChangesNothing("MKL-DNN is off already")
        built_with = situation.session.backend.environment().get("features") or ["MKLDNN"]
        if not {"MKLDNN", "ONEDNN"} & set(built_with):
            raise NotHere("this MXNet is built without MKL-DNN")
        return {"MXNET_MKLDNN_ENABLED": "0"}
