"""The pictures of the tutorial, from the folder in which its commands have run: python tools/docs/pictures.py FOLDER

`report.webp`: the page of the report in the system's Chromium. `training.svg`: a recording of the terminal.
"""

import io
import shutil
import sys
from pathlib import Path

import recording
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "assets"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TRAIN = (
    "nanhunt train --model psp --backbone resnet18 --no-pretrained-base --syncbn --base-size 64 --crop-size 64 --batch-size 2 "
    "--workers 0 --no-val --device cpu --lr 0.05 --lr-mode constant --log-interval 1 --save-dir recorded"
)


def shoot(page, target, width, height):
    """A picture of the upper part of a page, at that many pixels."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        view.goto(page.resolve().as_uri(), wait_until="load")
        picture = view.screenshot()
        browser.close()
    Image.open(io.BytesIO(picture)).convert("RGB").save(str(target), "WEBP", quality=80, method=6)


def main(folder):
    """Make all of them."""
    shoot(folder / "report.html", PICTURES / "report.webp", 1100, 1500)
    frames = recording.record(TRAIN, folder)
    (PICTURES / "training.svg").write_text(recording.svg(frames, "nanhunt train"), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
