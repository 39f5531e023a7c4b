"""Pictures made small: of every kind, turned as they should be, and hostile ones, which cost their limit at most."""

import time
from collections.abc import AsyncIterator

import pytest

from engine.errors import Busy, TooLarge, UnsupportedType
from engine.pictures.process import Limits
from engine.pictures.thumbnails import Thumbnails
from tests.pictures.samples import GOOD, NONE, TOO_LARGE, brightness, encoded, opened, png, slow_jpeg, turned

PIECE = 50_000


@pytest.fixture
async def thumbnails() -> AsyncIterator[Thumbnails]:
    """What makes pictures small, with its usual limits."""
    made = Thumbnails()
    yield made
    await made.close()


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """The content as a store gives it."""
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


async def make(thumbnails: Thumbnails, content: bytes, side: int = 64) -> bytes:
    """The small picture."""
    return await thumbnails.make(side, len(content), lambda: pieces(content))


async def patiently(thumbnails: Thumbnails, content: bytes) -> bytes:
    """The same, as often as the machine is too busy: what a test has shortened may be too short then."""
    end = time.monotonic() + 60
    while True:
        try:
            return await make(thumbnails, content)
        except Busy:
            assert time.monotonic() < end


async def test_every_kind(thumbnails: Thumbnails) -> None:
    for kind, content in GOOD.items():
        small = opened(await make(thumbnails, content))
        assert small.size == (64, 48), kind
        assert brightness(small, 0.2, 0.5) < 40 and brightness(small, 0.8, 0.5) > 215, kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_turned_as_its_exif_says(thumbnails: Thumbnails, kind: str) -> None:
    light: dict[int, tuple[float, float]] = {1: (0.8, 0.5), 2: (0.2, 0.5), 3: (0.2, 0.5), 4: (0.8, 0.5)}
    light |= {5: (0.5, 0.8), 6: (0.5, 0.8), 7: (0.5, 0.2), 8: (0.5, 0.2)}
    for orientation, place in light.items():
        small = opened(await make(thumbnails, turned(kind, orientation)))
        assert small.size == ((64, 48) if orientation < 5 else (48, 64)), orientation
        assert brightness(small, *place) > 215, orientation
        assert brightness(small, 1 - place[0], 1 - place[1]) < 40, orientation
        assert not small.getexif(), "it is not turned twice"


async def test_sizes(thumbnails: Thumbnails) -> None:
    wide, high = encoded("PNG", size=(3_000, 2)), encoded("PNG", size=(2, 3_000))
    assert opened(await make(thumbnails, wide, 512)).size == (512, 1)
    assert opened(await make(thumbnails, high, 16)).size == (1, 16)
    assert opened(await make(thumbnails, encoded("PNG", size=(20, 10)), 512)).size == (20, 10), "never made larger"


async def test_transparency_is_kept(thumbnails: Thumbnails) -> None:
    content = encoded("GIF", "P", transparency=0)
    small = opened(await make(thumbnails, content))
    alpha = small.getchannel("A")
    assert (alpha.getpixel((5, 5)), alpha.getpixel((60, 5))) == (0, 255)


async def test_too_large(thumbnails: Thumbnails) -> None:
    await make(thumbnails, GOOD["png"])
    worker = thumbnails.pid
    for name, content in TOO_LARGE.items():
        with pytest.raises(TooLarge, match="pixels"):
            await make(thumbnails, content)
        assert thumbnails.pid == worker, name


async def test_no_picture(thumbnails: Thumbnails) -> None:
    await make(thumbnails, GOOD["png"])
    worker = thumbnails.pid
    for name, content in NONE.items():
        with pytest.raises((UnsupportedType, TooLarge)) as told:
            await make(thumbnails, content)
        assert isinstance(told.value, UnsupportedType) or "memory" in told.value.detail, name
        assert thumbnails.pid == worker, name
    assert opened(await make(thumbnails, GOOD["png"])).size == (64, 48)


async def test_rows_that_are_missing_are_dark(thumbnails: Thumbnails) -> None:
    """Pillow takes the end of the rows for the end of the picture, as browsers do."""
    assert opened(await make(thumbnails, png(5_000, 5_000, bytes(626 * 10)))).size == (64, 64)


async def test_the_largest_that_is_allowed(thumbnails: Thumbnails) -> None:
    for kind, mode in (("PNG", "RGBA"), ("WEBP", "RGB"), ("TIFF", "CMYK")):
        options = {"compress_level": 1} if kind == "PNG" else {"compression": "tiff_lzw"} if kind == "TIFF" else {}
        content = encoded(kind, mode, (8_000, 5_000), **options)
        assert opened(await make(thumbnails, content)).size == (64, 40), kind


async def test_a_file_that_is_too_large_is_not_read() -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    thumbnails = Thumbnails()
    with pytest.raises(TooLarge, match="67,108,865 bytes"):
        await thumbnails.make(64, (64 << 20) + 1, never)
    assert thumbnails.pid is None


async def test_memory_is_bounded() -> None:
    thumbnails = Thumbnails(Limits(memory=150 << 20))
    with pytest.raises(TooLarge, match="more memory than there is"):
        await make(thumbnails, encoded("PNG", "RGBA", (6_000, 6_000), compress_level=1))
    worker = thumbnails.pid
    assert opened(await make(thumbnails, GOOD["jpeg"])).size == (64, 48)
    assert thumbnails.pid == worker is not None
    await thumbnails.close()


async def test_time_is_bounded() -> None:
    thumbnails = Thumbnails(Limits(seconds=1.0))
    await patiently(thumbnails, GOOD["jpeg"])
    worker = thumbnails.pid
    with pytest.raises(UnsupportedType, match="longer than 1 s"):
        await patiently(thumbnails, slow_jpeg(4_000))
    assert opened(await patiently(thumbnails, GOOD["jpeg"])).size == (64, 48)
    assert thumbnails.pid != worker
    await thumbnails.close()
