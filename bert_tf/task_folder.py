"""Task models on disk: Hugging Face folders whose config.json also names the task, its labels and its lengths."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from bert_tf import checkpoint
from bert_tf.config import BertConfig
from bert_tf.records import read_json, require_integer
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.weight_files import WEIGHTS_FILE, read_tensors

#: The task and the Hugging Face class that does it.
ARCHITECTURES = {"classification": "BertForSequenceClassification", "pairs": "BertForSequenceClassification",
                 "tagging": "BertForTokenClassification", "questions": "BertForQuestionAnswering"}
TASKS = tuple(ARCHITECTURES)


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """What using a task model takes besides its weights.

    Attributes:
        task: `classification`, `pairs`, `tagging` or `questions`.
        labels: names of the C labels or tags in the order of the head; none for questions.
        max_length: tokens of the longest input, special tokens included.
        doc_stride: for questions, how many tokens of the passage one window is ahead of the one before.
    """

    task: str
    labels: tuple[str, ...] = ()
    max_length: int = 128
    doc_stride: int = 64

    def __post_init__(self):
        object.__setattr__(self, "labels", tuple(self.labels))
        if self.task not in TASKS:
            raise ValueError(f"task should be one of {', '.join(TASKS)}, not {self.task!r}.")
        require_integer("max_length", self.max_length, minimum=8)
        require_integer("doc_stride", self.doc_stride, minimum=1)
        if self.task != "questions" and len(set(self.labels)) < max(2, len(self.labels)):
            raise ValueError(f"{self.task} needs at least two different labels, not {list(self.labels)}.")

    def to_hugging_face(self) -> dict:
        """Returns the entries of config.json that say all this."""
        own = {key: value for key, value in asdict(self).items() if key != "labels"}
        entries = {"task_specific_params": {"bert_tf": own}}
        if self.labels:
            entries |= {"id2label": {str(i): label for i, label in enumerate(self.labels)},
                        "label2id": {label: i for i, label in enumerate(self.labels)}}
        if ARCHITECTURES[self.task] == "BertForSequenceClassification":
            entries["problem_type"] = "single_label_classification"
        return entries


@dataclass(frozen=True)
class LoadedTask:
    """A task model with what belongs to it.

    Attributes:
        model: one of `bert_tf.task_heads`.
        tokenizer: the folder's tokenizer.
        settings: the folder's task, labels and lengths.
        new_parts: names of the parts that have fresh random weights, from `encoder`, `pooler`, `head`.
    """

    model: object
    tokenizer: WordPieceTokenizer
    settings: TaskSettings
    new_parts: frozenset[str] = frozenset()


def read_settings(folder: str | Path) -> TaskSettings:
    """Reads task, labels and lengths from a folder's config.json; folders that transformers wrote will do.

    Raises:
        FileNotFoundError: the folder or its config.json is not there.
        ValueError: it is no folder of a task model, or of one that predicts numbers or several labels at once.
    """
    shape = checkpoint.read_config(folder)
    path = Path(folder) / "config.json"
    values = read_json(path)
    architecture = next(iter(values.get("architectures") or ["none"]))
    if architecture not in ARCHITECTURES.values():
        raise ValueError(f"{folder} is not a fine-tuned model: its architecture is {architecture}, expected one of "
                         f"{', '.join(sorted(set(ARCHITECTURES.values())))}. Fine-tune it first.")
    if values.get("problem_type") not in (None, "single_label_classification"):
        raise ValueError(f"{path} has problem_type {values['problem_type']!r}; only one label a text is known here.")
    own = (values.get("task_specific_params") or {}).get("bert_tf") or {}
    task = own.get("task") or next(task for task, name in ARCHITECTURES.items() if name == architecture)
    names = values.get("id2label") or {str(i): f"LABEL_{i}" for i in range(2)}  # what transformers leaves out
    try:
        labels = () if task == "questions" else [str(names[key]) for key in sorted(names, key=int)]
        return TaskSettings(task=task, labels=tuple(labels),
                            max_length=min(own.get("max_length", 512), shape.max_position_embeddings),
                            doc_stride=own.get("doc_stride", 64))
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} does not describe a fine-tuned BERT: {error}") from None


def require_second_segment(shape: BertConfig, folder: str | Path) -> None:
    """Refuses a model that cannot tell two texts apart.

    Raises:
        ValueError: it has no second segment.
    """
    if shape.type_vocab_size < 2:
        raise ValueError(f"{folder} knows no second segment (type_vocab_size {shape.type_vocab_size}), so it cannot "
                         "read two texts together. Give one text, or choose another model.")


def save_task(model, tokenizer: WordPieceTokenizer, folder: str | Path, settings: TaskSettings, *,
              dtype: str = "float32") -> None:
    """Writes a task model as a Hugging Face folder; see `checkpoint.save`."""
    checkpoint.save(model, tokenizer, folder, dtype=dtype, settings=settings.to_hugging_face())


def load_task(folder: str | Path, *, dtype: str = "float32") -> LoadedTask:
    """Opens the folder of a task model, ours or one that transformers wrote.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: it is no task model, a file is damaged, or the files do not fit each other.
    """
    settings = read_settings(folder)
    loaded = start_task(folder, settings, dtype=dtype, keep_head=True)
    if loaded.new_parts:
        raise ValueError(f"{folder} lacks the tensors of the {', '.join(sorted(loaded.new_parts))}; it is not a whole "
                         "fine-tuned model. Copy it again.")
    return loaded


def start_task(folder: str | Path, settings: TaskSettings, *, dtype: str = "float32", dropout: float | None = None,
               pretrained: bool = True, keep_head: bool = False) -> LoadedTask:
    """Builds a task model over any BERT folder.

    Args:
        folder: a Hugging Face BERT folder.
        settings: task, labels, lengths.
        dtype: a Keras precision policy, `float32` or `mixed_bfloat16`.
        dropout: dropout everywhere in the network; None keeps what the folder says.
        pretrained: take over the folder's weights; without, all weights are random and only the shape is kept.
        keep_head: take over the head as well, where the folder has one.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: a file is damaged, or the files do not fit each other.
    """
    from bert_tf.task_heads import TASK_MODELS

    folder = Path(folder)
    config = checkpoint.read_config(folder)
    if dropout is not None:
        config = config.replace(hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
    tokenizer = checkpoint.read_tokenizer(folder, config)
    kind = TASK_MODELS[ARCHITECTURES[settings.task]]
    model = kind.from_shape(config, label_count=len(settings.labels) or 2, dtype=dtype)
    found = frozenset()
    if pretrained:
        tensors = read_tensors(folder)
        if not keep_head:
            tensors = {name: value for name, value in tensors.items()
                       if not name.startswith(("classifier.", "qa_outputs."))}
        found = checkpoint.load_tensors(model, tensors, source=str(folder / WEIGHTS_FILE))
    return LoadedTask(model, tokenizer, settings, frozenset(checkpoint.model_slots(model)) - found)
