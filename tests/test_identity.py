"""What a scope allows, and whose things a bearer sees."""

import pytest

from engine.identity import EVERYBODY, SCOPES, Identity, Scope, with_implied


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ("admin", set(SCOPES)),
        ("author", {"author", "submit", "read"}),
        ("submit", {"submit", "read"}),
        ("read", {"read"}),
        ("service", {"service"}),
    ],
)
def test_a_scope_implies_smaller_ones(given: Scope, allowed: set[Scope]) -> None:
    bearer = Identity("k1", "anna", with_implied([given]))
    assert {scope for scope in SCOPES if bearer.may(scope)} == allowed


def test_scopes_add_up() -> None:
    assert with_implied(["read", "service"]) == {"read", "service"}


def test_only_an_admin_sees_what_belongs_to_others() -> None:
    anna = Identity("k1", "anna", with_implied(["author"]))
    assert anna.sees("anna") and not anna.sees("bert") and not anna.sees("")
    assert Identity("k2", "root", with_implied(["admin"])).sees("bert")


def test_without_keys_everybody_may_do_all() -> None:
    assert all(EVERYBODY.may(scope) for scope in SCOPES) and EVERYBODY.sees("anna") and EVERYBODY.sees("")
