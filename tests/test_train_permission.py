"""Who may train: nothing is asked on a machine of one's own; a public Space needs a login, or its owner's word."""

from types import SimpleNamespace

import gradio as gr
import pytest

from annotation.store import Store
from annotation.store.users import add_user
from annotation.tabs import train
from annotation.train import handlers
from annotation.train.permission import OPEN, check_may_train, may_train
from odin.errors import InputError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ODIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ODIN_STORE", str(tmp_path / "odin.sqlite"))
    monkeypatch.delenv(OPEN, raising=False)
    monkeypatch.delenv("SPACE_ID", raising=False)


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "odin.sqlite")
    yield opened
    opened.close()


def test_on_a_machine_of_ones_own_everybody_may_train(store):
    assert may_train(store, None)
    add_user(store, "ann", "correct horse")
    assert may_train(store, "ann")


def test_on_a_space_only_who_logged_in_may_train_or_all_if_it_says_so(store, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "somebody/odin")
    assert not may_train(store, None)
    with pytest.raises(InputError, match=f"Training is off.*{OPEN} to 1.*reviewers add NAME"):
        check_may_train(store, None)
    add_user(store, "ann", "correct horse")
    assert may_train(store, "ann")
    assert not may_train(store, "ben")
    assert not may_train(store, None)
    monkeypatch.setenv(OPEN, "0")
    assert not may_train(store, None)
    monkeypatch.setenv(OPEN, "1")
    assert may_train(store, None)


@pytest.mark.parametrize("name", ["check", "start", "pause", "resume", "stop", "use"])
def test_a_request_that_did_not_come_from_the_page_is_refused_too(store, monkeypatch, name):
    handler = train.permitted(store, getattr(handlers, name))
    monkeypatch.setenv("SPACE_ID", "somebody/odin")
    with pytest.raises(gr.Error, match="Training is off"):
        list(handler(SimpleNamespace(username=None), "run-1") or ())
    monkeypatch.delenv("SPACE_ID")
    with pytest.raises((gr.Error, ValueError), match=r"there is no run 'run-1'|not enough values"):
        list(handler(SimpleNamespace(username=None), "run-1") or ())


def test_the_page_of_a_stranger_has_its_buttons_off_and_says_why(store, monkeypatch):
    assert train.off(store, SimpleNamespace(username=None)) == [gr.skip()] * 4
    monkeypatch.setenv("SPACE_ID", "somebody/odin")
    check, start, steer, said = train.off(store, SimpleNamespace(username=None))
    assert (check["interactive"], start["interactive"], steer["visible"]) == (False, False, False)
    assert OPEN in said["detail"]
