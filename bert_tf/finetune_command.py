"""`python -m bert_tf finetune` and `python -m bert_tf predict`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from bert_tf.progress_bar import ProgressBar
from bert_tf.records import explain_fields, require_integer
from bert_tf.task_folder import TASKS
from bert_tf.training.finetuning_config import FinetuningConfig

#: The model that comes with the project, wherever a command is started.
BUNDLED_MODEL = Path(__file__).resolve().parent.parent / "saved_models" / "bert-small-en-zh"


def add_finetune(commands) -> None:
    """Adds `finetune` to the command line."""
    command = commands.add_parser("finetune", help="fine-tune a BERT on labelled examples, beside one from scratch")
    command.add_argument("--model", metavar="FOLDER", help=f"a BERT folder (default: the bundled {BUNDLED_MODEL.name})")
    command.add_argument("--train", metavar="FILE",
                         help="CSV, TSV, JSONL or SQuAD JSON (left out: do the run that --run describes already)")
    command.add_argument("--dev", metavar="FILE", help="examples to measure on (default: a tenth of --train)")
    command.add_argument("--run", required=True, help="run folder, made for this run")
    command.add_argument("--columns", nargs="+", default=[], metavar="PART=NAME",
                         help="which column is which, for example text=title label=topic")
    explained = explain_fields(FinetuningConfig)
    for field in dataclasses.fields(FinetuningConfig):
        flag, help_text = "--" + field.name.replace("_", "-"), explained[field.name]
        if field.name == "task":
            command.add_argument(flag, choices=("auto", *TASKS), help=help_text)
        elif field.name == "twin":
            command.add_argument("--no-twin", dest="twin", action="store_const", const=False,
                                 help="do not train the same network from random weights beside it")
        elif field.type == "bool":
            command.add_argument(flag, action="store_const", const=True, help=help_text)
        else:
            kind = {"int": int, "float": float, "str": str}[field.type]
            command.add_argument(flag, type=kind, metavar=field.type.upper(), help=help_text)
    command.set_defaults(run_command=_finetune)


def _finetune(args) -> None:
    from bert_tf.quiet import start_keras_quietly
    from bert_tf.training.finetuning import create_finetuning, finetune
    from bert_tf.training.run_folder import RunFolder

    start_keras_quietly()
    names = [field.name for field in dataclasses.fields(FinetuningConfig)]
    wanted = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    columns = dict(part.split("=", 1) if "=" in part else (part, "") for part in args.columns)
    run = RunFolder(args.run)
    if args.train:
        create_finetuning(run, FinetuningConfig(**wanted), model=args.model or str(BUNDLED_MODEL), train=args.train,
                          dev=args.dev, columns=columns)
    else:
        require_described(run, wanted, model=args.model, dev=args.dev, columns=columns)
    with FinetuningBar() as bar:
        result = finetune(run, show=bar.show)
    print(table(result))
    print(f"{result['state']}: {Path(args.run) / 'model'}")


def require_described(run, wanted: dict, *, model: str | None, dev: str | None, columns: dict[str, str]) -> None:
    """Checks that a run is described already; flags that say what it says anyway do no harm.

    Raises:
        ValueError: there is no run, or a flag asks for something else than it does.
    """
    if not (run.path / "config.json").is_file():
        raise ValueError(f"{run.path} describes no run yet; give the examples with --train FILE.")
    described = run.config()
    other = [name for name, value in wanted.items() if value != described["training"].get(name)]
    asked = {"model": model and str(Path(model).resolve()), "dev": dev and str(Path(dev).resolve()), "columns": columns}
    other += [name for name, value in asked.items() if value and value != described.get(name)]
    if other:
        raise ValueError(f"The run does what its config.json says, which has another {', '.join(sorted(other))}. Leave "
                         "that out, or give --train FILE and a new --run.")


def table(result: dict) -> str:
    """Writes what result.json says as a table: a line for each twin."""
    figures = {name: twin["figures"] for name, twin in result["twins"].items()}
    known = ("accuracy", "macro_f1", "entity_precision", "entity_recall", "entity_f1", "exact_match", "f1")
    columns = [name for name in known if any(name in row for row in figures.values())]
    lines = [f"{'dev, ' + str(result['examples']['dev']) + ' examples':<24}"
             + "".join(f"{name:>18}" for name in (*columns, "best epoch", "minutes"))]
    for name, twin in result["twins"].items():
        cells = [f"{twin['figures'][column]:.1%}" for column in columns]
        cells += [f"{twin['epoch']:.1f}", f"{twin['seconds'] / 60:.1f}"]
        lines.append(f"{name:<24}" + "".join(f"{cell:>18}" for cell in cells))
    if result["largest_class"]:
        lines.append(f"{'always the same label':<24}{result['largest_class']:>18.1%}")
    return "\n".join(lines)


class FinetuningBar(ProgressBar):
    """Losses of both twins; a line for each look at the dev examples."""

    def __init__(self):
        super().__init__()
        self.losses: dict[str, str] = {}

    def measured(self, record: dict) -> None:
        if "dev" in record:
            figures = ", ".join(f"{name.replace('_', ' ')} {value:.1%}" for name, value in record["dev"].items()
                                if isinstance(value, float))
            self.bar.write(f"epoch {record['epoch']:.1f} {record['twin']:<10} {figures}")
        else:
            self.losses[record["twin"]] = f"{record['twin']} loss {record['loss']:.3f}"
            self.advance(record["progress"], f"step {record['step']:,}, {', '.join(self.losses.values())}")


def add_predict(commands) -> None:
    """Adds `predict` to the command line."""
    command = commands.add_parser("predict", help="use a fine-tuned BERT")
    command.add_argument("folder", help="the folder of a fine-tuned BERT, or the run folder it is in")
    command.add_argument("texts", nargs="+", metavar="TEXT",
                         help="texts to classify or tag; both texts of a pair; a question and its passage")
    command.add_argument("--top-k", type=int, default=3, help="answers to a question, labels of a text")
    command.add_argument("--words", action="store_true", help="say as well which words speak for the label, and against it")
    command.set_defaults(run_command=_predict)


def _predict(args) -> None:
    import bert_tf
    from bert_tf.quiet import start_keras_quietly

    require_integer("--top-k", args.top_k, minimum=1)
    start_keras_quietly()
    own = Path(args.folder) / "model"
    bert = bert_tf.load_finetuned(own if own.is_dir() else args.folder)
    if bert.task in ("pairs", "questions") and len(args.texts) != 2:
        raise ValueError(f"{args.folder} was fine-tuned for {bert.task}; give two texts, not {len(args.texts)}.")
    if bert.task == "questions":
        for answer in bert.answer(*args.texts, top_k=args.top_k):
            print(f"{answer.score:.1%}  {answer.text}  [{answer.start}:{answer.end}]")
        return
    if args.words and bert.task == "tagging":
        raise ValueError("--words explains a label of a whole text; this model finds entities. Leave it out.")
    for text in [args.texts] if bert.task == "pairs" else [[text] for text in args.texts]:
        if bert.task == "tagging":
            found = "  ".join(f"{e.text} [{e.start}:{e.end}] {e.label} {e.score:.1%}" for e in bert.tag(*text))
            print(found or "no entities", "", text[0], sep="  ")
        else:
            found = "  ".join(f"{label.label} {label.probability:.1%}" for label in bert.classify(*text)[:args.top_k])
            print(found, "", " | ".join(text), sep="  ")
            if args.words:
                said = sorted(bert.influence(*text).words, key=lambda word: -abs(word.weight))
                print("    " + "  ".join(f"{word.word} {word.weight:+.1f}" for word in said[:12]))
