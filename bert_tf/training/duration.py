"""How long a fine-tuning will take on the processor of this machine, before it has begun."""

from __future__ import annotations

import time

import numpy as np

from bert_tf.config import BertConfig
from bert_tf.task_folder import TaskSettings
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.flops import flops_per_step
from bert_tf.training.task_batches import make_features, padded_length
from bert_tf.training.task_files import TaskFile

#: What training reaches of the speed of one matrix product alone: 0.40 and 0.41 measured with the bundled model on
#: batches of 16 with 32 and 128 tokens; the rest goes into the optimizer and what is between the products.
EFFICIENCY = 0.4
#: Seconds to load the libraries, and to compile one network for the lengths of its batches; measured on two cores.
LOADING, COMPILING = 12.0, 16.0


def processor_speed() -> float:
    """Measures how many floating-point operations a second float32 matrix products get, in a few hundredths of a second."""
    left, right = np.ones((512, 512), np.float32), np.ones((512, 2048), np.float32)
    taken = []
    for _ in range(10):
        began = time.perf_counter()
        left @ right
        taken.append(time.perf_counter() - began)
    return 2 * 512 * 512 * 2048 / min(taken)


def expected_seconds(shape: BertConfig, config: FinetuningConfig, tokenizer: WordPieceTokenizer, sample: TaskFile, *,
                     train: int, dev: int, speed: float) -> float:
    """Says about how long a fine-tuning will take while nothing else is at work; early stopping is not foreseen.

    Args:
        shape: of the model.
        config: the recipe, its epochs decided.
        tokenizer: the model's.
        sample: some of the training examples, which tell the lengths.
        train, dev: how many examples there are.
        speed: see `processor_speed`.

    Returns:
        Seconds.

    Raises:
        ValueError: the examples cannot be made into inputs of this length.

    Example: an input that is 8 million operations to train on, 100 of them, 3 epochs, with a twin: 4.8 thousand
    millions; 30 others that are only read, once an epoch: 480 millions more. At a speed of 1,000 millions a second
    that takes 5.28 / 0.4 = 13.2 seconds, after 44 seconds of loading and compiling.
    """
    length = min(config.max_length, shape.max_position_embeddings)
    settings = TaskSettings(task=sample.task, labels=sample.labels, max_length=length, doc_stride=config.doc_stride)
    features = make_features(sample, tokenizer, settings)
    flops = sum(flops_per_step(shape, batch_size=1, sequence_length=padded_length(len(feature), length), predictions=0)
                for feature in features) / len(sample)  # of one example, whatever windows it has
    networks = 2 if config.twin else 1
    looked = config.epochs * (train + dev * config.evaluations_per_epoch / 3)  # forward only is a third
    return LOADING + networks * (COMPILING + looked * flops / (EFFICIENCY * speed))
