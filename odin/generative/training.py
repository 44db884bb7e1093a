"""A causal language model as it learns: a LoRA or QLoRA adapter, with loss on the answers alone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from odin.evaluation.scoring import score_documents
from odin.generative.bases import add_adapter, load_base
from odin.generative.batches import IGNORED, collate, epoch_steps
from odin.generative.config import GenerativeConfig
from odin.generative.extractor import GenerativeExtractor
from odin.generative.model_folder import write_adapter
from odin.generative.prompts import Example, make_examples
from odin.training.data import dev_sources, label_set_of, source_documents, source_labels
from odin.training.environment import describe_source
from odin.training.loop import seed_everything
from odin.training.processes import own_device
from odin.training.scores import Evaluation, entity_f1, mean_score, relation_f1, samples_of

logger = logging.getLogger(__name__)

Step = Sequence[Sequence[Example]]
"""The forward passes of a step of the optimizer, with their examples."""


class GenerativeLearner:
    """The adapter of a `GenerativeConfig` with its examples. Implements `odin.training.learner.Learner`."""

    log_steps = 5
    evaluation_passes = 0
    """How long an answer gets is known only once answers are learnt."""

    def __init__(self, config: GenerativeConfig, *, device: str = "cpu", base: str) -> None:
        import torch

        self.device = torch.device(own_device(device))
        self.config = replace(config, base=base).resolved(str(self.device))
        seed_everything(config.seed)
        self.labels = source_labels(config.sources)
        model, self.tokenizer = load_base(self.config, str(self.device))
        self.model = add_adapter(model, self.config)
        self.model.train()
        self.budget: list[dict[str, Any]] = []
        self.described: dict[str, list[dict[str, Any]]] = {"sources": [], "dev": []}
        self.pools = self._pools()
        self.dev = dev_sources(config.dev, self.labels, most=config.dev_documents, described=self.described["dev"])
        self.optimizer = _optimizer(self.parameters(), self.config)

    def batches(self, epoch: int) -> Iterator[Step]:
        """The steps of an epoch, of windows of like length."""
        own = self.config
        return epoch_steps(
            self.pools,
            batch_size=own.batch_size,
            batch_tokens=own.batch_tokens,
            accumulate=own.accumulate,
            seed=own.seed,
            epoch=epoch,
        )

    def prepared(self, batches: Iterable[Step]) -> Iterator[Step]:
        """The steps themselves."""
        return iter(batches)

    def size(self, batch: Step) -> int:
        """Tokens of prompts and answers of a step."""
        return sum(example.size for examples in batch for example in examples)

    def parameters(self) -> list[Any]:
        """Those of the adapter."""
        return [value for value in self.model.parameters() if value.requires_grad]

    def losses(self, batch: Step) -> dict[str, float]:
        """The mean loss a token of the answers, whose gradients were added up in the adapter."""
        import torch
        from torch.nn import functional

        answers = sum(len(example.answer) for examples in batch for example in examples)
        half = self.config.precision == "bfloat16"
        total = 0.0
        for examples in batch:
            inputs = collate(examples, self.tokenizer.pad_token_id, self.device)
            targets = inputs.pop("labels")[:, 1:]
            with torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext():
                logits = self.model(**inputs).logits[:, :-1]
            asked = targets != IGNORED
            loss = functional.cross_entropy(logits[asked].float(), targets[asked], reduction="sum") / answers
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        return {"answer": total}

    def stepped(self, step: int) -> None:
        """Nothing is to be done."""

    @contextmanager
    def evaluating(self) -> Iterator[GenerativeExtractor]:
        """The extractor, with its cache of keys and values; afterwards the model is as it trains."""
        cached = self.model.config.use_cache
        self.model.eval()
        self.model.config.use_cache = True
        try:
            yield GenerativeExtractor(self.model, self.tokenizer, self.labels, self.config)
        finally:
            self.model.config.use_cache = cached
            self.model.train()

    def evaluate(self, extractor: GenerativeExtractor) -> Evaluation:
        """Micro F1 of entities and relations end to end, both exact, and the share of answers that could not be used.

        That is what was malformed, not allowed or not in the text.
        """
        out: dict[str, dict[str, float]] = {}
        losses: dict[str, float] = {}
        samples: list[dict[str, Any]] = []
        for source in self.dev:
            name, labels, documents = source
            extractions = list(extractor.extract([document.with_annotations(()) for document in documents], labels))
            found = [item.document for item in extractions]
            scores = score_documents(documents, found)
            out[name] = {"entities": entity_f1(scores)}
            if labels.relations:
                out[name]["relations"] = relation_f1(scores, labels)
            lost = sum(len(item.report.dropped) for item in extractions)
            kept = sum(item.report.entities + item.report.relations for item in extractions)
            losses[name] = lost / (lost + kept) if lost else 0.0
            samples += samples_of(source, found)
        return Evaluation(mean_score(out), out, samples, losses)

    def write(self, extractor: GenerativeExtractor, folder: Path) -> None:
        """Write the model folder."""
        write_adapter(extractor.model, self.tokenizer, self.config, self.labels, folder)

    def state(self) -> dict[str, Any]:
        """The weights of the adapter."""
        from peft import get_peft_model_state_dict

        return {"adapter": get_peft_model_state_dict(self.model, save_embedding_layers=False)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take on the weights of the adapter."""
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(self.model, state["adapter"])

    def _pools(self) -> list[tuple[float, list[Example]]]:
        pools = []
        for source in self.config.sources:
            documents = source_documents(source)
            self.described["sources"].append(describe_source(source, documents))
            examples, budget = make_examples(
                documents,
                self.labels[label_set_of(source).name],
                self.tokenizer,
                window_words=self.config.window_words,
                max_tokens=self.config.max_tokens,
                definitions=self.config.definitions,
                annotated=source.annotated,
                relations=source.relations,
            )
            logger.info("%s as %s: %s", source.name, source.label_set, budget.summary())
            self.budget.append({"source": source.name, **budget.to_json()})
            pools.append((source.weight, examples))
        return pools


def _optimizer(parameters: Sequence[Any], config: GenerativeConfig) -> Any:
    import torch

    groups = [{"params": list(parameters), "lr": config.learning_rate, "initial_lr": config.learning_rate}]
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, weight_decay=config.weight_decay)
    import bitsandbytes

    return bitsandbytes.optim.PagedAdamW8bit(groups, weight_decay=config.weight_decay)
