"""What the columns of a table mean, and its rows as examples of a task, checked one by one."""

from __future__ import annotations

from bert_tf.task_folder import TASKS
from bert_tf.task_inputs import ENTITY_TAG, entities, join_tokens
from bert_tf.text_normalization import split_words
from bert_tf.training.task_examples import QuestionExample, TaggedExample, TextExample
from bert_tf.training.task_tables import KNOWN_NAMES, Table

#: The parts that a task needs.
NEEDED = {"classification": ("text", "label"), "pairs": ("text_a", "text_b", "label"), "tagging": ("tags",)}


def recognise(table: Table, task: str, chosen: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Finds out the task of a table and which column plays which part.

    Returns:
        The task, and part -> column.

    Raises:
        ValueError: the columns do not fit the task asked for, or none at all.
    """
    if task not in ("auto", *TASKS):
        raise ValueError(f"task should be auto, {', '.join(TASKS)}, not {task!r}.")
    if table.squad is not None:
        if task not in ("auto", "questions"):
            raise ValueError(f"{table.name} holds questions about passages (SQuAD), not examples for {task}.")
        return "questions", {}
    if task == "questions":
        raise ValueError(f"{table.name} is not SQuAD JSON (an object with data, paragraphs, context, qas), which "
                         "questions need.")
    if not table.rows:
        raise ValueError(f"{table.name} has a header line and no examples.")
    columns = list(table.rows[0] if not table.header else table.header)
    unknown = [f"{part}={name}" for part, name in chosen.items() if part not in KNOWN_NAMES or name not in columns]
    if unknown:
        raise ValueError(f"{table.name} has no such column: {', '.join(unknown)}. Columns: {', '.join(columns)}; "
                         f"parts: {', '.join(KNOWN_NAMES)}.")
    used = _by_name(columns) | chosen
    if "text_b" in used and not {"text_a", "tags"} & set(used) and "text" not in chosen and "text" in used:
        used["text_a"] = used.pop("text")  # text and text_pair, text and text2
    if not chosen and task != "tagging" and "tags" not in used:
        used = _by_content(table, columns, used)
    found = _task_of(used) if task == "auto" else task
    if found == "classification" and task == "classification" and "text" not in used and "text_a" in used:
        used["text"] = used["text_a"]
    missing = [part for part in NEEDED.get(found, ("label",)) if part not in used]
    if found == "tagging" and not {"text", "tokens"} & set(used):
        missing.append("tokens (or text)")
    if missing or found is None:
        raise ValueError(f"{table.name}: which column is the {' and the '.join(missing) or 'text'}? It has "
                         f"{', '.join(columns)}. Name them text and label; text_a, text_b and label; or tokens "
                         "and tags.")
    parts = {"tagging": ("tokens", "text", "tags")}.get(found) or NEEDED[found]
    return found, {part: used[part] for part in parts if part in used}


def _by_name(columns: list[str]) -> dict[str, str]:
    used: dict[str, str] = {}
    for part, names in KNOWN_NAMES.items():
        for name in names:
            match = next((column for column in columns if column.lower() == name), None)
            if match and match not in used.values():
                used.setdefault(part, match)
    if "tokens" in used and "tags" not in used and "label" in used:
        used["tags"] = used.pop("label")  # tokens and labels: a tag each
    return used


def _by_content(table: Table, columns: list[str], used: dict[str, str]) -> dict[str, str]:
    """Fills gaps: the label repeats itself most, texts are long."""
    rest = [column for column in columns if column not in used.values()]
    values = {column: [str(row.get(column, "")) for row in table.rows] for column in rest}
    kinds = {column: len(set(cells)) for column, cells in values.items()}
    if "label" not in used and rest:
        label = min(rest, key=lambda column: (kinds[column] < 2, kinds[column]))
        if 2 <= kinds[label] <= max(2, len(table.rows) // 2):
            used = used | {"label": label}
            rest.remove(label)
    if "label" in used and not {"text", "text_a", "text_b"} & set(used):
        texts = [column for column in rest if kinds[column] > len(table.rows) // 4
                 and not all(cell.strip().isdigit() for cell in values[column])]  # numbers are no texts
        if len(texts) == 1:
            return used | {"text": texts[0]}
        if len(texts) == 2:
            return used | {"text_a": texts[0], "text_b": texts[1]}
    return used


def _task_of(used: dict[str, str]) -> str | None:
    for task in ("tagging", "pairs", "classification"):
        if set(NEEDED[task]) <= set(used):
            return task
    return None


def pair_and_text_examples(table: Table, used: dict[str, str]) -> tuple[list[TextExample], dict[str, int]]:
    """Reads texts or pairs with their labels; returns them and how many rows lacked one of them."""
    first, second = used.get("text", used.get("text_a")), None if "text" in used else used["text_b"]
    examples, skipped = [], 0
    for row, line in zip(table.rows, table.lines):
        cells = [_cell(table, line, row, column) for column in (first, second, used["label"]) if column]
        if all(cells):
            examples.append(TextExample(cells[0], cells[-1], cells[1] if second else None))
        else:
            skipped += 1
    return examples, {"skipped": skipped}


def _cell(table: Table, line: int, row: dict, column: str) -> str:
    value = row.get(column, "")
    if value is None or isinstance(value, (str, int, float, bool)):
        return "" if value is None else str(value).strip()
    raise ValueError(f"{table.name}, line {line}: {column} should be a text or a number, not a {type(value).__name__}.")


def tagged_examples(table: Table, used: dict[str, str]) -> tuple[list[TaggedExample], dict[str, int]]:
    """Reads tagged texts: a list of words, or a text with a tag for every character."""
    examples, skipped = [], 0
    for row, line in zip(table.rows, table.lines):
        where = f"{table.name}, line {line}"
        tags = row.get(used["tags"])
        tags = tags.split() if isinstance(tags, str) else tags
        if not isinstance(tags, list):
            raise ValueError(f"{where}: {used['tags']} should be a list of tags, or tags with spaces between.")
        tokens = row.get(used["tokens"]) if "tokens" in used else None
        tokens = tokens.split() if isinstance(tokens, str) else tokens
        if tokens is None and "text" not in used:
            tokens = []
        if tokens is not None and not (isinstance(tokens, list) and all(isinstance(t, str) and t for t in tokens)):
            raise ValueError(f"{where}: {used['tokens']} should be a list of words.")
        text = row.get(used["text"], "") if tokens is None else ""
        if not isinstance(text, str):
            raise ValueError(f"{where}: {used['text']} should be a text, not {text!r}.")
        if not (tokens or text) and not tags:
            skipped += 1
            continue
        text, spans = join_tokens(tokens) if tokens is not None else (text, [(i, i + 1) for i in range(len(text))])
        unit = "characters" if tokens is None else "tokens"
        if len(tags) != len(spans):
            raise ValueError(f"{where}: {len(spans)} {unit}, but {len(tags)} tags; each takes one: {text[:40]!r}")
        examples.append(TaggedExample(text, tuple(spans), _bio(where, tags)))
    return examples, {"skipped": skipped}


def _bio(where: str, tags: list) -> tuple[str, ...]:
    """Returns tags in BIO, which they are in already, or in IOBES or BILOU.

    Raises:
        ValueError: one is something else.
    """
    wrong = next((tag for tag in tags if tag != "O" and not (isinstance(tag, str) and ENTITY_TAG.fullmatch(tag))), None)
    if wrong is not None:
        raise ValueError(f"{where}: {wrong!r} is no BIO tag. Tags are O, B-NAME and I-NAME, for example B-PER.")
    if all(tag[0] in "OBI" for tag in tags):
        return tuple(tags)
    rewritten = ["O"] * len(tags)
    for kind, first, last in entities(tags):
        rewritten[first:last] = [f"B-{kind}"] + [f"I-{kind}"] * (last - first - 1)
    return tuple(rewritten)


def question_examples(table: Table, used: dict[str, str]) -> tuple[list[QuestionExample], dict[str, int]]:
    """Reads SQuAD: data, paragraphs, context, qas, answers; says how many answers were repaired.

    Passed over and counted are empty questions and passages, which published sets have, and questions without an
    answer (SQuAD 2.0) or with an empty one.
    """
    examples, repaired, skipped, group = [], 0, 0, 0
    try:
        for article in table.squad["data"]:
            for paragraph in article["paragraphs"]:
                group += 1
                readable = _readable(paragraph["context"])
                for asked in paragraph["qas"]:
                    answers = asked["answers"] or ()
                    unanswerable = asked.get("is_impossible") or not any(_readable(one["text"]) for one in answers)
                    if unanswerable or not readable or not _readable(asked["question"]):
                        skipped += 1
                        continue
                    example, moved = _question(table.name, asked, paragraph["context"], group)
                    examples.append(example)
                    repaired += moved
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{table.name} is not SQuAD JSON: {type(error).__name__} {error} in passage {group}. Expected "
                         "data, paragraphs, context, qas, question, answers, text, answer_start.") from None
    return examples, {"repaired": repaired, "skipped": skipped}


def _readable(text: str) -> bool:
    """Whether a text holds anything that a tokenizer keeps; invisible characters are nothing."""
    return any(split_words(word, lowercase=True) for word in text.split())


def _question(name: str, asked: dict, passage: str, group: int) -> tuple[QuestionExample, int]:
    where = f"{name}, question {asked.get('id', asked['question'])!r}"
    answers, repaired = [], 0
    for answer in asked["answers"]:
        text = answer["text"].strip()
        try:
            wanted = int(answer["answer_start"]) + len(answer["text"]) - len(answer["text"].lstrip())
        except (ValueError, OverflowError):
            raise ValueError(f"{where}: answer_start should be a whole number, not {answer['answer_start']!r}. It "
                             "counts the characters of the passage before the answer.") from None
        start = nearest(passage, text, wanted)
        repaired += start != wanted
        if start is not None:
            answers.append((text, start))
    if not answers:
        raise ValueError(f"{where}: the answer {asked['answers'][0]['text']!r} does not stand in its passage, which "
                         f"begins {passage[:40]!r}. An answer is copied from the passage, letter by letter.")
    return QuestionExample(asked["question"].strip(), passage, tuple(dict.fromkeys(answers)), group,
                           str(asked.get("id", group))), repaired


def nearest(passage: str, text: str, wanted: int) -> int | None:
    """Where a text stands in a passage, as near as can be to where it should; None where it is empty or nowhere."""
    places, place = [], passage.find(text) if text else -1
    while place >= 0:
        places.append(place)
        place = passage.find(text, place + 1)
    return min(places, key=lambda start: abs(start - wanted), default=None)
