"""The command line: `python -m bert_tf COMMAND`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bert_tf import finetune_command, pretrain_command
from bert_tf.evaluation.command import add_evaluate


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit status: 0, or 1 after a plain message about bad input."""
    args = parser().parse_args(arguments)
    try:
        args.run_command(args)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # ours are sentences; the system's own name a file
        print(f"error: {error.filename}: {error.strerror}" if error.filename else f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """Builds the argument parser of all commands."""
    top = argparse.ArgumentParser(prog="python -m bert_tf", description="See, question and pretrain BERT.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    pretrain_command.add_prepare(commands)
    pretrain_command.add_pretrain(commands)
    finetune_command.add_finetune(commands)
    finetune_command.add_predict(commands)
    _add_export(commands)
    _add_grow(commands)
    _add_average(commands)
    _add_saved_model(commands)
    add_evaluate(commands)
    _add_questions(commands)
    _add_bench(commands)
    _add_stories(commands)
    return top


def _add_export(commands) -> None:
    command = commands.add_parser("export", help="turn a run's newest checkpoint into a model folder")
    command.add_argument("run", help="run folder")
    command.add_argument("folder", help="model folder to write")
    command.add_argument("--dtype", choices=("float32", "float16"), default="float16")
    command.add_argument("--about", metavar="FILE", help="Markdown that opens the model card")
    command.add_argument("--replace", action="store_true",
                         help="put it in the place of a model that is in the folder, whose measures and cards are deleted")
    command.set_defaults(run_command=_export)


def _export(args) -> None:
    from bert_tf.quiet import start_keras_quietly
    from bert_tf.training.export import export_run

    start_keras_quietly()
    about = Path(args.about).read_text(encoding="utf-8") if args.about else ""
    export_run(args.run, args.folder, dtype=args.dtype, about=about, replace=args.replace)
    print(f"wrote {args.folder}")


def _add_grow(commands) -> None:
    command = commands.add_parser("grow", help="make a wider model that answers alike, to pretrain it further")
    command.add_argument("model", help="a BERT folder with both pretraining heads")
    command.add_argument("folder", help="folder to write; pretrain --initial-model goes on from it")
    command.add_argument("--times", type=int, default=2, help="how many times as wide (default: 2)")
    command.add_argument("--seed", type=int, default=0, help="of the noise that makes copies part")
    command.set_defaults(run_command=_grow)


def _grow(args) -> None:
    from bert_tf.checkpoint import read_config
    from bert_tf.quiet import start_keras_quietly
    from bert_tf.training.growth import grow_model

    start_keras_quietly()
    grow_model(args.model, args.folder, times=args.times, seed=args.seed)
    shape = read_config(args.folder)
    print(f"wrote {args.folder}: {shape.num_hidden_layers} layers, hidden size {shape.hidden_size}, "
          f"{shape.num_attention_heads} heads, {shape.parameter_count():,} parameters")


def _add_average(commands) -> None:
    command = commands.add_parser("average", help="make one model of the mean of several that went on from one another")
    command.add_argument("folder", help="model folder to write")
    command.add_argument("models", nargs="+", help="BERT folders of one shape and vocabulary, such as checkpoints")
    command.add_argument("--shares", nargs="+", type=float, help="how much each counts (default: all alike)")
    command.add_argument("--dtype", choices=("float32", "float16"), default="float32")
    command.set_defaults(run_command=_average)


def _average(args) -> None:
    from bert_tf.quiet import start_keras_quietly
    from bert_tf.training.averaging import average_models

    start_keras_quietly()
    average_models(args.models, args.folder, shares=args.shares, dtype=args.dtype)
    print(f"wrote {args.folder}")


def _add_saved_model(commands) -> None:
    command = commands.add_parser("saved-model", help="write one TensorFlow SavedModel from text to answers, for servers")
    command.add_argument("model", help="a BERT folder, or one fine-tuned for classification or pairs")
    command.add_argument("folder", help="folder to write")
    command.set_defaults(run_command=_saved_model)


def _saved_model(args) -> None:
    from bert_tf.quiet import start_keras_quietly

    start_keras_quietly()
    from bert_tf.saved_model import export_saved_model

    print(f"wrote {args.folder} with {', '.join(export_saved_model(args.model, args.folder))}")


def _add_bench(commands) -> None:
    command = commands.add_parser("bench", help="measure speed on this machine, beside transformers on PyTorch")
    command.add_argument("model", nargs="?", default=str(finetune_command.BUNDLED_MODEL),
                         help=f"a BERT folder (default: the bundled {finetune_command.BUNDLED_MODEL.name})")
    command.add_argument("--quick", action="store_true", help="fewer repeats")
    command.set_defaults(run_command=_bench)


def _bench(args) -> None:
    from bert_tf.bench import run_bench
    from bert_tf.quiet import start_keras_quietly

    start_keras_quietly()
    run_bench(args.model, quick=args.quick)


def _add_stories(commands) -> None:
    command = commands.add_parser("stories", help="write the teaching corpus, from which a tiny BERT learns in minutes")
    command.add_argument("folder", help="folder for stories-en.txt, stories-zh.txt and the held-out ones")
    command.add_argument("--count", type=int, default=12_000, help="stories a language")
    command.add_argument("--seed", type=int, default=0, help="another seed tells other stories")
    command.set_defaults(run_command=_stories)


def _stories(args) -> None:
    from bert_tf.data.stories import write_stories

    for paths in write_stories(args.folder, count=args.count, seed=args.seed).values():
        for path in paths:
            print(f"wrote {path}")


def _add_questions(commands) -> None:
    fill = commands.add_parser("fill", help="fill the [MASK]s of a sentence")
    fill.add_argument("model", help="a BERT folder")
    fill.add_argument("text", help="a sentence with one or more [MASK]")
    fill.add_argument("--top-k", type=int, default=5)
    fill.set_defaults(run_command=_fill)
    pair = commands.add_parser("pair", help="judge whether one sentence follows another")
    pair.add_argument("model", help="a BERT folder")
    pair.add_argument("first")
    pair.add_argument("second")
    pair.set_defaults(run_command=_pair)
    word = commands.add_parser("word", help="compare a word's vectors in several sentences")
    word.add_argument("model", help="a BERT folder")
    word.add_argument("word")
    word.add_argument("sentences", nargs="+", help="sentences that hold the word")
    word.add_argument("--layer", type=int, default=-1, help="0 is the embedding output (default: the last)")
    word.set_defaults(run_command=_word)


def _load(folder: str):
    import bert_tf
    from bert_tf.quiet import start_keras_quietly

    start_keras_quietly()
    return bert_tf.load(folder)


def _fill(args) -> None:
    for candidates in _load(args.model).fill_mask(args.text, top_k=args.top_k):
        print("  ".join(f"{c.token} {c.probability:.1%}" for c in candidates))


def _pair(args) -> None:
    print(f"is next: {_load(args.model).next_sentence(args.first, args.second).is_next:.1%}")


def _word(args) -> None:
    import numpy as np

    from bert_tf.analysis import cosine_matrix

    bert = _load(args.model)
    if not -bert.config.num_hidden_layers - 1 <= args.layer <= bert.config.num_hidden_layers:
        raise ValueError(f"--layer should be from 0 to {bert.config.num_hidden_layers}, not {args.layer}.")
    vectors = np.stack([bert.word_vectors(sentence, args.word)[args.layer] for sentence in args.sentences])
    for sentence, row in zip(args.sentences, cosine_matrix(vectors)):
        print("  ".join(f"{value:.2f}" for value in row), "", sentence)


if __name__ == "__main__":
    sys.exit(main())
