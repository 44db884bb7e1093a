"""Whose name a request works under: it comes from the login, and nobody can choose it."""

from pathlib import Path

import pytest

from annotation.review.login import LONE_REVIEWER, login_settings, reviewer_name, say_reviewer
from annotation.store import Store
from annotation.store.users import add_user, remove_user
from odin.errors import InputError


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "odin.sqlite")
    yield opened
    opened.close()


def test_without_accounts_one_person_at_this_machine_reviews(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert login_settings(store) == {}
    for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "localhost"):
        assert reviewer_name(store, None, host) == LONE_REVIEWER
    for host in ("192.168.0.7", "::ffff:10.0.0.1", "example.org", None):
        with pytest.raises(InputError, match="open to the machine that runs the app only"):
            reviewer_name(store, None, host)


def test_visitors_of_a_space_share_one_name_and_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "somebody/odin")
    assert reviewer_name(store, None, "203.0.113.9") == LONE_REVIEWER
    assert "every visitor" in say_reviewer(store, LONE_REVIEWER)


def test_with_accounts_the_app_asks_for_a_password_and_works_under_that_name(store: Store) -> None:
    add_user(store, "ann", "correct horse")
    may_enter = login_settings(store)["auth"]
    assert may_enter("ann", "correct horse")
    assert not may_enter("ann", "wrong horse")
    assert reviewer_name(store, "ann", "192.168.0.7") == "ann"
    with pytest.raises(InputError, match="start the app again, then log in"):
        reviewer_name(store, None, "127.0.0.1")


def test_an_account_that_was_taken_away_works_no_more(store: Store) -> None:
    for name in ("ann", "ben"):
        add_user(store, name, "correct horse")
    remove_user(store, "ben")
    with pytest.raises(InputError, match="ben has no account any more"):
        reviewer_name(store, "ben", "127.0.0.1")
