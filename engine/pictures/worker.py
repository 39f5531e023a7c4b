"""The process that makes pictures small: `python -I worker.py`, started by `process.py` with no environment.

Decoders are written in C and are fed whatever a client has sent. So this process has nothing to lose: when all that it
needs is loaded it gives up opening anything (no file, no socket), starting anything, and taking more than its memory.
Standard input is a socket, its only way to the world. This file imports nothing of the engine.

First comes a configuration, `memory` and `pixels` (8 bytes each) and `seconds` (4 bytes), answered by `+`. Then
requests: the longer side of the wanted picture (4 bytes), the size of the picture (8 bytes), the picture. Each is
answered by a byte, the length of what follows (4 bytes), and that: `+` and the WebP, or a clause in UTF-8 that says why
there is none, after `?` where this is no picture that can be read, `>` where it is larger than is allowed. The end of
the socket is the end of the engine, and of this.
"""

import io
import os
import resource
import socket
import struct
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

_CONFIGURATION = struct.Struct(">QQI")
_REQUEST = struct.Struct(">IQ")
_ANSWER = struct.Struct(">cI")
_MADE, _NO_PICTURE, _TOO_LARGE = b"+", b"?", b">"

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_CHUNK = 1 << 18
_QUALITY = 80
_ORIENTATION = 0x0112  # of EXIF
_KEPT_MODES = ("L", "RGB", "RGBA", "CMYK", "I", "F")  # these can be made small as they are
_OPEN_FILES = 3


class TooLarge(Exception):
    """The picture has more pixels than are allowed."""


def small(file: io.BytesIO, side: int, pixels: int) -> bytes:
    """The picture as a WebP with a longer side of at most so many pixels, turned as its EXIF says; of an animation the
    first picture. Raises TooLarge, MemoryError, and anything else where it is no picture."""
    image = Image.open(file, formats=_FORMATS)
    width, height = image.size
    if width * height > pixels:
        raise TooLarge(f"it has {width} x {height} pixels; the limit is {pixels:,}")
    image.draft("RGB", (side, side))  # a JPEG is decoded no larger than needed
    orientation = _orientation(image)
    image.load()
    made = _eight_bits(_reduced(image, side))
    made.thumbnail((side, side), Image.Resampling.LANCZOS)
    if orientation is not None:
        made.getexif()[_ORIENTATION] = orientation
        made = ImageOps.exif_transpose(made)
    out = io.BytesIO()
    made.save(out, "WEBP", quality=_QUALITY, method=2, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()


def _orientation(image: Image.Image) -> int | None:
    """How the picture is to be turned; None where it says nothing that can be read."""
    try:
        found = image.getexif().get(_ORIENTATION)
    except Exception:  # of a damaged EXIF the picture may be whole
        return None
    return found if isinstance(found, int) and 2 <= found <= 8 else None


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """The picture at about twice the wanted size, in a form that can be made smaller still."""
    if image.mode.startswith("I;16"):
        image = image.convert("I")
    if image.mode not in _KEPT_MODES:
        image = image.convert(_shown_mode(image))
    factor = max(image.size) // (2 * side)
    return image.reduce(factor) if factor > 1 else image


def _shown_mode(image: Image.Image) -> str:
    if image.mode == "1":
        return "L"
    return "RGBA" if image.mode in ("LA", "La", "PA", "RGBa") or "transparency" in image.info else "RGB"


def _eight_bits(image: Image.Image) -> Image.Image:
    """The picture with eight bits a channel. Numbers that do not fit are taken for 16 bits where they may be some, else
    their whole range is shown."""
    if image.mode in ("RGB", "RGBA"):
        return image
    if image.mode in ("I", "F"):
        extrema = image.getextrema()
        low, high = (float(value) for value in extrema if isinstance(value, (int, float)))
        first, last = (0.0, 255.0) if 0 <= low and high <= 255 else (0.0, 65_535.0)
        if low < first or high > last:
            first, last = low, high
        scale = 255.0 / (last - first or 1.0)
        image = image.convert("F").point(lambda value: value * scale + (-first * scale)).convert("L")
    return image.convert("RGB")


def _answer(file: io.BytesIO, side: int, pixels: int) -> tuple[bytes, bytes]:
    try:
        return _MADE, small(file, side, pixels)
    except TooLarge as error:
        return _TOO_LARGE, str(error).encode()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _TOO_LARGE, f"it has more than {pixels:,} pixels".encode()
    except MemoryError:
        return _TOO_LARGE, b"it takes more memory than there is for it"
    except UnidentifiedImageError:
        return _NO_PICTURE, b"it is no JPEG, PNG, WebP, GIF, BMP or TIFF"
    except Exception as error:  # decoders raise anything
        return _NO_PICTURE, f"it is damaged, or of a kind that is not known ({type(error).__name__})".encode()


def _warm_up() -> None:
    """Have everything loaded that Pillow loads late, by one picture of each kind and one of none: later nothing can be
    opened any more."""
    for kind, mode in (
        ("JPEG", "CMYK"),
        ("PNG", "RGBA"),
        ("WEBP", "RGB"),
        ("GIF", "P"),
        ("BMP", "1"),
        ("TIFF", "I;16"),
    ):
        file = io.BytesIO()
        exif = Image.Exif()
        exif[_ORIENTATION] = 6
        Image.new(mode, (9, 9)).save(file, kind, **({"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}))
        file.seek(0)
        small(file, 4, 1_000)
        _answer(io.BytesIO(file.getvalue()[:40]), 4, 1_000)
    _answer(io.BytesIO(b"no picture"), 4, 1_000)


def _give_up_rights(memory: int) -> None:
    """From here on nothing can be opened, started or written, and no more memory be had."""
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def _let_others_go_first() -> None:
    os.nice(10)
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return  # no Linux


def _bound_seconds(seconds: int) -> None:
    """End this process where the next picture takes more processor time than that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _received(connection: socket.socket, size: int) -> io.BytesIO | None:
    """So many bytes; None where the engine has ended."""
    file = io.BytesIO()
    while size:
        chunk = connection.recv(min(size, _CHUNK))
        if not chunk:
            return None
        size -= file.write(chunk)
    file.seek(0)
    return file


def main() -> None:
    """Make pictures small until the engine ends."""
    connection = socket.socket(fileno=0)
    first = _received(connection, _CONFIGURATION.size)
    if first is None:
        return
    memory, pixels, seconds = _CONFIGURATION.unpack(first.read())
    Image.MAX_IMAGE_PIXELS = pixels
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    _warm_up()
    _let_others_go_first()
    _give_up_rights(memory)
    connection.sendall(_MADE)
    while (head := _received(connection, _REQUEST.size)) is not None:
        side, size = _REQUEST.unpack(head.read())
        file = _received(connection, size)
        if file is None:
            return
        _bound_seconds(seconds)
        kind, content = _answer(file, side, pixels)
        del file
        connection.sendall(_ANSWER.pack(kind, len(content)) + content)


if __name__ == "__main__":
    main()
