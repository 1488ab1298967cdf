"""What a pretraining is asked for: a new run, a longer one."""

from __future__ import annotations

from pathlib import Path

from bert_tf import checkpoint
from bert_tf.config import SIZES
from bert_tf.data.corpus import corpus_files, listed
from bert_tf.data.mixture import prefixes_of, require_shares
from bert_tf.data.shards import shard_files
from bert_tf.data.vocabulary_start import VOCAB_SIZE, given_tokenizer, settings_of
from bert_tf.training.pretraining_config import PretrainingConfig
from bert_tf.training.run_folder import RunFolder
from bert_tf.weight_files import weight_files


def create_run(run: RunFolder, training: PretrainingConfig, *, corpus: list[str], heldout: list[str] = (),
               tokenizer: str | None = None, vocab_size: int | None = None, lowercase: bool | None = None,
               shards: str | None = None, initial_model: str | None = None, initial_embeddings: str = "random",
               shares: dict[str, float] | None = None) -> None:
    """Writes down a new run; `pretrain` then does it.

    Args:
        run: where.
        training: recipe.
        corpus: text files, or a single one: one sentence a line, a blank line between documents, plain or .xz or .gz.
        heldout: text files measured at every checkpoint and never trained on.
        tokenizer: a folder with `vocab.txt`; None takes the one in the shards' folder, or trains one on the corpus.
        vocab_size: pieces of the vocabulary to train; None for 16,000, or for as many as one that is there has.
        lowercase: whether the vocabulary to train is uncased; None for yes, or for what one that is there is.
        shards: folder of the token shards, shared between runs; None keeps them in the run folder.
        initial_model: a BERT folder to go on from, with its weights, its vocabulary and its shape; the recipe's `size`
            and `max_position_embeddings` then count for nothing. Heads that it lacks start from random weights.
        initial_embeddings: `random`, or `word2vec` over the corpus's own word pieces.
        shares: how much of every batch comes from the files whose names begin so, such as {"en": 0.4, "zh": 0.6};
            None draws from all text alike.

    Raises:
        FileNotFoundError: a text file, the tokenizer or the initial model is missing.
        ValueError: the folder holds a run already, or an argument is off.
    """
    shards = Path(shards) if shards else run.path / "shards"
    if initial_embeddings not in ("random", "word2vec"):
        raise ValueError(f"initial_embeddings should be random or word2vec, not {initial_embeddings!r}.")
    corpus, heldout = listed(corpus), listed(heldout)
    if not corpus:
        raise ValueError("A pretraining needs at least one corpus file.")
    for path in [*corpus, *heldout]:
        if path.is_dir():
            raise ValueError(f"{path} is a folder; name the text files in it.")
        if not path.is_file():
            raise FileNotFoundError(f"The corpus file {path} does not exist.")
    corpus_names = list(shard_files(corpus))
    if heldout:
        corpus_files(heldout)
    if shares:
        require_shares(shares)
        prefixes_of(corpus_names, shares)
    both = {path.resolve() for path in corpus} & {path.resolve() for path in heldout}
    if both:
        raise ValueError(f"{sorted(both)[0]} is among the corpus and the held-out files; what is held out is never "
                         "trained on.")
    if initial_model:
        if tokenizer or initial_embeddings != "random":
            raise ValueError("The vocabulary and the embeddings are those of the initial model; give no others.")
        training = like_model(training, initial_model)
    elif training.size is None:
        raise ValueError(f"Give the recipe a size ({', '.join(SIZES)}), or an initial model to go on from.")
    given = given_tokenizer(initial_model or tokenizer, shards)
    if given:
        vocab_size, lowercase = settings_of(given, vocab_size=vocab_size, lowercase=lowercase)
    run.create({
        "kind": "pretraining", "training": training.to_dict(), "corpus": [str(path.resolve()) for path in corpus],
        "heldout": [str(path.resolve()) for path in heldout],
        "tokenizer": tokenizer and str(Path(tokenizer).resolve()), "vocab_size": vocab_size or VOCAB_SIZE,
        "lowercase": lowercase is not False, "shards": str(shards.resolve()),
        "initial_model": initial_model and str(Path(initial_model).resolve()),
        "initial_embeddings": initial_embeddings, "shares": shares or {},
    })
    if initial_model:
        run.keep_initial_model(initial_model)


def like_model(training: PretrainingConfig, folder: str | Path) -> PretrainingConfig:
    """Returns a recipe for going on from a model, with the shape of the model.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: it is no BERT that takes pairs, its files do not fit each other, or a stage of the recipe is longer
            than the model takes.
    """
    shape = checkpoint.read_config(folder)
    checkpoint.read_tokenizer(folder, shape)
    longest = max(stage.sequence_length for stage in training.stages)
    if longest > shape.max_position_embeddings:
        raise ValueError(f"A stage of {longest} tokens is too long for {folder}, which takes "
                         f"{shape.max_position_embeddings}. Make the stages shorter.")
    if shape.type_vocab_size < 2:
        raise ValueError(f"{folder} knows no second segment (type_vocab_size {shape.type_vocab_size}), so it cannot learn "
                         "from sentence pairs. Choose another model.")
    weight_files(folder)  # raises where there are none to go on from
    return training.replace(size=None, max_position_embeddings=shape.max_position_embeddings)


def lengthen(run: RunFolder, length: float) -> None:
    """Makes a run longer, finished or not; `pretrain` then goes on with it.

    Args:
        run: the run.
        length: of the whole run from its beginning, in steps or minutes, whichever its recipe counts.

    Raises:
        FileNotFoundError: there is no run in this folder.
        ValueError: the run is a fine-tuning, or would not get longer.
    """
    config = run.pretraining()
    training = PretrainingConfig.from_dict(config["training"]).longer(length)
    run.rewrite_config(config | {"training": training.to_dict()})
