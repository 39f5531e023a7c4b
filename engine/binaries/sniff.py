"""What a binary is, by its first bytes, and how it may be named and shown. Pure.

The sender's word is not trusted: a browser that is shown a page as a picture, or a picture as a page, runs what it
should not. What is served is what the bytes say; pages and scripts are only ever downloaded.
"""

import mimetypes
import re
import unicodedata
from urllib.parse import quote

UNKNOWN = "application/octet-stream"
"""The media type of a binary that cannot be told."""

HEAD = 64
"""How many of the first bytes `media_type` looks at; fewer where the binary is shorter."""

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")

_PREFIXES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x01\x00", "image/vnd.microsoft.icon"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"ID3\x02", "audio/mpeg"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic"}
_BITMAP_HEADERS = {12, 40, 52, 56, 64, 108, 124}

# Other names for the same thing, and narrower ones that the first bytes cannot tell apart: kept as declared.
_ALSO: dict[str, frozenset[str]] = {
    "image/vnd.microsoft.icon": frozenset({"image/x-icon"}),
    "application/zip": frozenset({"application/java-archive", "application/x-zip-compressed"}),
    "application/gzip": frozenset({"application/x-gzip", "application/x-tar", "application/x-gtar"}),
    "audio/mpeg": frozenset({"audio/mp3", "video/mpeg"}),
    "audio/wav": frozenset({"audio/x-wav", "audio/wave", "audio/vnd.wave"}),
    "audio/ogg": frozenset({"video/ogg", "application/ogg", "audio/opus"}),
    "video/webm": frozenset({"audio/webm", "video/x-matroska", "audio/x-matroska"}),
    "video/mp4": frozenset({"audio/mp4", "audio/x-m4a", "video/quicktime", "video/x-m4v", "video/3gpp"}),
    "video/x-msvideo": frozenset({"video/avi", "video/msvideo"}),
}
_INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif"})
_KNOWN = (
    frozenset(kind for _, kind in _PREFIXES)
    | frozenset(_RIFF.values())
    | frozenset(_BRANDS.values())
    | frozenset(_ALSO)
    | frozenset().union(*_ALSO.values())
)
_ACTIVE = frozenset({"text/html", "text/xml", "application/xml", "application/xhtml+xml", "image/svg+xml"})
_SCRIPT = re.compile(r"(text|application)/(x-)?(java|ecma|live|j)script[0-9.]*")

_LONGEST_NAME = 100
_LONGEST_SUFFIX = 16
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"  # RFC 8187, attr-char; letters and digits besides
_names = mimetypes.MimeTypes()


def media_type(head: bytes, declared: str | None, name: str | None) -> str:
    """The media type of a binary, without parameters, from its first `HEAD` bytes.

    Where `declared` is a page or a script (HTML, XML, SVG, JavaScript) it stays. Else the bytes decide where they are
    known; a declared type that they contradict, every unproven image among them, is not believed. What is left is the
    declared type, then that of the file name, then `UNKNOWN`.
    """
    claimed = _clean(declared)
    if claimed is not None and _is_active(claimed):
        return claimed
    found = _by_content(head)
    if found is not None:
        return claimed if claimed is not None and _is_narrower(claimed, found) else found
    if claimed is None or claimed == UNKNOWN:
        claimed = _clean(_names.guess_type(safe_name(name))[0]) if name else None
    return UNKNOWN if claimed is None or _is_proven_only(claimed) else claimed


def inline(media_type: str) -> bool:
    """Whether a browser may show it in place; all else is downloaded. Raster images only."""
    return media_type in _INLINE


def safe_name(name: str) -> str:
    """A client's file name as a label that is safe in a header and on a disk: at most 100 characters, never empty.

    Left out: folders, control and format characters (NUL, CR, LF, direction marks), quotes, leading dots. Characters
    that some file system forbids become `_`. Letters of all scripts are kept; the suffix survives shortening.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(" " if each.isspace() else each for each in last if each.isspace() or _is_printable(each))
    kept = unicodedata.normalize("NFC", kept)
    kept = _trim(re.sub(r"""["'`]""", "", re.sub(r"[<>:|?*\\/]", "_", kept)))
    if len(kept) > _LONGEST_NAME:
        stem, dot, suffix = kept.rpartition(".")
        if not dot or len(suffix) > _LONGEST_SUFFIX:
            stem, dot, suffix = kept, "", ""
        kept = _trim(stem[: _LONGEST_NAME - len(dot + suffix)].rstrip() + dot + suffix)
    return kept or "file"


def content_disposition(name: str, inline: bool) -> str:
    """The value of `Content-Disposition` (RFC 6266): an ASCII name and, where it differs, the real one (RFC 8187)."""
    real = safe_name(name)
    bare = "".join(each for each in unicodedata.normalize("NFKD", real) if not unicodedata.combining(each))
    plain = _trim(re.sub(r"[^A-Za-z0-9 !#$&()+,.=@^_{}~\[\]-]", "_", bare)) or "file"
    value = f'{"inline" if inline else "attachment"}; filename="{plain}"'
    return value if plain == real else f"{value}; filename*=UTF-8''{quote(real, safe=_ATTRIBUTE_CHARACTERS)}"


def _clean(declared: str | None) -> str | None:
    """The type without parameters in lower case, None where it is none. `image/jpg` is a common slip."""
    kind = (declared or "").split(";", 1)[0].strip().lower()
    kind = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-ms-bmp": "image/bmp"}.get(kind, kind)
    return kind if _MEDIA_TYPE.fullmatch(kind) else None


def _is_active(kind: str) -> bool:
    return kind in _ACTIVE or kind.endswith("+xml") or _SCRIPT.fullmatch(kind) is not None


def _is_narrower(claimed: str, found: str) -> bool:
    if claimed in _ALSO.get(found, ()):
        return True
    return found == "application/zip" and (claimed.startswith("application/vnd.") or claimed.endswith("+zip"))


def _is_proven_only(kind: str) -> bool:
    """True for a type that is only believed where the bytes show it."""
    return kind in _KNOWN or (kind.startswith("image/") and not _is_active(kind))


def _by_content(head: bytes) -> str | None:
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    for test in (_riff, _iso_media, _bitmap, _mpeg_audio):
        found = test(head)
        if found is not None:
            return found
    return None


def _riff(head: bytes) -> str | None:
    return _RIFF.get(head[8:12]) if head.startswith(b"RIFF") else None


def _iso_media(head: bytes) -> str | None:
    """ISO/IEC 14496-12: a box `ftyp` comes first, with the brand behind."""
    return _BRANDS.get(head[8:12], "video/mp4") if head[4:8] == b"ftyp" and len(head) >= 12 else None


def _bitmap(head: bytes) -> str | None:
    """`BM` alone begins many a text: the reserved bytes must be 0 and the header be of a known size."""
    if head[:2] != b"BM" or len(head) < 18 or head[6:10] != bytes(4):
        return None
    return "image/bmp" if int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS else None


def _mpeg_audio(head: bytes) -> str | None:
    """A frame of MPEG audio, layer III: eleven set bits, then version, layer, rate and frequency that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return None
    return "audio/mpeg" if head[2] & 0xF0 not in (0x00, 0xF0) and head[2] & 0x0C != 0x0C else None


def _is_printable(character: str) -> bool:
    return not unicodedata.category(character).startswith("C")


def _trim(name: str) -> str:
    return re.sub(r" +", " ", name).strip().lstrip(". ").rstrip(". ")
