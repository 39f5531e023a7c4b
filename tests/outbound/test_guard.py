"""Where requests may go: addresses in any spelling, names with several or changing addresses, redirects, TLS."""

import asyncio
import ssl
from pathlib import Path

import pytest

from engine.guard import Guard
from tests.outbound.calls import Sender
from tests.outbound.conftest import MakeSender
from tests.outbound.servers import Server, json_reply, reply
from tests.outbound.tls import CERTIFICATE, KEY

LOOPBACK = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f000001",
    "0x7F.0.0.1",
    "0x7f.1",
    "0",
    "0.0.0.0",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "localhost",
    "LOCALHOST",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
]


class Names:
    """A directory of names, each with the addresses of its first lookup, its second, and so on."""

    def __init__(self, **names: list[list[str]]) -> None:
        self._names = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host not in self._names:
            raise OSError("no such name")
        addresses = self._names[host]
        return addresses.pop(0) if len(addresses) > 1 else addresses[0]


@pytest.mark.parametrize("host", LOOPBACK)
async def test_loopback_is_refused_in_every_spelling(make_sender: MakeSender, host: str) -> None:
    async with make_sender(allowed="") as sender, Server(json_reply("{}")) as server:
        failed = await sender.failure(server.url_of(host))
        assert "address not allowed" in failed.message and not failed.again
        assert not server.connections


@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "10.1.2.3", "100.100.100.200", "192.0.0.192", "[fd00:ec2::254]", "[fe80::1%25lo]", "224.0.0.1"],
)
async def test_private_places_are_refused_for_every_verb(sender: Sender, verb: str, host: str) -> None:
    failed = await sender.failure(f"http://{host}/latest/meta-data/", verb, again=True)
    assert not failed.again
    assert failed.message.endswith(
        "address not allowed: the host is not public; the setting APP_ALLOWED_NETWORKS opens networks for `http` nodes"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "①②⑦.⓪.⓪.①"])
async def test_an_allowed_network_is_open(make_sender: MakeSender, host: str) -> None:
    async with make_sender(allowed="10.0.0.0/8, 127.0.0.0/8, ::1") as sender, Server(json_reply("{}")) as server:
        assert await sender.out(server.url_of(host)) == {}


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.1"])
async def test_odd_spellings_are_refused_where_the_address_is_allowed(sender: Sender, host: str) -> None:
    async with Server(json_reply("{}")) as server:
        failed = await sender.failure(server.url_of(host))
        assert "write an IPv4 address as four decimal numbers" in failed.message and not server.connections


async def test_one_bad_address_is_enough(make_sender: MakeSender) -> None:
    """And which address it is, is not told."""
    names = Names(cats_example=[["127.0.0.1", "10.9.8.7"]])
    async with make_sender(lookup=names) as sender, Server(json_reply("{}")) as server:
        failed = await sender.failure(server.url_of("cats.example"))
        assert "address not allowed: an address of the host is not public" in failed.message
        assert "10.9.8.7" not in failed.message and not failed.again and not server.connections


@pytest.mark.parametrize("address", ["::ffff:10.0.0.1", "64:ff9b::a00:1", "fe80::1%1", "fc00::1", "0.0.0.0"])
async def test_names_of_private_places(make_sender: MakeSender, address: str) -> None:
    async with make_sender(lookup=Names(cats_example=[[address]])) as sender:
        failed = await sender.failure("https://cats.example/")
        assert "address not allowed" in failed.message and address not in failed.message


async def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_used(make_sender: MakeSender) -> None:
    """A name that shows a good address first and a bad one when it is looked up again."""
    names = Names(cats_example=[["127.0.0.1"], ["127.0.0.2"]])
    async with make_sender(allowed="127.0.0.1", lookup=names) as sender, Server(json_reply('{"a": "good"}')) as good:
        bad = Server(json_reply('{"a": "bad"}'), host="127.0.0.2")
        bad.port = good.port
        async with bad:
            assert await sender.out(good.url_of("cats.example"), "POST") == {"a": "good"}
            assert names.asked == ["cats.example"]
            failed = await sender.failure(good.url_of("cats.example"), "POST")
            assert "address not allowed" in failed.message
            assert names.asked == ["cats.example"] * 2 and not bad.connections


