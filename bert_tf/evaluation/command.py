"""`python -m bert_tf evaluate`."""

from __future__ import annotations

from pathlib import Path


def add_evaluate(commands) -> None:
    """Adds the command that measures a model."""
    command = commands.add_parser("evaluate", help="measure a model on held-out text and on hand-written sets")
    command.add_argument("model", help="a BERT folder")
    command.add_argument("files", nargs="*", metavar="FILE", help="held-out text in corpus format")
    command.add_argument("--pairs", type=int, default=4096, help="sentence pairs drawn from each file")
    command.add_argument("--word2vec", nargs="*", metavar="LANGUAGE=FOLDER",
                         help="vectors to stand beside the senses (default: word2vec-en and -zh beside the model)")
    command.add_argument("--tasks", nargs="+", default=[], metavar="FILE",
                         help="labelled training files (x-train.tsv with x-dev.tsv beside it): fine-tune on each, "
                              "beside the same network from random weights")
    command.add_argument("--most-train", type=int, nargs="+", default=[0], metavar="N",
                         help="labelled examples used of each, one fine-tuning for every number (0, the default: all)")
    command.add_argument("--draws", type=int, default=1, metavar="N",
                         help="how many times the examples are drawn anew; the card gives the mean and the range (default: 1)")
    command.add_argument("--most-dev", type=int, default=0, metavar="N", help="dev examples used of each (default: all)")
    command.add_argument("--card", action="store_true",
                         help="write measures.json and a picture into the model's folder, and the tables into its card; what "
                              "measures.json holds of the same weights from before stays, unless it was measured again")
    command.set_defaults(run_command=_evaluate)


def _evaluate(args) -> None:
    import tempfile

    from tqdm import tqdm

    import bert_tf
    from bert_tf.evaluation.report import joined, known, markdown, measure_all, save
    from bert_tf.evaluation.tasks import dev_file, fine_tuned
    from bert_tf.quiet import start_keras_quietly
    from bert_tf.training.finetuning import read_examples
    from bert_tf.training.finetuning_config import FinetuningConfig

    start_keras_quietly()
    config = FinetuningConfig(most_dev=args.most_dev)
    for path in args.tasks:  # before hours of work
        for amount in args.most_train:
            read_examples(config.replace(most_train=amount), path, str(dev_file(Path(path))), None)
    bert = bert_tf.load(args.model)
    if args.card:
        require_writable(bert.folder)
    vectors = word2vec_beside(bert.folder, args.word2vec)
    measures = known(bert.folder) if args.card else {}
    try:
        with (tempfile.TemporaryDirectory() as scratch,
              tqdm(total=100, bar_format="{desc:<28} |{bar}| {elapsed}") as bar):
            def show(name: str, share: float) -> None:
                bar.set_description_str(name, refresh=False)
                bar.n = 100 * share
                bar.refresh()

            def keep(found: dict) -> None:  # each set takes minutes: what is there is written down at once
                measures.update(joined(measures, found))
                if args.card:
                    save(measures, bert.folder)

            keep(measure_all(bert, args.files, scratch=scratch, word2vec=vectors, pairs=args.pairs, show=show))
            fine_tuned(bert.folder, args.tasks, amounts=args.most_train, draws=args.draws, config=config, show=show,
                       found=lambda rows: keep({"tasks": rows}))
    finally:  # whatever ended it, what was measured is told
        if measures:
            print(markdown(measures))


def require_writable(folder: Path) -> None:
    """Makes sure that `--card` will be able to write into a folder.

    Raises:
        ValueError: nothing can be written there.
    """
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f"The measures cannot be written into {folder}: {error.strerror}. Allow writing there, or "
                         "leave --card out.") from None


def word2vec_beside(model: str | Path, named: list[str] | None) -> dict:
    """Opens word2vec vectors: those named, or those in `word2vec-en` and `word2vec-zh` beside the model's folder.

    Raises:
        ValueError: something that is not LANGUAGE=FOLDER.
        FileNotFoundError: a folder that was named is not there.
    """
    from bert_tf.static_vectors import StaticVectors

    if named is None:
        beside = {language: Path(model).resolve().parent / f"word2vec-{language}" for language in ("en", "zh")}
        return {language: StaticVectors.load(folder) for language, folder in beside.items() if folder.is_dir()}
    found = {}
    for part in named:
        language, sign, folder = part.partition("=")
        if language not in ("en", "zh") or not sign:
            raise ValueError(f"Cannot read {part!r}; write en=FOLDER or zh=FOLDER.")
        found[language] = StaticVectors.load(folder)
    return found
