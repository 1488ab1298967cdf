"""`python -m bert_tf prepare` and `python -m bert_tf pretrain`."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import socket
import subprocess
import sys
from pathlib import Path

from bert_tf.config import SIZES
from bert_tf.progress_bar import ProgressBar
from bert_tf.records import explain_fields, read_json
from bert_tf.training.pretraining_config import PretrainingConfig, Stage


def add_prepare(commands) -> None:
    """Adds the command that turns text into token shards."""
    command = commands.add_parser("prepare", help="turn text files into token shards for pretraining")
    command.add_argument("shards", help="folder of the shards, made if it is not there; files can be added later")
    command.add_argument("corpus", nargs="+", metavar="FILE",
                         help="text, .xz or .gz: one sentence a line, a blank line between documents")
    command.add_argument("--tokenizer", metavar="FOLDER",
                         help="folder with vocab.txt (default: the one in the shards' folder, or train one into it)")
    command.add_argument("--vocab-size", type=int, help="pieces of a vocabulary to train (default: 16000)")
    command.add_argument("--cased", action="store_true", help="train a cased vocabulary")
    command.add_argument("--whole-words", action="store_true", help="find the words as well, for whole-word masking")
    command.add_argument("--processes", type=int, metavar="N", help="default: one a CPU core")
    command.set_defaults(run_command=_prepare)


def _prepare(args) -> None:
    from tqdm import tqdm

    from bert_tf.data.shards import prepare, shard_files
    from bert_tf.data.vocabulary_start import VOCAB_SIZE, given_tokenizer, settings_of, vocabulary_for
    from bert_tf.data.words import mark_words

    folder = Path(args.shards)
    shard_files(args.corpus)  # before any work
    if there := given_tokenizer(args.tokenizer, folder):
        settings_of(there, vocab_size=args.vocab_size, lowercase=False if args.cased else None, fewer=not args.tokenizer)
    with tqdm(total=100, bar_format="{desc:<12} {percentage:3.0f}% |{bar}| {elapsed}<{remaining}") as bar:
        def progress(done: int, total: int) -> None:
            bar.n = 100 * done / max(total, 1)
            bar.refresh()

        bar.set_description_str("vocabulary")
        tokenizer = vocabulary_for(args.corpus, folder / "tokenizer", given=args.tokenizer,
                                   vocab_size=args.vocab_size or VOCAB_SIZE, lowercase=not args.cased)
        bar.set_description_str("tokens")
        shards = prepare(args.corpus, tokenizer, folder, processes=args.processes, progress=progress)
        if args.whole_words:
            bar.reset(total=100)
            bar.set_description_str("words")
            shards = mark_words(shards, tokenizer, processes=args.processes, progress=progress)
    print(f"{'shard':<20} {'documents':>12} {'sentences':>12} {'tokens':>14}")
    for shard in shards.shards:
        print(f"{shard.name:<20} {len(shard.documents) - 1:>12,} {len(shard.sentences) - 1:>12,} {len(shard.tokens):>14,}")
    print(f"{'total':<20} {shards.total_documents:>12,} {shards.total_sentences:>12,} {shards.total_tokens:>14,}")
    print(f"vocabulary: {tokenizer.vocab_size:,} pieces in {folder / 'tokenizer'}")


def add_pretrain(commands) -> None:
    command = commands.add_parser("pretrain", help="pretrain a BERT on text files")
    command.add_argument("--run", required=True, help="run folder, made if it is not there")
    command.add_argument("--resume", action="store_true",
                         help="go on with the run from its newest checkpoint; a larger --minutes or --steps makes it longer")
    command.add_argument("--config",
                         help=f"a size ({', '.join(SIZES)}) or a JSON file of recipe settings; flags below override it "
                              "(default: mini)")
    command.add_argument("--corpus", nargs="+", default=[], metavar="FILE",
                         help="text, .xz or .gz: one sentence a line, a blank line between documents")
    command.add_argument("--heldout", nargs="+", default=[], metavar="FILE", help="text measured at every checkpoint")
    command.add_argument("--tokenizer", metavar="FOLDER", help="folder with vocab.txt (default: train one)")
    command.add_argument("--vocab-size", type=int, help="pieces of a vocabulary to train (default: 16000)")
    command.add_argument("--cased", action="store_true", help="train a cased vocabulary")
    command.add_argument("--shards", metavar="FOLDER", help="token shards, shared between runs (default: in the run)")
    command.add_argument("--initial-model", metavar="FOLDER",
                         help="go on from the weights of a BERT folder, in its shape and with its vocabulary")
    command.add_argument("--initial-embeddings", choices=("random", "word2vec"),
                         help="how token embeddings start (default: random)")
    command.add_argument("--stages", help="LENGTHxBATCH:UNTIL, for example 32x64:0.3,64x64:0.8,128x64")
    command.add_argument("--shares", nargs="+", default=[], metavar="PART=SHARE",
                         help="how much of every batch comes from files whose names begin with PART: en=0.4 zh=0.6")
    command.add_argument("--data-parallel", type=int, default=1, metavar="N",
                         help="share every batch among N processes on this machine (KERAS_BACKEND=jax)")
    command.add_argument("--cluster", metavar="HOST:PORT,COUNT,RANK",
                         help="share every batch with processes on other machines; the run folder is on a shared disk, "
                              "and all but rank 0 are started with --resume")
    explained = explain_fields(PretrainingConfig)
    for field in dataclasses.fields(PretrainingConfig):
        flag = "--" + field.name.replace("_", "-")
        if field.type == "bool":
            command.add_argument(flag, action=argparse.BooleanOptionalAction, help=explained[field.name])
        elif field.name not in ("size", "stages"):
            kind = {"int": int, "float": float, "str": str}[field.type]
            command.add_argument(flag, type=kind, metavar=field.type.upper(), help=explained[field.name])
    command.set_defaults(run_command=_pretrain)


def _pretrain(args) -> None:
    from bert_tf.quiet import start_keras_quietly
    from bert_tf.training.pretraining import pretrain
    from bert_tf.training.pretraining_request import create_run
    from bert_tf.training.run_folder import RunFolder

    run = RunFolder(args.run)
    if args.resume:
        prepare_to_resume(run, args)
    else:
        create_run(run, recipe(args), corpus=args.corpus, heldout=args.heldout, tokenizer=args.tokenizer,
                   vocab_size=args.vocab_size, lowercase=False if args.cased else None, shards=args.shards,
                   initial_model=args.initial_model, initial_embeddings=args.initial_embeddings or "random",
                   shares=parse_shares(args.shares))
    start_keras_quietly()
    with cluster_of(args) as cluster, PretrainingBar(disable=cluster is not None and cluster.rank > 0) as bar:
        checkpoint = pretrain(run, show=bar.show, cluster=cluster)
    if cluster is None or cluster.rank == 0:
        print(f"{run.status()['state']}: {checkpoint}")


@contextlib.contextmanager
def cluster_of(args):
    """Gives the cluster of processes asked for, or None; starts the others where they run on this machine.

    Raises:
        ValueError: Keras does not run on JAX, both flags at once, or a flag that cannot be read.
    """
    if args.data_parallel == 1 and not args.cluster:
        yield None
        return
    import keras

    if keras.backend.backend() != "jax":
        raise ValueError("Several processes train together on JAX alone: set KERAS_BACKEND=jax and start again.")
    from bert_tf.training.jax_steps import Cluster

    if args.cluster and args.data_parallel != 1:
        raise ValueError("Give --data-parallel for this machine or --cluster for several, not both.")
    if args.cluster:
        cluster = Cluster.parse(args.cluster)
        yield cluster
        cluster.leave()
        return
    if args.data_parallel < 1:
        raise ValueError(f"--data-parallel should be at least 1, not {args.data_parallel}.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    others = [subprocess.Popen([sys.executable, "-m", "bert_tf", "pretrain", "--run", args.run, "--resume", "--cluster",
                                f"{address},{args.data_parallel},{rank}"]) for rank in range(1, args.data_parallel)]
    try:
        cluster = Cluster(address, args.data_parallel, 0)
        yield cluster
        cluster.leave()
        for rank, process in enumerate(others, 1):
            with contextlib.suppress(subprocess.TimeoutExpired):  # its work is done; `finally` ends it
                if process.wait(timeout=60):
                    raise ValueError(f"The process of rank {rank} ended with exit code {process.returncode}; its own words "
                                     "are above.")
    finally:
        for process in others:
            process.kill()


def prepare_to_resume(run, args) -> None:
    """Makes a run longer where a larger length is given; flags that say what the run says anyway do no harm.

    Raises:
        FileNotFoundError: there is no run.
        ValueError: it is a fine-tuning, or a flag asks for something else than the run was started with.
    """
    from bert_tf.training.pretraining_request import lengthen

    config = run.pretraining()
    training = PretrainingConfig.from_dict(config["training"])
    unit = "steps" if training.steps else "minutes"
    asked = flag_values(args)
    wanted = (recipe_values(args.config) if args.config else {}) | asked
    if "stages" in wanted:
        wanted["stages"] = training.replace(stages=wanted["stages"]).to_dict()["stages"]
    other = [name for name, value in training.to_dict().items() if wanted.get(name, value) != value and name != unit]
    asked_of_run = {name: [str(Path(path).resolve()) for path in getattr(args, name)] for name in ("corpus", "heldout")}
    asked_of_run |= {name: getattr(args, name) and str(Path(getattr(args, name)).resolve())
                     for name in ("tokenizer", "shards", "initial_model")}
    asked_of_run |= {"vocab_size": args.vocab_size, "initial_embeddings": args.initial_embeddings,
                     "shares": parse_shares(args.shares)}
    other += [name for name, value in asked_of_run.items() if value and value != config.get(name)]
    other += ["lowercase"] * (args.cased and config["lowercase"])
    if other:
        raise ValueError(f"The run goes on as its config.json says, which has another {', '.join(sorted(other))}. Leave "
                         f"that out, or start a new --run. --{unit} may be larger than now ({training.length:g}).")
    if asked.get(unit, training.length) != training.length:
        lengthen(run, asked[unit])


def parse_shares(parts: list[str]) -> dict[str, float]:
    """Reads shares such as `en=0.4`.

    Raises:
        ValueError: a part without a share, or named twice.
    """
    shares = {}
    for part in parts:
        name, sign, share = part.partition("=")
        try:
            value = float(share)
        except ValueError:
            value = None
        if not name or not sign or value is None or name in shares:
            raise ValueError(f"Cannot read the share {part!r}. Write each part once, as PART=SHARE: en=0.4 zh=0.6")
        shares[name] = value
    return shares


def recipe_values(config: str) -> dict:
    """Reads what --config names: a size, or a JSON file of recipe settings.

    Raises:
        ValueError: it is neither.
    """
    if config not in SIZES and not Path(config).is_file():
        raise ValueError(f"--config should be {', '.join(SIZES)}, or a JSON file of recipe settings, not {config!r}.")
    return {"size": config} if config in SIZES else read_json(config)


def flag_values(args) -> dict:
    """Returns the recipe settings that are given as flags of their own."""
    names = [field.name for field in dataclasses.fields(PretrainingConfig) if field.name not in ("size", "stages")]
    values = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    return values | ({"stages": Stage.parse_all(args.stages)} if args.stages else {})


def recipe(args) -> PretrainingConfig:
    """Reads the recipe: a size or a JSON file, overridden by single flags."""
    values = recipe_values(args.config or "mini") | flag_values(args)
    if args.initial_model:
        values |= shape_of_initial_model(args, values)
    return PretrainingConfig.from_dict(values)


def shape_of_initial_model(args, values: dict) -> dict:
    """Returns the settings that are the initial model's business.

    Raises:
        FileNotFoundError: there is no such model.
        ValueError: it is no BERT, or something else was asked for as well.
    """
    from bert_tf.checkpoint import read_config

    most = read_config(args.initial_model).max_position_embeddings
    other = {"a size": args.config and values.get("size"), "--vocab-size": args.vocab_size, "--cased": args.cased,
             "--tokenizer": args.tokenizer,
             "max_position_embeddings": values.get("max_position_embeddings", most) != most}
    if any(other.values()):
        raise ValueError("Shape and vocabulary are those of --initial-model; leave out "
                         f"{' and '.join(name for name, given in other.items() if given)}.")
    return {"size": None, "max_position_embeddings": most}


class PretrainingBar(ProgressBar):
    """Losses, accuracies and tokens a second; a line for each measure on held-out text, and for what is to be known."""

    def show(self, record: dict) -> None:
        if record.get("notice"):
            self.bar.write(record["notice"])
        super().show(record)

    def measured(self, record: dict) -> None:
        if "heldout" in record:
            self.bar.write(f"step {record['step']:,} held-out {record['heldout']}: MLM loss {record['mlm_loss']:.3f}, "
                           f"accuracy {record['mlm_accuracy']:.1%}, NSP {record['nsp_accuracy']:.1%}")
        else:
            self.advance(record["progress"],
                         f"step {record['step']:,}, MLM {record['mlm_loss']:.3f} ({record['mlm_accuracy']:.1%}), "
                         f"NSP {record['nsp_accuracy']:.1%}, {record['tokens_per_second']:,.0f} tokens/s")