async def test_no_connection_is_made_past_the_guard(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the first look at a host were missed."""
    monkeypatch.setattr(Guard, "check", lambda guard, host: None)
    failed = await sender.failure("http://[::1]:1/")
    assert "address not allowed" in failed.message and not failed.again


async def test_the_name_stays_the_host_of_the_request(make_sender: MakeSender) -> None:
    names = Names(cats_example=[["127.0.0.1"]])
    async with make_sender(lookup=names) as sender, Server(json_reply("{}")) as server:
        await sender.out(server.url_of("cats.example"))
        assert server.requests[0].headers["host"] == f"cats.example:{server.port}"


async def test_the_second_address_is_tried_where_the_first_does_not_answer(make_sender: MakeSender) -> None:
    names = Names(cats_example=[["127.0.0.9", "127.0.0.1"]])
    async with make_sender(lookup=names) as sender, Server(json_reply("{}")) as server:
        assert await sender.out(server.url_of("cats.example")) == {}


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://", "http:///x", "http://[::1", "cats"],
)
async def test_what_is_no_url_of_http(sender: Sender, url: str) -> None:
    failed = await sender.failure(url)
    assert "URL" in failed.message and not failed.again


async def test_a_url_with_a_password(sender: Sender) -> None:
    async with Server(json_reply("{}")) as server:
        assert not (await sender.failure(server.url_of("me:secret@127.0.0.1"))).again and not server.connections


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("verb", ["GET", "HEAD"])
async def test_redirects_are_followed(sender: Sender, verb: str, status: int) -> None:
    async with Server(reply(status, Location="../b?c=d"), json_reply("" if verb == "HEAD" else '{"a": 1}')) as server:
        out = await sender.out(f"{server.url}/x/y", verb, headers={"X-Key": "k"}, input={"i": 1})
        assert out == ({} if verb == "HEAD" else {"a": 1})
        second = server.requests[1]
        assert (second.verb, second.path, second.headers["x-key"]) == (verb, "/b?c=d", "k")
        assert second.body == (b"" if status == 303 else b'{"i":1}')


@pytest.mark.parametrize("place", ["/a%2Fb?s=%2Bx%2F&t=a+b&u='", "/ü?a=ü b", "?q", "/a/../b", "//127.0.0.1:{}/x?s=%2F"])
async def test_places_are_spelt_as_they_are_written(sender: Sender, place: str) -> None:
    async with Server(reply(302), json_reply("{}")) as server:
        server.replies[0] = reply(302, Location=place.format(server.port))
        await sender.out(f"{server.url}/y?z=%2F")
        assert server.requests[0].path == "/y?z=%2F"
        expected = {"?q": "/y?q", "/ü?a=ü b": "/%C3%BC?a=%C3%BC+b", "/a/../b": "/b"}.get(place, place)
        assert server.requests[1].path == expected.removeprefix("//127.0.0.1:{}")


async def test_a_binary_is_sent_again_after_a_redirect(sender: Sender) -> None:
    cat = await sender.put(b"miaow" * 200_000)
    async with Server(reply(307, Location="/there"), json_reply("{}")) as server:
        await sender.out(server.url, input={"cat": cat})
        assert server.requests[1].size == server.requests[0].size > 1_000_000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_redirects_of_other_verbs_are_failures(sender: Sender, verb: str, status: int) -> None:
    async with Server(reply(status, Location="/there")) as server:
        failed = await sender.failure(server.url, verb, again=True)
        assert failed.message == (
            f"{verb} {server.url} failed: it answered {status} and points to {server.url}/there; "
            "only GET and HEAD are followed: name that URL in the node"
        )
        assert not failed.again and len(server.requests) == 1


async def test_five_redirects_and_no_more(sender: Sender) -> None:
    on = reply(302, Location="/on")
    async with Server(*[on] * 5, json_reply('{"a": 1}')) as server:
        assert await sender.out(server.url) == {"a": 1}
    async with Server(*[on] * 6, json_reply('{"a": 1}')) as server:
        failed = await sender.failure(server.url)
        assert "it was redirected more than 5 times" in failed.message and not failed.again
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.2:{}/",
        "http://2130706434:{}/",
        "http://[::ffff:127.0.0.2]:{}/",
        "//127.0.0.2:{}/",
        "http://bad:{}",
    ],
)
async def test_a_redirect_to_a_private_place(make_sender: MakeSender, place: str) -> None:
    names = Names(bad=[["127.0.0.2"]])
    async with make_sender(allowed="127.0.0.1", lookup=names) as sender, Server(json_reply("{}")) as target:
        inner = Server(json_reply("{}"), host="127.0.0.2")
        async with inner, Server(reply(302, Location=place.format(inner.port))) as server:
            failed = await sender.failure(server.url)
            assert "address not allowed" in failed.message and "redirected to http" in failed.message
            assert not failed.again and not inner.connections and not target.connections


@pytest.mark.parametrize(
    "place",
    ["file:///etc/passwd", "http://me:pw@127.0.0.1/", "http://[::1", "javascript:alert(1)", "data:,x"],
)
async def test_a_redirect_to_no_place(sender: Sender, place: str) -> None:
    async with Server(reply(302, Location=place)) as server:
        failed = await sender.failure(server.url)
        assert "URL" in failed.message and "pw" not in failed.message and not failed.again
        assert len(server.requests) == 1


@pytest.mark.parametrize("how", ["host", "port"])
async def test_nothing_of_the_node_goes_to_another_host(make_sender: MakeSender, how: str) -> None:
    names = Names(cats_example=[["127.0.0.1"]], dogs_example=[["127.0.0.1"]])
    async with make_sender(lookup=names) as sender, Server(json_reply('{"a": 1}')) as other:
        place = other.url_of("dogs.example" if how == "host" else "cats.example")
        async with Server(reply(307, Location=place)) as server:
            secrets = {
                "Authorization": "Bearer s",
                "Cookie": "a=s",
                "X-Api-Key": "s",
                "Content-Type": "application/x+json",
            }
            assert await sender.out(server.url_of("cats.example"), headers=secrets, input={"i": "s"}) == {"a": 1}
        request = other.requests[0]
        assert request.size == 0 and not {name.lower() for name in secrets} & set(request.headers)


async def test_back_at_the_first_host_nothing_is_sent_again(make_sender: MakeSender) -> None:
    names = Names(cats_example=[["127.0.0.1"]], dogs_example=[["127.0.0.1"]])
    async with make_sender(lookup=names) as sender:
        first = Server(b"", json_reply("{}"))
        async with first, Server(reply(307, Location=first.url_of("cats.example"))) as second:
            first.replies[0] = reply(307, Location=second.url_of("dogs.example"))
            await sender.out(first.url_of("cats.example"), headers={"X-Api-Key": "s"})
            assert "x-api-key" in first.requests[0].headers and "x-api-key" not in first.requests[1].headers


# TLS


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""
    (tmp_path / "key.pem").write_text(KEY)
    (tmp_path / "certificate.pem").write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return context


@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_a_certificate_that_nobody_vouches_for(sender: Sender, tls: ssl.SSLContext, verb: str) -> None:
    async with Server(json_reply("{}"), tls=tls) as server:
        failed = await sender.failure(server.url_of("localhost", "https"), verb)
        assert "the certificate of the host is not accepted: self-signed certificate" in failed.message
        assert not failed.again and not server.requests


@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_a_host_that_speaks_no_tls(sender: Sender, verb: str) -> None:
    async def greet(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Plain\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(lambda _, writer: greet(writer), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        failed = await sender.failure(f"https://127.0.0.1:{port}/", verb)
        assert failed.again and "TLS could not be agreed on" in failed.message
