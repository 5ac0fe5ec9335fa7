"""Files whose name says another format than they have."""

import os
from typing import Iterator

from PIL import Image

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class FileType(Check):
    """Pillow looks at the content and reads them; programs that trust the name do not."""

    name = "file-type"
    advice = "the name says another format: programs that trust names fail; rename it"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        for picture in [facts.image] + [mask for _, mask in facts.masks]:
            if picture is None or not picture.format:
                continue
            named = _format_of(os.path.splitext(picture.path)[1].lower())
            found = "JPEG" if picture.format == "MPO" else picture.format
            if named != found:
                message = f"expected {named or 'a picture suffix'} by its name, found {found}"
                yield Problem(self.name, WARNING, facts.index, picture.path, message)


def _format_of(suffix: str) -> str:
    return Image.registered_extensions().get(suffix, "")
