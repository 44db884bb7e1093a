"""The network's scores of spans, and which chunks it reads at once."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from odin.extraction.encoding import passes
from odin.extraction.network import NetworkConfig, SpanFeatures, SpanHead

CONFIG = NetworkConfig(max_width=4, span_size=6, dropout=0.0)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_every_span_is_scored_from_its_first_its_last_and_the_mean_of_its_words(count):
    torch.manual_seed(0)
    features, head = SpanFeatures(8, CONFIG), SpanHead(8, 2, CONFIG)
    first, last = torch.randn(2, count, 8), torch.randn(2, count, 8)
    with torch.no_grad():
        logits = head(first, last, features(first, last))
        assert logits.shape == (2, count, 4, 2)
        for start in range(count):
            for width in range(1, 5):
                end = start + width
                if end > count:
                    assert not logits[:, start, width - 1].any()
                    continue
                inside = (features.inside(first) + features.inside(last))[:, start:end].mean(1) / 2
                total = features.start(first[:, start]) + features.end(last[:, end - 1]) + inside
                span = functional.gelu(total + features.width.weight[width - 1])
                words, ends = head.words(first), head.ends(last)
                own = words[:, start, :2] + ends[:, end - 1, :2] + (words + ends)[:, start:end, 2:].mean(1)
                assert torch.allclose(logits[:, start, width - 1], head.span(span) + own, atol=1e-5)


SIZES = st.lists(st.integers(1, 1000))


@given(SIZES, st.integers(1, 9), st.integers(0, 300))
def test_each_chunk_is_read_once_with_chunks_of_its_size(sizes, most, overhead):
    found = list(passes(sizes, most, overhead))
    assert sorted(i for together in found for i in together) == list(range(len(sizes)))
    for together in found:
        assert len(together) <= most
        ordered = [sizes[i] for i in together]
        assert all(n * (after - before) <= overhead for n, (before, after) in enumerate(pairwise(ordered), 1))


@given(SIZES, st.integers(1, 9))
def test_where_padding_costs_nothing_a_pass_takes_all_it_can(sizes, most):
    assert len(list(passes(sizes, most, math.inf))) == math.ceil(len(sizes) / most)
