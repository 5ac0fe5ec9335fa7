"""What messages about two entries with one picture say."""

from nanhunt.data.index import DatasetIndex
from nanhunt.data.twins import Twin


def found(index: DatasetIndex, twin: Twin) -> str:
    """Such as `found the same file as images/0001.jpg (train), labelled differently on 1,204 px`."""
    labels = ""
    if twin.relabelled is not None:
        labels = f", labelled differently on {twin.relabelled:,} px" if twin.relabelled else ", labelled the same"
    return f"found {twin.kind} as {index.image_name(twin.other)} ({index.split_of(twin.other)}){labels}"
