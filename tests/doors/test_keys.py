"""Keys as text: made, read, and compared in a time that tells nothing."""

import hmac
import re

import pytest

from engine.doors.keys import digest_of, fits, new_key, pass_of, read_key, read_pass


def test_a_key_is_new_each_time_and_says_its_id() -> None:
    made = [new_key() for _ in range(100)]
    assert len({key for _, key in made}) == len({key_id for key_id, _ in made}) == 100
    for key_id, key in made:
        assert re.fullmatch(rf"aim_{key_id}_[A-Za-z0-9_-]{{43}}", key), "43 characters of 6 bits: 256 bits"
        shown = read_key(key)
        assert shown is not None and shown.id == key_id and shown.passed not in repr(shown)


@pytest.mark.parametrize(
    "text",
    ["", "aim_", "x" * 64, "aim_0123456789abcdef_", "AIM_0123456789abcdef_" + "a" * 43]
    + ["aim_0123456789abcdef_" + "a" * 44, "aim_0123456789abcdeg_" + "a" * 43, "aim_0123456789abcdef_" + "ä" * 43]
    + ["aim_0123456789abcdef_" + "a" * 43 + "\n", "aim_٠123456789abcdef_" + "a" * 43],
)
def test_what_is_no_key_shows_nothing(text: str) -> None:
    assert read_key(text) is None


def test_a_pass_is_read_from_a_cookie_and_is_no_key() -> None:
    key_id, key = new_key()
    shown = read_key(key)
    assert shown is not None
    cookie = f"{shown.id}.{shown.passed}"
    assert read_pass(cookie) == shown and read_key(cookie) is None and read_pass(key) is None
    assert read_key(f"aim_{key_id}_{shown.passed}") is None
    for text in ("", ".", f"{key_id}.", f"{key_id}.{'g' * 64}", f"root.{shown.passed}", cookie + " "):
        assert read_pass(text) is None


def test_only_the_right_pass_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = pass_of("secret")
    digest = digest_of(passed)
    assert digest != passed and len(digest) == 64
    compared: list[tuple[str, str]] = []
    real = hmac.compare_digest

    def seen(one: str, other: str) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", seen)
    assert fits(passed, digest) and not fits(pass_of("Secret"), digest) and not fits(digest, digest)
    assert len(compared) == 3, "compared by the function whose time depends on nothing but the length"
