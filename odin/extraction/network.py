"""The joint encoder: one pass over the text gives mentions, their assertions and the relations between them.

A transformer encoder reads the windows. For mentions, every span up to `max_width` words is scored for every label of
the label set (so that mentions may nest and cross), from its first piece, its last piece and the mean of its words.
For relations, word states that know the mentions (label embeddings are added to their words) pass light
transformer layers; a pair is scored from both mentions, the words that it attends to, and where the two stand
(after SpERT, Eberts and Ulges 2020; localized context after ATLOP, Zhou et al. 2021).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from odin.devices import choose_attention
from odin.extraction.encoding import Batch
from odin.extraction.pairs import FEATURE_SIZES
from odin.extraction.windows import SHAPES
from odin.schema import ASSERTIONS


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the heads on top of the encoder."""

    max_width: int = 16
    """Words a mention may have."""
    span_size: int = 192
    relation_size: int = 256
    relation_layers: int = 2
    relation_heads: int = 4
    context_size: int = 64
    dropout: float = 0.1

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        return asdict(self)


@dataclass(frozen=True)
class HeadSizes:
    """How many classes a label set has."""

    entities: int
    relations: int
    """Relation labels; the classes are none, each label, and denied."""
    assertions: bool


class JointNetwork(nn.Module):
    """Encoder and heads for several label sets. See the module's docstring."""

    def __init__(self, encoder: nn.Module, heads: Mapping[str, HeadSizes], config: NetworkConfig) -> None:
        super().__init__()
        choose_attention()
        size = int(encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]
        self.config = config
        self.encoder = encoder
        self.shape_embedding = nn.Embedding(SHAPES, size)
        nn.init.zeros_(self.shape_embedding.weight)
        self.span = SpanFeatures(size, config)
        self.span_heads = nn.ModuleDict({name: SpanHead(size, head.entities, config) for name, head in heads.items()})
        self.relation = RelationFeatures(size, sum(head.entities for head in heads.values()), config)
        self.relation_heads = nn.ModuleDict(
            {
                name: nn.Linear(config.relation_size, head.relations + 2)
                for name, head in heads.items()
                if head.relations
            }
        )
        self.assertion = nn.Sequential(
            nn.Linear(config.relation_size, config.relation_size), nn.GELU(), nn.Dropout(config.dropout)
        )
        self.assertion_heads = nn.ModuleDict(
            {name: nn.Linear(config.relation_size, len(ASSERTIONS)) for name, head in heads.items() if head.assertions}
        )
        starts = torch.tensor([0, *(head.entities for head in heads.values())]).cumsum(0).tolist()
        self.label_offset = dict(zip(heads, starts, strict=False))

    def encode(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The states of the first and the last piece of each word: two tensors (chunks, words, size)."""
        embedded = self.encoder.get_input_embeddings()(batch.pieces) + self.shape_embedding(batch.shapes)  # type: ignore[operator]
        states = self.encoder(inputs_embeds=embedded, attention_mask=batch.mask).last_hidden_state
        flat = states.reshape(-1, states.shape[-1])
        return flat[batch.first], flat[batch.last]

    def score_spans(self, first: Tensor, last: Tensor, label_set: str) -> Tensor:
        """Logits (chunks, words, width, labels): the span from word i over width + 1 words."""
        return self.span_heads[label_set](first, last, self.span(first, last))

    def read_mentions(
        self, first: Tensor, last: Tensor, batch: Batch, mentions: Tensor, label_set: str
    ) -> MentionStates:
        """States of mentions (chunks, mentions, 3 = start, end, label; label -1 is padding), for the relation heads."""
        return self.relation(first, last, batch.word_mask, mentions, self.label_offset[label_set])

    def score_assertions(self, states: MentionStates, label_set: str) -> Tensor:
        """Logits (chunks, mentions, assertions)."""
        return self.assertion_heads[label_set](self.assertion(states.mentions))

    def score_pairs(self, states: MentionStates, pairs: Tensor, features: Tensor, label_set: str) -> Tensor:
        """Logits (chunks, pairs, none + labels + denied) of pairs (chunks, pairs, 2) with their features."""
        return self.relation_heads[label_set](self.relation.pair_states(states, pairs, features))


@dataclass
class MentionStates:
    """What the relation layers know: words (chunks, words, size), mentions (chunks, mentions, size)."""

    words: Tensor
    word_mask: Tensor
    mentions: Tensor


class SpanFeatures(nn.Module):
    """One vector a span, shared by the label sets."""

    def __init__(self, size: int, config: NetworkConfig) -> None:
        super().__init__()
        self.max_width = config.max_width
        self.start = nn.Linear(size, config.span_size)
        self.end = nn.Linear(size, config.span_size)
        self.inside = nn.Linear(size, config.span_size)
        self.width = nn.Embedding(config.max_width, config.span_size)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, first: Tensor, last: Tensor) -> Iterator[Tensor]:
        """(chunks, words, size) twice -> for each width (chunks, first words of such spans, span_size)."""
        inside = (self.inside(first) + self.inside(last)) / 2
        for width, total in enumerate(span_sums(self.start(first), self.end(last), inside, self.max_width)):
            yield self.dropout(functional.gelu(total + self.width.weight[width]))


class SpanHead(nn.Module):
    """Scores of one label set: from the span's vector, and from its first, last and inner words on their own."""

    def __init__(self, size: int, labels: int, config: NetworkConfig) -> None:
        super().__init__()
        self.max_width = config.max_width
        self.span = nn.Linear(config.span_size, labels)
        self.words = nn.Linear(size, labels * 2)
        self.ends = nn.Linear(size, labels * 2)
        nn.init.constant_(self.span.bias, -4.0)

    def forward(self, first: Tensor, last: Tensor, spans: Iterable[Tensor]) -> Tensor:
        """Logits (chunks, words, width, labels); 0 of spans that reach past the last word."""
        start, inside_first = self.words(first).chunk(2, -1)
        end, inside_last = self.ends(last).chunk(2, -1)
        words = span_sums(start, end, inside_first + inside_last, self.max_width)
        logits = [self.span(states) + own for states, own in zip(spans, words, strict=True)]
        padded = [functional.pad(own, (0, 0, 0, first.shape[1] - own.shape[1])) for own in logits]
        return functional.pad(torch.stack(padded, 2), (0, 0, 0, self.max_width - len(padded)))


class RelationFeatures(nn.Module):
    """Word, mention and pair states that know where the mentions are."""

    def __init__(self, size: int, labels: int, config: NetworkConfig) -> None:
        super().__init__()
        inner = config.relation_size
        self.inner = inner
        self.words = nn.Linear(2 * size, inner)
        self.labels = nn.Embedding(labels, inner)
        layer = nn.TransformerEncoderLayer(
            inner, config.relation_heads, 2 * inner, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, config.relation_layers, enable_nested_tensor=False)
        for each in self.layers.layers:
            each.self_attn.dropout = 0.0  # type: ignore[union-attr,assignment]
        self.mention = nn.Linear(3 * inner, inner)
        self.head, self.tail = nn.Linear(inner, inner), nn.Linear(inner, inner)
        self.product, self.context = nn.Linear(inner, inner), nn.Linear(inner, inner)
        self.query, self.key = nn.Linear(inner, config.context_size), nn.Linear(inner, config.context_size)
        self.features = nn.ModuleList(nn.Embedding(count, inner) for count in FEATURE_SIZES)
        for table in self.features:
            nn.init.normal_(table.weight, std=0.02)  # type: ignore[arg-type]
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, first: Tensor, last: Tensor, word_mask: Tensor, mentions: Tensor, offset: int) -> MentionStates:
        """See `JointNetwork.read_mentions`; `offset` is where the label set begins in the label embedding."""
        words = self.words(torch.cat([first, last], -1))
        count = words.shape[1]
        start, end, label = mentions.unbind(-1)
        real = (label >= 0).to(words.dtype)
        place = torch.arange(count, device=words.device)
        inside = ((place >= start.unsqueeze(-1)) & (place < end.unsqueeze(-1))).to(words.dtype) * real.unsqueeze(-1)
        words = words + inside.transpose(1, 2) @ (self.labels(label.clamp(min=0) + offset) * real.unsqueeze(-1))
        words = self.layers(words, src_key_padding_mask=~word_mask)
        mean = (inside @ words) / inside.sum(-1, keepdim=True).clamp(min=1)
        ends = [gather(words, start), gather(words, (end - 1).clamp(min=0)), mean]
        return MentionStates(words, word_mask, functional.gelu(self.mention(torch.cat(ends, -1))))

    def pair_states(self, states: MentionStates, pairs: Tensor, features: Tensor) -> Tensor:
        """(chunks, pairs, inner) of pairs (chunks, pairs, 2) and features (chunks, pairs, kinds)."""
        head, tail = gather(states.mentions, pairs[..., 0]), gather(states.mentions, pairs[..., 1])
        left, right = self.head(head), self.tail(tail)
        scores = self.query(left + right) @ self.key(states.words).transpose(1, 2) / self.key.out_features**0.5
        scores = scores.masked_fill(~states.word_mask.unsqueeze(1), float("-inf"))
        context = self.context(scores.softmax(-1) @ states.words)
        total = left + right + context + self.product(head * tail)
        for kind, table in enumerate(self.features):
            total = total + table(features[..., kind])
        return self.dropout(functional.gelu(total))


def gather(states: Tensor, index: Tensor) -> Tensor:
    """Rows (chunks, n, size) of states (chunks, m, size) at index (chunks, n)."""
    return states.gather(1, index.unsqueeze(-1).expand(-1, -1, states.shape[-1]))


def span_sums(start: Tensor, end: Tensor, inside: Tensor, widest: int) -> Iterator[Tensor]:
    """For each width, of spans that begin at each word: `start` of the first, `end` of the last, mean `inside` of all.

    From states (chunks, words, size) thrice, up to `widest` words, to (chunks, words - width + 1, size) each. One width
    at a time stays in the processor's cache, and all at once are the largest tensors that there are.
    """
    count = start.shape[1]
    total = functional.pad(inside.cumsum(1), (0, 0, 1, 0))
    for width in range(1, min(widest, count) + 1):
        begins = count - width + 1
        mean = (total[:, width:] - total[:, :begins]) / width
        yield start[:, :begins] + end[:, width - 1 :] + mean
