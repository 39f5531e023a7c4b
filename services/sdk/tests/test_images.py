"""Pictures as arrays: every mode, every rotation, both ways."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import picture
from PIL import Image

from aiservice import File, InputError, encode_image
from aiservice.files import enter_folder
from aiservice.images import decode_image, inspect_image

LIMIT = 40_000_000


def save(folder: Path, image: Image.Image, kind: str = "png", **options: Any) -> File:
    path = folder / f"picture.{kind}"
    image.save(path, kind, **options)
    return File(path)


def decode(file: File, limit: int = LIMIT) -> "np.ndarray[Any, Any]":
    array = decode_image(file, "image", limit)
    assert array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3
    assert array.flags.writeable
    return array


@pytest.mark.parametrize(
    ("mode", "color", "kind", "seen"),
    [
        ("RGB", (200, 100, 50), "png", (200, 100, 50)),
        ("L", 90, "png", (90, 90, 90)),
        ("1", 1, "png", (255, 255, 255)),
        ("RGBA", (200, 100, 50, 255), "png", (200, 100, 50)),
        ("RGBA", (200, 100, 50, 0), "png", (255, 255, 255)),
        ("LA", (90, 0), "png", (255, 255, 255)),
        ("I;16", 257 * 90, "png", (90, 90, 90)),
        ("I;16", 200, "png", (1, 1, 1)),
        ("CMYK", (0, 255, 255, 0), "tiff", (255, 0, 0)),
        ("F", 90.0, "tiff", (90, 90, 90)),
        ("F", 0.5, "tiff", (128, 128, 128)),
        ("I", 65_535, "tiff", (255, 255, 255)),
    ],
)
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str, color: Any, kind: str, seen: tuple[int, ...]) -> None:
    array = decode(save(tmp_path, Image.new(mode, (6, 4), color), kind))
    assert array.shape == (4, 6, 3)
    assert tuple(array[2, 3]) == seen


def test_a_palette_with_transparency_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    array = decode(save(tmp_path, image, transparency=0))
    assert array.tolist() == [[[255, 255, 255], [40, 50, 60]]]


def test_the_first_picture_of_an_animation_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (5, 5), color) for color in ("red", "blue")]
    array = decode(save(tmp_path, frames[0], "gif", save_all=True, append_images=frames[1:]))
    assert tuple(array[0, 0]) == (255, 0, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_rotation_in_exif_is_applied(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = save(tmp_path, Image.open(io.BytesIO(picture(40, 20, quality=95))), "jpeg", exif=exif, quality=95)
    array = decode(file)
    assert array.shape[:2] == ((20, 40) if orientation < 5 else (40, 20))
    top_left = {1: "red", 2: "blue", 3: "blue", 4: "red", 5: "red", 6: "red", 7: "blue", 8: "blue"}[orientation]
    assert array[2, 2].argmax() == (0 if top_left == "red" else 2)
    seen = inspect_image(file, "image", LIMIT)
    assert (seen.width, seen.height, seen.format) == (40, 20, "image/jpeg")


def test_what_is_no_picture_or_too_large_names_the_field(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.png"
    wrong.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with pytest.raises(InputError, match="^photo: this is not a picture"):
        decode_image(File(wrong), "photo", LIMIT)
    with pytest.raises(InputError, match="^photo: the picture has 24 pixels, more than the 23 "):
        inspect_image(save(tmp_path, Image.new("RGB", (6, 4))), "photo", 23)


def test_a_picture_beyond_what_the_decoder_allows_is_too_large(tmp_path: Path) -> None:
    file = save(tmp_path, Image.new("1", (20_000, 20_000)))
    with pytest.raises(InputError, match="^photo: the picture has 400000000 pixels, more than the 40000000 "):
        decode_image(file, "photo", LIMIT)


def test_a_damaged_picture_is_an_input_error(tmp_path: Path) -> None:
    file = save(tmp_path, Image.effect_noise((300, 300), 50).convert("RGB"), "jpeg")
    file.path.write_bytes(file.read_bytes()[:-4_000])
    with pytest.raises(InputError, match="^photo: the picture is damaged"):
        decode_image(file, "photo", LIMIT)


@pytest.mark.parametrize(
    ("shape", "kind", "mode", "content_type", "name"),
    [
        ((4, 6, 3), "jpeg", "RGB", "image/jpeg", "result.jpg"),
        ((4, 6), "jpg", "L", "image/jpeg", "result.jpg"),
        ((4, 6, 4), "jpeg", "RGB", "image/jpeg", "result.jpg"),
        ((4, 6, 4), "png", "RGBA", "image/png", "result.png"),
        ((4, 6, 3), "webp", "RGB", "image/webp", "result.webp"),
    ],
)
def test_arrays_are_written(tmp_path: Path, shape: Any, kind: str, mode: str, content_type: str, name: str) -> None:
    enter_folder(tmp_path / "call")
    file = encode_image(np.full(shape, 9, np.uint8), kind)
    assert (file.name, file.content_type, file.path.parent) == (name, content_type, tmp_path / "call")
    with Image.open(file.path) as image:
        assert (image.size, image.mode) == ((6, 4), mode)


def test_arrays_that_are_no_picture_are_told(tmp_path: Path) -> None:
    enter_folder(tmp_path / "call")
    good = np.zeros((4, 6, 3), np.uint8)
    for array, kind in ((good.astype(float), "png"), (good[:, :0], "png"), (good[..., :2], "png"), (good, "nope")):
        with pytest.raises(ValueError, match="picture"):
            encode_image(array, kind)
