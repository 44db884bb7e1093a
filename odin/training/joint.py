"""The joint encoder as it learns: spans, relations and assertions of several label sets, with averaged weights."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from odin.errors import InputError
from odin.extraction.encoding import Batch, WordPieces, collate
from odin.extraction.model_folder import head_sizes, write_model
from odin.extraction.network import JointNetwork
from odin.extraction.neural import NeuralExtractor
from odin.training.ahead import ahead
from odin.training.averaging import MovingAverage
from odin.training.bases import head_config, load_base, take_over, teacher
from odin.training.budget import budget_of
from odin.training.config import Source, TrainingConfig
from odin.training.data import dev_sources, epoch_batches, label_set_of, source_documents, source_labels, uncollected
from odin.training.environment import describe_source
from odin.training.examples import Example, make_examples
from odin.training.hidden_words import with_hidden_words
from odin.training.loop import seed_everything
from odin.training.loss import Targets, batch_loss, class_weights, make_targets, read_batch, teach
from odin.training.optimization import parameter_groups
from odin.training.processes import own_device
from odin.training.scores import Evaluation
from odin.training.validation import evaluate

logger = logging.getLogger(__name__)


@dataclass
class Step:
    """The tensors of a batch."""

    label_set: str
    readings: list[Batch]
    """The batch in the word pieces of each reader, the network's own first."""
    targets: Targets


