"""Rewording through an endpoint that fails in every way, and the proof that a rewording kept every mention."""

import json
import threading
from collections import Counter, deque
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep

import pytest
from hypothesis import given, settings
from markup import document
from patience import SECONDS
from strategies import documents

from odin.corpora import jsonl
from odin.errors import InputError
from odin.schema import Provenance
from odin.synthesis import rewording
from odin.synthesis.endpoint import Endpoint, EndpointError
from odin.synthesis.protection import NotProven, protect, read_tags, restored
from odin.synthesis.rewording import RewordingOptions, RewordingReport, reword, reword_file

NOTE = replace(
    document(
        "[Aspirin](Drug) treats [headache](Symptom). He denies [fever](Symptom|negated).",
        ("treats", "Aspirin", "headache"),
    ),
    provenance=Provenance("generator"),
)


@pytest.fixture
def server():
    """A local endpoint; `answers` are given in order: text, a status, or `drop`, `slow`, `rubbish`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.asked.append((self.path, dict(self.headers), body))
            answer = self.server.answers.popleft() if self.server.answers else 500
            if answer == "drop":
                self.connection.close()
            elif answer == "slow":
                self.server.release.wait(5)
            elif isinstance(answer, tuple):
                self.send_response(answer[0])
                for name, value in answer[1].items():
                    self.send_header(name, value)
                self.end_headers()
            elif isinstance(answer, int):
                self.send_response(answer)
                self.end_headers()
            else:
                text = answer(body["messages"][1]["content"]) if callable(answer) else answer
                usage = {"prompt_tokens": 10, "completion_tokens": 5}
                value = {"choices": [{"message": {"content": text}}], "usage": usage}
                data = b"{rubbish" if answer == "rubbish" else json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.asked, server.release = deque(), [], threading.Event()
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _terms(monkeypatch):
    monkeypatch.setattr(rewording, "_terms", lambda: (frozenset({"pneumonia", "heart failure", "fever"}), 2))
    for name in ("ODIN_LLM_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def endpoint(server, **options):
    waits = []
    found = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "tiny", sleep=waits.append, **options)
    return found, waits


def nothing_known(_):
    return Counter()


def reworded(tagged):
    return tagged.replace("treats", "is given for").replace("He ", "The patient ")


def test_a_proven_rewording_keeps_every_mention_and_relation(server):
    server.answers.extend([reworded])
    found, _ = endpoint(server)
    report = RewordingReport()
    result = reword(NOTE, found, RewordingOptions(), report)
    assert result.text == "Aspirin is given for headache. The patient denies fever."
    assert [e.text_in(result.text) for e in result.entities] == ["Aspirin", "headache", "fever"]
    assert [e.assertion for e in result.entities] == [None, None, "negated"]
    assert len(result.relations) == 1
    assert result.meta["rewording"]["model"] == "tiny"
    assert (report.acceptance, report.prompt_tokens, report.completion_tokens) == (1.0, 10, 5)
    assert server.asked[0][0] == "/v1/chat/completions"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("[[T1|Aspirin]] treats. He denies [[T3|fever]].", "lost mention"),
        ("[[T1|Aspirin]] treats [[T2|headache]] and [[T2|headache]]. He denies [[T3|fever]].", "repeated mention"),
        ("[[T1|Aspirin]] treats [[T2|headaches]]. He denies [[T3|fever]].", "altered mention"),
        ("[[T1|Aspirin]] treats [[T2|headache]]s. He denies [[T3|fever]].", "altered mention"),
        ("[[T2|headache]] with [[T1|Aspirin]]. He denies [[T3|fever]].", "reordered mentions"),
        ("[[T1|Aspirin]] treats [[T2|headache]] of pneumonia. He denies [[T3|fever]].", "unplanned term"),
        ("[[T1|Aspirin]] never treats [[T2|headache]]. He denies [[T3|fever]].", "new negation"),
        ("[[T1|Aspirin]] treats [[T2|headache]]. He denies [[T3|fever]].\n\nI kept every tag.", "words of the model"),
        ("[[T1|Aspirin]] treats [[T2|headache]]. He reports [[T3|fever]].", "lost negation"),
        ("[[T1|Aspirin]] treats possible [[T2|headache]]. He denies [[T3|fever]].", "new doubt"),
        ("[[T1|Aspirin]] treats [[T2|headache]]. [[T9|gout]] He denies [[T3|fever]].", "invented tag"),
        ("[[T1|Aspirin treats", "broken tags"),
    ],
)
def test_a_rewording_that_is_not_proven_leaves_the_note_as_it_was(server, answer, reason):
    server.answers.append(answer)
    found, _ = endpoint(server)
    report = RewordingReport()
    result = reword(NOTE, found, RewordingOptions(), report)
    assert (result.text, result.entities, result.relations) == (NOTE.text, NOTE.entities, NOTE.relations)
    assert report.kept == {reason: 1}
    assert report.acceptance == 0.0


def test_a_known_term_of_the_note_does_not_hide_a_new_one(server):
    note = replace(document("[Aspirin](Drug) for fever."), provenance=Provenance("generator"))
    server.answers.extend(["[[T1|Aspirin]] given for fever.", "[[T1|Aspirin]] for fever and pneumonia."])
    found, _ = endpoint(server)
    report = RewordingReport()
    assert reword(note, found, RewordingOptions(), report).text == "Aspirin given for fever."
    assert reword(note, found, RewordingOptions(), report).text == note.text
    assert report.kept == {"unplanned term": 1}
    assert server.asked[0][2]["max_tokens"] < 200


@pytest.mark.parametrize(
    "around",
    [
        "<think>Keep the [[T1|tags]].</think>\n\n{}",
        "```\n{}\n```",
        "Here is the reworded note:\n\n{}",
        "Sure! Here it is:\n```text\n{}\n```\n",
    ],
)
def test_what_a_model_says_around_the_note_is_not_part_of_it(server, around):
    server.answers.append(lambda tagged: around.format(reworded(tagged)))
    found, _ = endpoint(server)
    result = reword(NOTE, found, RewordingOptions())
    assert result.text == "Aspirin is given for headache. The patient denies fever."


def test_a_denied_relation_stays_denied():
    value = document("[Aspirin](Drug) did not help the [headache](Symptom).", ("treats", "Aspirin", "headache"))
    value = replace(value, relations=(replace(value.relations[0], attributes={"negated": True}),))
    kept = restored(protect(value), "[[T1|Aspirin]] failed to ease the [[T2|headache]].", nothing_known)
    assert kept.relations[0].negated
    with pytest.raises(NotProven, match="lost negation"):
        restored(protect(value), "[[T1|Aspirin]] eased the [[T2|headache]].", nothing_known)


def test_a_cue_must_stay_in_the_sentence_of_its_mention():
    value = document("Well. Denies [fever](Symptom|negated).")
    value = replace(value, entities=(replace(value.entities[0], cue=(6, 12)),))
    protected = protect(value)
    assert protected.tagged == "Well. [[C1|Denies]] [[T1|fever]]."
    assert restored(protected, "Feels well. [[C1|Denies]] any [[T1|fever]].", nothing_known).entities[0].cue == (
        12,
        18,
    )
    with pytest.raises(NotProven, match="cue parted"):
        restored(protected, "[[C1|Denies]] all. There is [[T1|fever]].", nothing_known)


@pytest.mark.parametrize("failure", [429, 500, 503, "rubbish", "drop"])
def test_a_passing_failure_is_tried_again_with_longer_waits(server, failure):
    server.answers.extend([failure, failure, reworded])
    found, waits = endpoint(server)
    report = RewordingReport()
    assert reword(NOTE, found, RewordingOptions(), report).meta["rewording"]["accepted"]
    assert waits == [1.0, 2.0]
    assert report.retries == 2


def test_a_time_out_is_tried_again_and_then_reported(server):
    server.answers.extend(["slow", "slow"])
    found, _ = endpoint(server, timeout_seconds=0.2, tries=2)
    with pytest.raises(EndpointError, match=r"no answer within 0.2 s|connection failed"):
        reword(NOTE, found, RewordingOptions())
    until = monotonic() + SECONDS
    while len(server.asked) < 2 and monotonic() < until:  # the server may read a request after it was given up
        sleep(0.01)
    assert len(server.asked) == 2


def test_the_wait_that_the_endpoint_asks_for_is_kept(server):
    server.answers.extend([(429, {"Retry-After": "7"}), reworded])
    found, waits = endpoint(server)
    reword(NOTE, found, RewordingOptions())
    assert waits == [7.0]


def test_a_refused_key_is_not_tried_again_and_a_redirect_is_not_followed(server):
    found, waits = endpoint(server)
    for answer in (401, (302, {"Location": "http://127.0.0.1:9/elsewhere"})):
        server.answers.append(answer)
        with pytest.raises(EndpointError, match="status"):
            reword(NOTE, found, RewordingOptions())
    assert waits == []
    assert len(server.asked) == 2


def test_nobody_listening_is_an_error_that_says_so():
    found = Endpoint("http://127.0.0.1:9/v1", "tiny", tries=1)
    with pytest.raises(EndpointError, match="connection failed"):
        found.complete("s", "u")
    with pytest.raises(InputError, match="not an endpoint"):
        Endpoint("localhost", "tiny")
    for address in ("http://[::1", "http://local host/v1", "http://host:abc/v1", "http://host/ö", "http://host:99999"):
        with pytest.raises(InputError, match="not an endpoint"):
            Endpoint(address, "tiny")
    with pytest.raises(InputError, match="environment"):
        Endpoint("http://me:secret@host/v1", "tiny")


def test_the_key_comes_from_the_environment_and_goes_nowhere_else(server, monkeypatch, caplog):
    monkeypatch.setenv("ODIN_LLM_API_KEY", "s3cret")
    server.answers.extend([500, reworded])
    found, _ = endpoint(server)
    result = reword(NOTE, found, RewordingOptions())
    assert server.asked[1][1]["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in json.dumps(result.to_json()) + caplog.text + repr(found)


def test_a_key_with_a_line_end_works_and_one_that_no_header_holds_is_not_shown(server, monkeypatch):
    server.answers.append(reworded)
    found, _ = endpoint(server)
    monkeypatch.setenv("ODIN_LLM_API_KEY", "s3cret\n")
    reword(NOTE, found, RewordingOptions())
    assert server.asked[0][1]["Authorization"] == "Bearer s3cret"
    for key in ("s3cr\net", "s3cr–et"):
        monkeypatch.setenv("ODIN_LLM_API_KEY", key)
        with pytest.raises(InputError, match="ODIN_LLM_API_KEY") as err:
            reword(NOTE, found, RewordingOptions())
        assert "s3cr" not in str(err.value)


def test_a_text_that_may_name_a_patient_is_not_sent(server):
    real = document("Mr. John Smith, MRN 1234567, takes [aspirin](Drug).")
    report = RewordingReport()
    found, _ = endpoint(server)
    assert reword(real, found, RewordingOptions(), report).text == real.text
    assert report.kept == {"may name a patient": 1}
    assert server.asked == []


def test_a_run_that_was_cut_off_is_resumed(server, tmp_path):
    output = tmp_path / "out.jsonl"
    notes = [replace(NOTE, id=f"n{number}") for number in range(6)]
    server.answers.extend([reworded, reworded] + [400] * 9)
    found, _ = endpoint(server)
    report = reword_file(notes, found, output, RewordingOptions())
    assert report.accepted == 2
    assert "status 400" in report.stopped
    assert "0 no answer" not in report.summary()
    with output.open("a") as file:
        file.write('{"id": "torn')
    server.answers.clear()
    server.answers.extend([reworded] * 4)
    again = reword_file(notes, found, output, RewordingOptions())
    assert (again.resumed, again.accepted, again.stopped) == (2, 4, "")
    assert [item.id for item in jsonl.read(output)] == [item.id for item in notes]


def test_a_run_that_writes_only_what_was_proven_goes_on_after_its_last_document(server, tmp_path):
    output = tmp_path / "out.jsonl"
    notes = [replace(NOTE, id=f"n{number}") for number in range(4)]
    server.answers.extend(["nothing", reworded] + [400] * 9)
    found, _ = endpoint(server)
    report = reword_file(notes, found, output, RewordingOptions(), only_accepted=True)
    assert (report.accepted, report.kept["lost mention"]) == (1, 1)
    server.answers.clear()
    server.answers.extend(["nothing", reworded])
    again = reword_file(notes, found, output, RewordingOptions(), only_accepted=True)
    assert (again.accepted, again.asked) == (1, 2)
    assert [item.id for item in jsonl.read(output)] == ["n1", "n3"]
    with pytest.raises(InputError, match="not among the documents"):
        reword_file(notes[:1], found, output, RewordingOptions(), only_accepted=True)


@settings(max_examples=60, deadline=None)
@given(documents())
def test_tags_give_the_text_and_the_spans_back(value):
    try:
        protected = protect(value)
    except NotProven:
        return
    text, spans = read_tags(protected.tagged)
    assert text == value.text
    assert all(spans[f"T{number}"] == entity.span for number, entity in enumerate(value.entities, 1))
