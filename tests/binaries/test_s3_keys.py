"""Keys of the object store: wrong ones, ones that change while the engine runs, ones that botocore finds."""

import asyncio
import logging
import os
import time
from pathlib import Path

import pytest

from engine.binaries.s3 import S3Binaries
from engine.errors import StoreAway
from tests.servers.s3 import S3

from .conftest import MakeS3
from .content import content, get, owner, put
from .relay import relay

SECRET = "a-secret-that-nobody-may-see"


def replace(path: Path, text: str) -> None:
    """Write a file as a whole, as an orchestrator does."""
    path.with_suffix(".new").write_text(text + "\n")
    os.replace(path.with_suffix(".new"), path)


async def refused_at_last(store: S3Binaries, binary_id: str) -> None:
    """The server learns of a key's end with some delay."""
    deadline = time.monotonic() + 20
    while True:
        try:
            await store.size(binary_id)
        except StoreAway as error:
            assert "refuses the credentials" in error.detail
            return
        assert time.monotonic() < deadline, "a key that was removed is still good"
        await asyncio.sleep(0.1)


async def works_at_last(store: S3Binaries, binary_id: str, data: bytes) -> None:
    """It recovers by itself."""
    deadline = time.monotonic() + 20
    while True:
        try:
            assert await get(store, binary_id) == data
            return
        except StoreAway:
            assert time.monotonic() < deadline, "it does not recover"
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("wrong", ["secret", "id"])
async def test_wrong_keys_are_refused_and_the_secret_is_never_told(
    make_s3: MakeS3, s3: S3, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    good = make_s3()
    await good.open()
    binary_id = await put(good, owner(), b"x")
    store = make_s3(secret_key=SECRET, key_id=s3.key_id if wrong == "secret" else "UNKNOWN")
    told = []
    for _ in range(2):
        for work in (store.open(), store.ping(), store.size(binary_id), get(store, binary_id)):
            with pytest.raises(StoreAway, match="refuses the credentials") as raised:
                await work
            told.append(str(raised.value))
        sink = await store.sink(owner())
        await sink.write(content(100))
        with pytest.raises(StoreAway, match="refuses the credentials"):
            await sink.commit()
    assert SECRET not in caplog.text + "".join(told) + repr(vars(store)) + repr(vars(store._link))
    assert SECRET.encode().hex() not in caplog.text


async def test_key_in_files_may_change(
    gateway: S3, make_s3: MakeS3, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first, second = gateway.new_key(), gateway.new_key()
    id_file, secret_file = tmp_path / "id", tmp_path / "secret"
    replace(id_file, first[0])
    replace(secret_file, first[1])
    store = make_s3(key_id=None, secret_key=None, key_id_file=id_file, secret_key_file=secret_file)
    await store.open()
    data = content(12_000_000)
    binary_id = await put(store, owner(), data)
    chunks = store.read(binary_id)
    read = bytearray(await anext(chunks))
    sink = await store.sink(owner())
    await sink.write(data[:6_000_000])

    replace(id_file, second[0])
    replace(secret_file, second[1])
    await asyncio.sleep(1.1)  # the files are looked at every second
    await store.size(binary_id)
    assert "a new key for the object store is in use" in caplog.text, "nothing had to be refused before"
    await asyncio.to_thread(gateway.remove_key, first[0])
    assert await get(store, binary_id) == data
    async for chunk in chunks:
        read += chunk
    assert read == data, "who was reading reads on"
    await sink.write(data[6_000_000:])
    assert await get(store, await sink.commit()) == data, "who was writing writes on"
    await asyncio.to_thread(gateway.remove_key, second[0])


async def test_reader_who_goes_on_with_a_new_key_outlives_the_next_one(
    gateway: S3, make_s3: MakeS3, tmp_path: Path
) -> None:
    keys = [gateway.new_key() for _ in range(3)]
    id_file, secret_file = tmp_path / "id", tmp_path / "secret"

    async def use(key: tuple[str, str]) -> None:
        replace(id_file, key[0])
        replace(secret_file, key[1])
        await asyncio.sleep(1.1)

    await use(keys[0])
    async with relay(gateway.url) as between:
        store = make_s3(url=between.url, key_id_file=id_file, secret_key_file=secret_file)
        await store.open()
        data = content(20_000_000)
        binary_id = await put(store, owner(), data)
        between.cuts = [8_000_000]
        chunks = store.read(binary_id)
        read = bytearray(await anext(chunks))
        await use(keys[1])
        while between.cuts or len(read) < 10_000_000:
            read += await anext(chunks)
        await use(keys[2])
        await store.size(binary_id)
        async for chunk in chunks:
            read += chunk
        assert read == data
        await store.close()
    for key in keys:
        await asyncio.to_thread(gateway.remove_key, key[0])


async def test_key_that_is_refused_is_read_again(gateway: S3, make_s3: MakeS3, tmp_path: Path) -> None:
    first, second = gateway.new_key(), gateway.new_key()
    id_file, secret_file = tmp_path / "id", tmp_path / "secret"
    replace(id_file, first[0])
    replace(secret_file, first[1])
    store = make_s3(key_id=None, secret_key=None, key_id_file=id_file, secret_key_file=secret_file)
    await store.open()
    binary_id = await put(store, owner(), b"x")
    await asyncio.to_thread(gateway.remove_key, first[0])
    await refused_at_last(store, binary_id)
    replace(secret_file, second[1])
    for _ in range(3):  # a pair that does not match, while the files change one after the other
        with pytest.raises(StoreAway):
            await store.size(binary_id)
    id_file.unlink()
    with pytest.raises(StoreAway):
        await store.size(binary_id)
    replace(id_file, second[0])
    await works_at_last(store, binary_id, b"x")
    await asyncio.to_thread(gateway.remove_key, second[0])


async def test_files_that_cannot_be_read_are_away(make_s3: MakeS3, s3: S3, tmp_path: Path) -> None:
    id_file, secret_file = tmp_path / "id", tmp_path / "secret"
    store = make_s3(key_id=None, secret_key=None, key_id_file=id_file, secret_key_file=secret_file)
    with pytest.raises(StoreAway, match="file id"):
        await store.open()
    replace(id_file, s3.key_id)
    secret_file.write_text("")
    with pytest.raises(StoreAway, match="file secret .* empty"):
        await store.open()
    replace(secret_file, s3.secret_key)
    await store.open()
    await store.ping()


async def test_without_a_key_botocore_looks_for_one(
    gateway: S3, make_s3: MakeS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    store = make_s3(key_id=None, secret_key=None)
    with pytest.raises(StoreAway, match="no credentials"):
        await store.open()
    monkeypatch.setattr("engine.binaries.s3_link._RENEW_SECONDS", 0.2)
    first, second = gateway.new_key(), gateway.new_key()
    replace(shared, f"[default]\naws_access_key_id={first[0]}\naws_secret_access_key={first[1]}")
    await asyncio.sleep(0.2)
    await store.open()
    binary_id = await put(store, owner(), b"x")
    await asyncio.to_thread(gateway.remove_key, first[0])
    await refused_at_last(store, binary_id)
    replace(shared, f"[default]\naws_access_key_id={second[0]}\naws_secret_access_key={second[1]}")
    await works_at_last(store, binary_id, b"x")
    await asyncio.to_thread(gateway.remove_key, second[0])


async def test_refusals_do_not_make_a_client_each(
    make_s3: MakeS3, s3: S3, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    store = make_s3(key_id=None, secret_key=None)
    with pytest.raises(StoreAway, match="refuses"):
        await store.open()
    caplog.set_level(logging.INFO)
    begun = time.monotonic()
    for _ in range(100):
        with pytest.raises(StoreAway, match="refuses"):
            await store.ping()
    assert caplog.text.count("a new key") <= 1 + (time.monotonic() - begun) / 5


async def test_address_without_a_password_in_messages(make_s3: MakeS3) -> None:
    store = make_s3(url=f"http://me:{SECRET}@127.0.0.1:9")
    with pytest.raises(StoreAway) as raised:
        await store.open()
    assert "127.0.0.1:9" in raised.value.detail
    assert SECRET not in raised.value.detail
