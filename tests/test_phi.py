"""The PHI warning: what it finds, what it leaves, and that it says what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odin.phi import NOTICE, count_kinds, describe, find_phi


@pytest.mark.parametrize(
    ("text", "kind", "surface"),
    [
        ("Seen by Dr. Maria de la Cruz today", "name", "Maria de la Cruz"),
        ("Mr. John O'Brien reports pain", "name", "John O'Brien"),
        ("Patient Name: Jane Doe\nAllergies: none", "name", "Jane Doe"),
        ("Jane Roe, M.D.", "name", "Jane Roe"),
        ("seen on 03/14/1952 for", "date", "03/14/1952"),
        ("on 2021-03-04.", "date", "2021-03-04"),
        ("on March 3, 2021 he", "date", "March 3, 2021"),
        ("on 3rd of March 2021", "date", "3rd of March 2021"),
        ("MRN: 00123456", "record number", "00123456"),
        ("Account no. AB-99812", "record number", "AB-99812"),
        ("call (555) 123-4567", "phone number", "(555) 123-4567"),
        ("ring +44 20 7946 0958 now", "phone number", "+44 20 7946 0958"),
        ("write to a.b@example.org", "email address", "a.b@example.org"),
        ("SSN 123-45-6789", "social security number", "123-45-6789"),
        ("see https://example.org/p?id=1 for", "web address", "https://example.org/p?id=1"),
        ("from 192.168.0.17", "IP address", "192.168.0.17"),
        ("lives at 12 Oak Street", "address", "12 Oak Street"),
        ("Boston, MA 02115", "address", "MA 02115"),
        ("a 93-year-old man", "age over 89", "93"),
        ("Patient: John Smith\nComplains of pain", "name", "John Smith"),
        ("Seen by Dr. SMITH today", "name", "SMITH"),
        ("Name: SMITH, JOHN", "name", "SMITH, JOHN"),
        ("Ms. de la Cruz reports pain", "name", "de la Cruz"),
        ("on 2024-03-04T10:30 he", "date", "2024-03-04"),
        ("admitted 4-Mar-2024 with", "date", "4-Mar-2024"),
        ("given 04MAR24 and", "date", "04MAR24"),
        ("ring 07700 900123 now", "phone number", "07700 900123"),
    ],
)
def test_an_identifier_is_found_with_its_kind_and_place(text: str, kind: str, surface: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in find_phi(text)] == [(kind, surface)]


@pytest.mark.parametrize(
    "text",
    [
        "BP 120/80, pain 3/10, HR 72.",
        "AKI 2/2 sepsis; labetalol 20-40-80 IV",
        "Drinks 1-2 beers/month. A1c 10.8 %, lipase 2,140.",
        "A 54-year-old with type 2 diabetes, last visit 10-71.",
        "Metformin 500 mg BID for 3 months; may increase 10 mg.",
        "May 10 mg be given? Dr. to call. Patient: Alert, oriented. 3-mar tablets.",
        "Father had a stroke. Sister Hashimoto's.",
    ],
)
def test_ordinary_clinical_numbers_raise_no_warning(text: str) -> None:
    assert find_phi(text) == ()


def test_the_counts_are_said_in_words() -> None:
    found = find_phi("Dr. Lee and Mr. Roe, 03/14/1952, a@b.org, c@d.org, a 91-year-old, a 95-year-old")
    assert count_kinds(found) == {"name": 2, "email address": 2, "age over 89": 2, "date": 1}
    assert describe(found) == "2 names, 2 email addresses, 2 ages over 89, 1 date"
    assert describe(()) == ""


def test_it_calls_itself_a_warning_and_not_deidentification() -> None:
    assert "not de-identification" in NOTICE


@given(st.text(alphabet=st.sampled_from("aB1/-. @:,\n(é😀Dr.SSN"), max_size=80))
def test_spans_are_ordered_disjoint_and_inside_the_text(text: str) -> None:
    spans = find_phi(text)
    edges = [offset for span in spans for offset in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


@pytest.mark.parametrize("piece", ["Aa ", "1-", "1 ", "a.", "(555) ", "Dr. A. ", "a@"])
def test_long_repetitive_text_is_scanned_in_a_moment(piece: str) -> None:
    """A pattern that backtracks over 100,000 characters would hang here for minutes."""
    find_phi(piece * (100_000 // len(piece)))
