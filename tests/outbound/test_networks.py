"""Which addresses are public, and how the setting that opens others is read. Ranges are those of IANA's registries."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.networks import is_literal, is_odd_literal, parse_networks, permitted

PUBLIC = ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.128.0.0", "223.255.255.255", "192.0.1.0"]
PUBLIC_6 = ["2606:4700:4700::1111", "2a00:1450::1", "2001:200::1", "2620:fe::fe"]
PRIVATE = [
    *["0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1"],
    *["127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0"],
    *["172.31.255.255", "192.0.0.0", "192.0.0.9", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.0"],
    *["192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"],
    *["239.255.255.255", "240.0.0.0", "255.255.255.255"],
]
PRIVATE_6 = [
    *["::", "::1", "::7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::8.8.8.8"],
    *["64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1"],
    *["2002:808:808::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0"],
    *["fec0::1", "ff02::1", "1fff:ffff::1"],
]


@pytest.mark.parametrize("address", PUBLIC + PUBLIC_6 + ["::ffff:8.8.8.8"])
def test_public(address: str) -> None:
    assert permitted(address, ())


@pytest.mark.parametrize("address", PRIVATE + PRIVATE_6)
def test_not_public(address: str) -> None:
    assert not permitted(address, ())
    assert not permitted(address, parse_networks("192.168.77.0/24, fd77::/16"))


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public_behind_a_mapped_address(address: str) -> None:
    assert not permitted(f"::ffff:{address}", ())


@given(st.ip_addresses())
def test_what_is_permitted_is_global_to_the_standard_library_too(address: ipaddress.IPv4Address) -> None:
    if permitted(str(address), ()):
        mapped = getattr(address, "ipv4_mapped", None)
        assert (mapped or address).is_global and not address.is_multicast


@pytest.mark.parametrize(
    ("networks", "inside", "outside"),
    [
        ("10.0.0.0/8", "10.1.2.3", "11.0.0.0"),
        ("10.0.0.0/8", "::ffff:10.1.2.3", "192.168.0.1"),
        (" 192.168.1.7 ,, fd00::/8,", "192.168.1.7", "192.168.1.8"),
        (" 192.168.1.7 ,, fd00::/8,", "fd12::1", "fc12::1"),
        ("fe80::/10", "fe80::1%eth0", "fd00::1"),
        ("64:ff9b::/96", "64:ff9b::a00:1", "10.0.0.1"),
        ("0.0.0.0/0", "127.0.0.1", "::1"),
    ],
)
def test_networks_open_what_they_hold(networks: str, inside: str, outside: str) -> None:
    assert permitted(inside, parse_networks(networks))
    assert outside == "11.0.0.0" or not permitted(outside, parse_networks(networks))


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_no_networks(text: str) -> None:
    assert parse_networks(text) == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lan", "'lan' is no network; write networks as 10.0.0.0/8 or fd00::/8, with commas between"),
        ("10.0.0.0/8 fd00::/8", "'10.0.0.0/8 fd00::/8' is no network"),
        ("10.0.0.0/33", "'10.0.0.0/33' is no network"),
        ("10.1.2.3/8", "'10.1.2.3/8' has bits beyond its prefix; write 10.0.0.0/8 for the network"),
        ("127.0.0.1:80", "is no network"),
    ],
)
def test_what_is_no_network(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="network") as error:
        parse_networks(f"10.0.0.0/8, {text}")
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    "host", ["1", "0x", "0x7f", "127.1", "1.2.3.4.5", "08.8.8.8", "a.0x1f", "256.1.1.1", "1.2.3.4."]
)
def test_odd_spellings(host: str) -> None:
    assert is_odd_literal(host) and not is_literal(host)


@pytest.mark.parametrize("host", ["example", "1.example", "example.c0m", "0xample", "1-2", "localhost.", "x1"])
def test_names(host: str) -> None:
    assert not is_odd_literal(host) and not is_literal(host)


@pytest.mark.parametrize("host", ["1.2.3.4", "::1", "fe80::1%25lo"])
def test_addresses(host: str) -> None:
    assert is_literal(host) and not is_odd_literal(host)
