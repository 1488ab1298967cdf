"""How long a fine-tuning is expected to take."""

import pytest

from bert_tf.config import BertConfig
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.training import duration
from bert_tf.training.duration import COMPILING, LOADING, expected_seconds
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.flops import flops_per_step
from bert_tf.training.task_examples import QuestionExample, TextExample
from bert_tf.training.task_files import TaskFile

SHAPE = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
                   max_position_embeddings=64)
TOKENIZER = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "who", "?"])


def texts(*sizes):
    examples = tuple(TextExample(text="a " * size, label="xy"[i % 2]) for i, size in enumerate(sizes))
    return TaskFile("a.tsv", "classification", {}, ("x", "y"), {}, examples)


def test_the_worked_example(monkeypatch):
    monkeypatch.setattr(duration, "flops_per_step", lambda *_, **__: 8e6)
    config = FinetuningConfig(task="classification", epochs=3)
    found = expected_seconds(SHAPE, config, TOKENIZER, texts(4, 4), train=100, dev=30, speed=1e9)
    assert found == pytest.approx(44 + 13.2)
    alone = expected_seconds(SHAPE, config.replace(twin=False), TOKENIZER, texts(4, 4), train=100, dev=30, speed=1e9)
    assert alone == pytest.approx(28 + 6.6)


def test_an_example_counts_as_long_as_its_batch_is_padded():
    config = FinetuningConfig(task="classification", epochs=1, twin=False)
    found = expected_seconds(SHAPE, config, TOKENIZER, texts(3, 20, 500), train=1, dev=0, speed=1e6)
    each = [flops_per_step(SHAPE, batch_size=1, sequence_length=length, predictions=0) for length in (16, 24, 64)]
    assert found == pytest.approx(LOADING + COMPILING + sum(each) / 3 / 0.4e6)


def test_a_long_passage_counts_once_a_window():
    def seconds(passage):
        question = QuestionExample(question="who ?", passage=passage, answers=(("a", 0),), group=0, id="1")
        sample = TaskFile("q.json", "questions", {}, (), {}, (question,))
        config = FinetuningConfig(task="questions", epochs=1, twin=False, max_length=16, doc_stride=8)
        return expected_seconds(SHAPE, config, TOKENIZER, sample, train=10, dev=0, speed=1e3) - LOADING - COMPILING

    # 2 + 3 special tokens leave 11 of the passage; windows begin at 0, 8, 16 and reach 11, 19, 27
    assert seconds("a " * 27) == pytest.approx(3 * seconds("a " * 11))


def test_a_processor_has_a_speed():
    assert 1e8 < duration.processor_speed() < 1e14
