from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from odin.extraction.windows import LOWER, MIXED, OTHER, TITLE, UPPER, chunks, split_words, windows, without_shouting


@given(st.text(max_size=200))
def test_words_cover_every_character_that_is_not_white_space(text):
    words = split_words(text)
    covered = {place for word in words for place in range(word.start, word.end)}
    assert all(place in covered or char.isspace() for place, char in enumerate(text))
    read = without_shouting(text)
    assert all(read[word.start : word.end] == word.text for word in words)


def test_line_breaks_are_words_and_blank_lines_count():
    words = split_words("HTN.\r\n \nStable")
    assert [word.text for word in words] == ["HTN", ".", "\r\n \n", "Stable"]
    assert [word.line_breaks for word in words] == [0, 0, 2, 0]


def test_shapes_tell_an_abbreviation_from_a_word():
    shapes = [word.shape for word in split_words("all ALL All pH 81mg A")]
    assert shapes == [LOWER, UPPER, TITLE, MIXED, OTHER, TITLE]


@given(st.integers(0, 3000), st.integers(20, 200), st.integers(0, 15))
def test_chunks_cover_all_words_and_share_the_overlap(length, size, overlap):
    spans = chunks(length, size, overlap)
    assert {i for start, end in spans for i in range(start, end)} == set(range(length))
    assert all(left[1] - right[0] == overlap for left, right in pairwise(spans))
    assert all(end - start <= size for start, end in spans)


@given(st.lists(st.integers(1, 12), max_size=900))
def test_windows_fit_the_encoder_and_own_each_word_once(pieces):
    spans = windows(pieces, 300)
    assert all(sum(pieces[w.start : w.end]) <= 300 for w in spans)
    assert [i for w in spans for i in range(w.own_start, w.own_end)] == list(range(len(pieces)))
    assert all(w.start <= w.own_start and w.own_end <= w.end for w in spans)


def test_a_text_that_fits_is_read_in_one_window():
    assert len(windows([1] * 300, 300)) == 1
    assert len(windows([1] * 301, 300)) == 2


def test_capitals_tell_nothing_in_a_text_that_has_no_others():
    note = "PATIENT HAS HTN AND WAS STARTED ON LISINOPRIL 10 mg. DENIES CHEST PAIN. " * 3
    assert [word.shape for word in split_words(note)][:4] == [LOWER] * 4
    assert [word.start for word in split_words(note)] == [word.start for word in split_words(note.lower())]
    for other in (note[:70], note + note.lower(), note.replace("HTN", "\u0130")):
        assert without_shouting(other) == other