class JointLearner:
    """The network of a `TrainingConfig` with its examples. Implements `odin.training.learner.Learner`."""

    log_steps = 50
    evaluation_passes = 5
    """For the thresholds of entities and of relations, for the scales of scores, and for the scores of either."""

    def __init__(self, config: TrainingConfig, *, device: str = "cpu", base: str) -> None:
        self.config, self.device = config, torch.device(own_device(device))
        seed_everything(config.seed)
        self.labels = source_labels((*config.sources, *config.dev))
        encoder, self.tokenizer = load_base(base, tuple(self.labels), config.dropout)
        if config.hidden_words and self.tokenizer.mask_token_id is None:
            raise InputError(f"the tokenizer of {base} has no mask to hide words behind; leave hidden_words at 0")
        begun_with = head_config(base)
        layers = config.relation_layers or begun_with.relation_layers
        if layers < begun_with.relation_layers:
            raise InputError(
                f"relation_layers is {layers}, and {base} has {begun_with.relation_layers}, of which none can be left "
                "out; leave it at 0 to keep them"
            )
        sizes = replace(begun_with, dropout=config.dropout, relation_layers=layers)
        self.network = JointNetwork(encoder, head_sizes(self.labels), sizes).to(self.device)
        begun = take_over(self.network, base)
        self.average = MovingAverage(self.network, config.average, begun=begun, share=config.kept_share)
        self.readers = [WordPieces(self.tokenizer)]
        """Of the network, then of teachers that read other word pieces."""
        self.teachers = [self._teacher(folder) for folder in config.teachers]
        self.budget: list[dict[str, Any]] = []
        self.described: dict[str, list[dict[str, Any]]] = {"sources": [], "dev": []}
        with uncollected():
            self.pools = self._pools()
            self.class_weights = self._class_weights()
            self.dev = dev_sources(config.dev, self.labels, most=config.dev_documents, described=self.described["dev"])
        self._freeze()
        self.still = [part for part in self.network.children() if not any(p.requires_grad for p in part.parameters())]
        """Parts that do not learn, and so are read as they will be used, without dropout."""
        self.optimizer = torch.optim.AdamW(self._parameter_groups(), weight_decay=config.weight_decay, fused=True)

    def batches(self, epoch: int) -> Iterator[list[Example]]:
        """Batches of chunks of like length, each of one label set."""
        return epoch_batches(self.pools, batch_pieces=self.config.batch_pieces, seed=self.config.seed, epoch=epoch)

    def prepared(self, batches: Iterable[Sequence[Example]]) -> Iterator[Step]:
        """The tensors of each batch, made by other processes where a GPU would wait for them."""
        return ahead(self._step, batches, self.device)

    def _step(self, batch: Sequence[Example]) -> Step:
        labels = self.labels[batch[0].label_set]
        encoded = zip(*((example.encoded, *example.readings) for example in batch), strict=True)
        readings = [collate(own, by.tokenizer.pad_token_id) for own, by in zip(encoded, self.readers, strict=True)]
        targets = make_targets(batch, labels)
        return Step(labels.name, readings, targets)

    def size(self, batch: Sequence[Example]) -> int:
        """Word pieces of a batch."""
        return sum(example.size for example in batch)

    def parameters(self) -> list[torch.nn.Parameter]:
        """All of the network."""
        return list(self.network.parameters())

    def losses(self, batch: Step) -> dict[str, float]:
        """The losses of spans, relations and assertions, whose gradients were added up in the parameters."""
        self.network.train()
        for part in self.still:
            part.eval()
        labels = self.labels[batch.label_set]
        readings, targets = [each.to(self.device) for each in batch.readings], batch.targets.to(self.device)
        taught = [(network, readings[reader]) for network, reader in self.teachers]
        reading = readings[0]
        if self.config.hidden_words:
            reading = with_hidden_words(reading, self.config.hidden_words, self.tokenizer.mask_token_id)
        half = self.config.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext():
            losses = batch_loss(
                read_batch(self.network, reading, targets, labels),
                targets,
                reading.word_mask,
                relations=self.config.relation_weight,
                assertions=self.config.assertion_weight,
                weights=self.class_weights[labels.name],
                taught=teach(taught, targets, labels) if taught else None,
                share=self.config.taught_share,
            )
        values = torch.stack(list(losses.values()))
        if values.requires_grad:  # a batch may have nothing for the parts that learn
            values.sum().backward()  # type: ignore[no-untyped-call]
        return dict(zip(losses, values.detach().tolist(), strict=True))

    def stepped(self, step: int) -> None:
        """Take the weights into their average."""
        self.average.update(step)

    @contextmanager
    def evaluating(self) -> Iterator[NeuralExtractor]:
        """The extractor with the weights to keep; afterwards the network has its own again."""
        with self.average.swapped_in():
            self.network.eval()
            yield NeuralExtractor(self.network, self.tokenizer, self.labels, {})

    def evaluate(self, extractor: NeuralExtractor) -> Evaluation:
        """The scores on dev, with the thresholds that are best there."""
        return evaluate(extractor, self.dev)

    def write(self, extractor: NeuralExtractor, folder: Path) -> None:
        """Write the model folder."""
        write_model(extractor, folder, storage=self.config.storage, extra={"training": self.config.to_json()})

    def state(self) -> dict[str, Any]:
        """The weights and their average."""
        return {"network": self.network.state_dict(), "average": self.average.weights}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take on the weights and their average."""
        self.network.load_state_dict(state["network"])
        self.average.load(state["average"])

    def _teacher(self, folder: str) -> tuple[JointNetwork, int]:
        """The network in a folder, and which of the readers is its own."""
        found = teacher(folder, self.labels, self.device)
        pieces = found.tokenizer.backend_tokenizer.to_str()
        for number, reader in enumerate(self.readers):
            if reader.tokenizer.backend_tokenizer.to_str() == pieces:
                return found.network, number
        self.readers.append(found.pieces_of)
        return found.network, len(self.readers) - 1

    def _pools(self) -> list[tuple[float, list[Example]]]:
        pools = []
        sources = self.config.sources
        for source, (examples, summary, budget, described) in zip(
            sources, ahead(self._examples, sources, self.device), strict=True
        ):
            logger.info("%s as %s: %s", source.name, source.label_set, summary)
            self.described["sources"].append(described)
            self.budget.append({"source": source.name, **budget})
            pools.append((source.weight, examples))
        return pools

    def _examples(self, source: Source) -> tuple[list[Example], str, dict[str, Any], dict[str, Any]]:
        """The examples of a source, what was left out in a word, how its documents fit into windows, what they are."""
        documents = source_documents(source)
        examples, report = make_examples(
            documents,
            self.labels[label_set_of(source).name],
            self.readers[0],
            max_width=self.network.config.max_width,
            annotated=source.annotated,
            relations=source.relations,
            taught=source.taught,
            others=self.readers[1:],
        )
        budget = budget_of(documents, examples, report).to_json()
        return examples, report.summary(), budget, describe_source(source, documents)

    def _class_weights(self) -> dict[str, torch.Tensor]:
        """The weights of the relation classes of each label set."""
        examples: dict[str, list[Example]] = {name: [] for name in self.labels}
        for _, pool in self.pools:
            for example in pool:
                examples[example.label_set].append(example)
        balance = self.config.relation_balance
        return {
            name: class_weights(examples[name], labels, balance).to(self.device) for name, labels in self.labels.items()
        }

    def _freeze(self) -> None:
        """Keep the parts that are not to learn as they are. Raises InputError where `trained` names none."""
        if not self.config.trained:
            return
        named = dict(self.network.named_parameters())
        for name, parameter in named.items():
            parameter.requires_grad_(name.startswith(self.config.trained))
        unknown = [part for part in self.config.trained if not any(name.startswith(part) for name in named)]
        if unknown:
            parts = ", ".join(dict.fromkeys(name.partition(".")[0] for name in named))
            raise InputError(f"trained names no part of the network: {', '.join(unknown)}; it has {parts}")

    def _parameter_groups(self) -> list[dict[str, Any]]:
        return parameter_groups(
            ((name, one) for name, one in self.network.named_parameters() if one.requires_grad),
            int(self.network.encoder.config.num_hidden_layers),  # type: ignore[union-attr,arg-type]
            encoder_rate=self.config.learning_rate,
            head_rate=self.config.head_learning_rate,
            decay=self.config.layer_decay,
        )
