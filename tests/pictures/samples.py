"""Pictures as bytes: right ones of every kind, and hostile ones."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

ORIENTATION = 0x0112


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """A picture whose left half is dark and whose right half is light."""
    light: Any = 255 if mode != "P" else 1
    picture = Image.new(mode, size)
    if mode == "P":
        picture.putpalette([0, 0, 0, 255, 255, 255])
    elif mode in ("RGB", "RGBA"):
        light = (255,) * len(mode)
        picture.paste((0, 0, 0, 255)[: len(mode)], (0, 0, *size))
    elif mode == "CMYK":
        light = (0, 0, 0, 0)
        picture.paste((0, 0, 0, 255), (0, 0, *size))
    elif mode == "LA":
        light = (255, 255)
        picture.paste((0, 255), (0, 0, *size))
    elif mode in ("I;16", "I", "F"):
        light = 65_535
    picture.paste(light, (size[0] // 2, 0, *size))
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def turned(kind: str, orientation: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A picture whose EXIF says that it is to be turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(kind, size=size, exif=exif)


def opened(content: bytes) -> Image.Image:
    """A small picture."""
    picture = Image.open(io.BytesIO(content), formats=["WEBP"])
    picture.load()
    return picture


def brightness(picture: Image.Image, x: float, y: float) -> int:
    """How light it is at a place, given as shares of its sides."""
    found: Any = picture.convert("L").getpixel((int(x * picture.width), int(y * picture.height)))
    return int(found)


def chunk(name: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, rows: bytes, *chunks: bytes) -> bytes:
    """A PNG of one bit a pixel that claims a size, and what it really holds."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"".join((b"\x89PNG\r\n\x1a\n", head, *chunks, chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b"")))


def patched(content: bytes, at: int, data: bytes) -> bytes:
    """The content with other bytes at a place."""
    return content[:at] + data + content[at + len(data) :]


def tiff(*entries: tuple[int, int, int, int], following: int = 0, tail: bytes = b"") -> bytes:
    """A TIFF of one directory with these entries (tag, type, count, value)."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return (
        b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + body + struct.pack("<I", following) + tail
    )


def slow_jpeg(scans: int) -> bytes:
    """A progressive JPEG of 36 megapixels whose last scan is repeated: a few hundred kilobytes that take long."""
    file = io.BytesIO()
    Image.new("L", (6_000, 6_000), 128).save(file, "JPEG", progressive=True)
    content = file.getvalue()
    start = content.rindex(b"\xff\xda")
    return content[:-2] + content[start:-2] * scans + content[-2:]


GOOD: dict[str, bytes] = {
    "jpeg": encoded("JPEG"),
    "jpeg, cmyk": encoded("JPEG", "CMYK"),
    "jpeg, grey": encoded("JPEG", "L"),
    "jpeg, progressive": encoded("JPEG", progressive=True),
    "png": encoded("PNG"),
    "png, one bit": encoded("PNG", "1"),
    "png, palette": encoded("PNG", "P"),
    "png, grey and alpha": encoded("PNG", "LA"),
    "png, alpha": encoded("PNG", "RGBA"),
    "png, 16 bit": encoded("PNG", "I;16"),
    "webp": encoded("WEBP", lossless=True),
    "webp, alpha": encoded("WEBP", "RGBA"),
    "gif": encoded("GIF", "P"),
    "gif, animated": encoded("GIF", "P", save_all=True, append_images=[Image.new("P", (640, 480))]),
    "bmp": encoded("BMP"),
    "tiff": encoded("TIFF"),
    "tiff, packed": encoded("TIFF", compression="tiff_lzw"),
    "tiff, fax": encoded("TIFF", "1", compression="group4"),
    "tiff, 16 bit": encoded("TIFF", "I;16"),
    "tiff, 32 bit": encoded("TIFF", "I"),
    "tiff, real numbers": encoded("TIFF", "F"),
    "tiff, cmyk": encoded("TIFF", "CMYK"),
}
"""By kind."""

_JPEG, _PNG, _GIF, _WEBP, _BMP = (encoded(kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP"))
_SIZE = ((256, 3, 1, 64), (257, 3, 1, 64), (258, 3, 1, 8), (262, 3, 1, 1))

TOO_LARGE: dict[str, bytes] = {
    "a bomb": png(20_000, 20_000, bytes(20_000 * 2_501)),
    "a lie of 60,000 x 60,000": png(60_000, 60_000, b""),
    "a gif of 65,535 x 65,535": patched(_GIF, 6, b"\xff\xff\xff\xff"),
    "a bmp of 40,000 x 40,000": patched(_BMP, 18, struct.pack("<ii", 40_000, 40_000)),
    "a jpeg of 65,000 x 65,000": patched(_JPEG, _JPEG.index(b"\xff\xc0") + 5, b"\xfd\xe8\xfd\xe8"),
    "a tiff of 100,000 x 100,000": tiff((256, 4, 1, 100_000), (257, 4, 1, 100_000), *_SIZE[2:], (273, 4, 1, 8)),
}
"""Pictures that are larger than is allowed, or say so."""

NONE: dict[str, bytes] = {
    "nothing": b"",
    "a text": b"no picture at all",
    "a page": b"<html><script>alert(1)</script></html>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "pdf": b"%PDF-1.4\n" + bytes(500),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "an icon": encoded("ICO", "RGBA", (32, 32)),
    "a ppm": encoded("PPM"),
    "half a jpeg": _JPEG[: len(_JPEG) // 2],
    "half a png": _PNG[: len(_PNG) // 2],
    "half a webp": _WEBP[: len(_WEBP) // 2],
    "half a bmp": _BMP[: len(_BMP) // 2],
    "the first bytes of a jpeg": _JPEG[:3],
    "a png that ends in the middle of its rows": png(5_000, 5_000, bytes(626 * 5_000))[:700],
    "a png that is 0 x 0": png(0, 0, b""),
    "a png with a wrong sum": patched(_PNG, 29, b"\0\0\0\0"),
    "a png whose text is a bomb": png(8, 8, bytes(16), chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000), 9))),
    "a tiff that leads to itself": tiff(*_SIZE, (273, 4, 1, 8), (279, 4, 1, 4_294_967_295), following=8),
    "a tiff of 4,000,000,000 strips": tiff(*_SIZE, (259, 3, 1, 5), (273, 4, 4_000_000_000, 8), (279, 4, 1, 9)),
    "a tiff with nothing behind": tiff(*_SIZE, (259, 3, 1, 5), (273, 4, 1, 4_000), (279, 4, 1, 9_000)),
    "a tiff of vast tiles": tiff(
        *_SIZE, (259, 3, 1, 5), (322, 4, 1, 2_147_483_632), (323, 4, 1, 2_147_483_632), (324, 4, 1, 8), (325, 4, 1, 90)
    ),
}
"""What is no picture, or is damaged, or lies about what it holds."""
