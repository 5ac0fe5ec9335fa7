"""Tiny datasets in the layouts of Pascal VOC, ADE20K, Cityscapes and COCO, and as plain folders; one function a layout."""

import json

import numpy as np
from PIL import Image

SIZES = ((40, 56), (48, 48), (52, 36))


def save_image(path, number):
    """A picture of (height, width) SIZES[number], of smooth noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = SIZES[number % len(SIZES)]
    coarse = np.random.RandomState(number).randint(0, 256, (5, 5, 3)).astype(np.uint8)
    Image.fromarray(coarse).resize((width, height), Image.BILINEAR).save(str(path))


def save_mask(path, number, values):
    """A mask that holds all the values, in stripes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = SIZES[number % len(SIZES)]
    stripes = np.array(values, dtype=np.uint8)[np.arange(width) * len(values) // width]
    Image.fromarray(np.tile(stripes, (height, 1))).save(str(path))


def voc(root):
    base = root / "VOC2012"
    for number in range(4):
        save_image(base / "JPEGImages" / f"2007_{number}.jpg", number)
        save_mask(base / "SegmentationClass" / f"2007_{number}.png", number, [0, number + 1, 255, 20])
    lists = base / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "trainval.txt").write_text("2007_2\n2007_0\n2007_3\n2007_1\n")
    (lists / "val.txt").write_text("2007_3\n")
    return root


def ade20k(root):
    base = root / "ADEChallengeData2016"
    for number in range(4):
        folder, prefix = ("training", "train") if number < 3 else ("validation", "val")
        save_image(base / "images" / folder / f"ADE_{prefix}_{number}.jpg", number)
        save_mask(base / "annotations" / folder / f"ADE_{prefix}_{number}.png", number, [0, 1, 150, number + 2])
    return root


def citys(root):
    for number in range(4):
        where = ("train", "aachen") if number < 2 else ("train", "bochum") if number < 3 else ("val", "lindau")
        stem = f"{where[1]}_{number:06d}_000019"
        save_image(root.joinpath("leftImg8bit", *where, stem + "_leftImg8bit.png"), number)
        save_mask(root.joinpath("gtFine", *where, stem + "_gtFine_labelIds.png"), number, [0, 7, 8, 33, 26, 3])
    return root


def coco(root):
    for split, numbers in (("train", (7, 5, 9)), ("val", (4,))):
        images, shapes = [], []
        for number in numbers:
            name = f"{number:012d}.jpg"
            save_image(root / f"{split}2017" / name, number)
            height, width = SIZES[number % len(SIZES)]
            images.append({"id": number, "file_name": name, "height": height, "width": width})
            outline = [2, 2, width - 4, 2, width - 4, height - 4, 2, height - 4]
            inner = {"counts": [0, width * 4, width * (height - 4)], "size": [height, width]}
            shapes.append({"segmentation": [outline], "category_id": 1, "iscrowd": 0})
            shapes.append({"segmentation": inner, "category_id": 18, "iscrowd": 1})
            shapes.append({"segmentation": [outline], "category_id": 90, "iscrowd": 0})  # a toothbrush: no class of VOC
            for place, shape in enumerate(shapes[-3:]):
                shape.update(id=number * 10 + place + 1, image_id=number)
        images.append({"id": 99, "file_name": "empty.jpg", "height": 40, "width": 40})
        path = root / "annotations" / f"instances_{split}2017.json"
        path.parent.mkdir(exist_ok=True)
        categories = [{"id": number, "name": str(number)} for number in (1, 18, 90)]
        path.write_text(json.dumps({"images": images, "annotations": shapes, "categories": categories}))
    return root


def folder(root):
    for number in range(4):
        part = "train" if number < 3 else "val"
        save_image(root / "pictures" / part / f"{number}.png", number)
        save_mask(root / "labels" / part / f"{number}.png", number, [0, 1, 255, 2])
    return root


LAYOUTS = {"voc": voc, "ade20k": ade20k, "citys": citys, "coco": coco, "folder": folder}
