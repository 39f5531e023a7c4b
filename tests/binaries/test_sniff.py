"""What a binary is, what it may be called, how it is shown."""

import email.message
import string
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.binaries.sniff import HEAD, UNKNOWN, content_disposition, inline, media_type, safe_name

HEADS = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/gif": b"GIF89a\x01\x00\x01\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "image/bmp": b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00",
    "image/tiff": b"II*\x00\x08\x00\x00\x00",
    "image/avif": b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00",
    "application/pdf": b"%PDF-1.7\n",
    "application/zip": b"PK\x03\x04\x14\x00",
    "application/gzip": b"\x1f\x8b\x08\x00",
    "video/mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00",
    "video/webm": b"\x1a\x45\xdf\xa3\x01",
    "audio/wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "audio/mpeg": b"ID3\x04\x00\x00",
    "audio/ogg": b"OggS\x00\x02",
    "audio/flac": b"fLaC\x00\x00",
}
ACTIVE = ["text/html", "image/svg+xml", "text/xml", "application/xml", "application/xhtml+xml", "text/javascript"]


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("declared", [None, "", UNKNOWN, "image/png", "text/plain", "application/json", "nonsense"])
def test_known_bytes_decide(kind: str, declared: str | None) -> None:
    assert media_type(HEADS[kind], declared, "name.txt") == kind


@pytest.mark.parametrize("declared", [kind for kind in HEADS] + ["image/x-unheard-of", "IMAGE/JPEG; q=1"])
@pytest.mark.parametrize("head", [b"", b"hello", b"<html><script>", b"{}", b"BMW is a car, this is text", b"RIFF"])
def test_declared_binary_type_that_the_bytes_contradict_is_not_believed(declared: str, head: bytes) -> None:
    assert media_type(head, declared, "a.png") == UNKNOWN


@pytest.mark.parametrize("declared", [*ACTIVE, "application/javascript", "application/atom+xml"])
@pytest.mark.parametrize("head", [b"<html>", HEADS["image/png"]])
def test_pages_and_scripts_stay_what_they_are_and_are_never_shown(declared: str, head: bytes) -> None:
    assert media_type(head, declared, "a.png") == declared
    assert not inline(media_type(head, f"{declared.upper()}; charset=utf-8", None))


@pytest.mark.parametrize(
    ("head", "declared", "name", "kind"),
    [
        (b"{}", "application/json", None, "application/json"),
        (b"hello", "text/plain; charset=utf-8", None, "text/plain"),
        (b"hello", None, "a.txt", "text/plain"),
        (b"{}", UNKNOWN, "a.json", "application/json"),
        (b"hello", None, "a.png", UNKNOWN),
        (b"hello", None, None, UNKNOWN),
        (b"hello", "no type", None, UNKNOWN),
        (b"hello", "text/plain\r\nX: y", None, UNKNOWN),
        (b"<svg", None, "a.svg", "image/svg+xml"),
        (b"PK\x03\x04", "application/vnd.oasis.opendocument.text", None, "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04", "application/epub+zip", None, "application/epub+zip"),
        (HEADS["video/mp4"], "video/quicktime", None, "video/quicktime"),
        (HEADS["audio/ogg"], "audio/opus", None, "audio/opus"),
        (HEADS["image/jpeg"], "image/jpg", None, "image/jpeg"),
        (b"\xff\xfb\x90\x00", None, None, "audio/mpeg"),
        (b"\xff\xfeh\x00i\x00", "text/plain", None, "text/plain"),
    ],
)
def test_single_cases(head: bytes, declared: str | None, name: str | None, kind: str) -> None:
    assert media_type(head, declared, name) == kind


def test_only_raster_images_are_shown() -> None:
    shown = {kind for kind in [*HEADS, *ACTIVE, UNKNOWN, "text/plain", "application/json"] if inline(kind)}
    assert shown == {"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif"}


@given(st.binary(max_size=HEAD), st.none() | st.text(max_size=40), st.none() | st.text(max_size=40))
def test_any_input_gives_a_plain_media_type(head: bytes, declared: str | None, name: str | None) -> None:
    kind = media_type(head, declared, name)
    assert kind.isascii() and kind.isprintable() and kind.count("/") == 1 and ";" not in kind
    if inline(kind):
        assert media_type(head, None, None) == kind, "shown only if the bytes say so"


@given(st.binary(min_size=HEAD, max_size=HEAD), st.sampled_from(sorted(HEADS)), st.binary(max_size=100))
def test_what_comes_after_the_head_does_not_matter(head: bytes, declared: str, more: bytes) -> None:
    assert media_type(head + more, declared, None) == media_type(head, declared, None)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Zoë & Jürgen (1).jpg", "Zoë & Jürgen (1).jpg"),
        ("写真.png", "写真.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.png", "a.png"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("", "file"),
        ("a/", "file"),
        ("\x00\r\n\t", "file"),
        ('a"b\r\nX: y\x00.png', "ab X_ y.png"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("bad\ud800name.txt", "badname.txt"),
        ("a" * 300 + ".jpeg", "a" * 95 + ".jpeg"),
        ("a." + "b" * 300, "a." + "b" * 98),
        ("trailing. . ", "trailing"),
    ],
)
def test_names_are_cleaned(name: str, safe: str) -> None:
    assert safe_name(name) == safe


hostile = st.text(st.characters() | st.sampled_from(list("./\\\"'`\r\n\x00\u202e :%;")), max_size=300)


@given(hostile)
def test_any_name_becomes_safe(name: str) -> None:
    safe = safe_name(name)
    assert 1 <= len(safe) <= 100
    assert not set(safe) & set("/\\\"'`<>:|?*")
    assert not any(unicodedata.category(each).startswith("C") for each in safe)
    assert not safe.startswith(".") and safe == safe.strip()
    assert safe_name(safe) == safe


@given(hostile, st.booleans())
def test_any_name_makes_a_header_that_is_read_back(name: str, shown: bool) -> None:
    value = content_disposition(name, shown)
    assert value.isascii() and value.isprintable()
    message = email.message.Message()
    message["Content-Disposition"] = value
    assert message.get_content_disposition() == ("inline" if shown else "attachment")
    plain, _, encoded = value.partition("; filename*=UTF-8''")
    fallback = plain.split('filename="')[1].removesuffix('"')
    assert fallback and not set(fallback) - set(string.ascii_letters + string.digits + " !#$&()+,-.=@^_{}~[]")
    assert (unquote(encoded, errors="strict") if encoded else fallback) == safe_name(name)


def test_header_of_a_foreign_name() -> None:
    value = content_disposition("Zoë.png", False)
    assert value == "attachment; filename=\"Zoe.png\"; filename*=UTF-8''Zo%C3%AB.png"
    assert (
        content_disposition("写真.png", True) == "inline; filename=\"__.png\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.png"
    )
