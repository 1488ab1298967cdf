"""Task files: what is recognised, what is refused, how a dev part is split off."""

import json
from pathlib import Path

import pytest

from bert_tf.training import task_files
from bert_tf.training.task_files import read_task_file, sample, train_and_dev

BUNDLED = Path(__file__).resolve().parent.parent / "bert_tf" / "examples" / "finetuning"


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def jsonl(*rows) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def squad(passage="Anna lives in Rome.", question="Where?", **answer) -> str:
    qa = {"id": "q1", "question": question, "answers": [{"text": "Rome", "answer_start": 14} | answer]}
    return json.dumps({"data": [{"paragraphs": [{"context": passage, "qas": [qa]}]}]})


@pytest.mark.parametrize(("name", "task", "train", "dev"), [
    ("sentiment-{}.tsv", "classification", 486, 108), ("pairs-{}.tsv", "pairs", 372, 104),
    ("entities-{}.jsonl", "tagging", 407, 104), ("questions-{}.json", "questions", 245, 64)])
def test_the_bundled_sets_are_recognised(name, task, train, dev):
    files = [read_task_file(BUNDLED / name.format(part)) for part in ("train", "dev")]
    assert [file.task for file in files] == [task, task]
    assert [len(file) for file in files] == [train, dev]
    assert [file.skipped + file.repaired for file in files] == [0, 0]


def test_a_description_says_what_was_found(tmp_path):
    file = read_task_file(write(tmp_path, "a.csv", 'review,stars\n"good, very good",5\nbad,1\n,1\nworse,1\n'))
    description = file.describe()
    assert description.pop("path").endswith("a.csv")
    assert description == {
        "task": "classification", "columns": {"text": "review", "label": "stars"}, "examples": 3, "labels": ["1", "5"],
        "label_counts": {"1": 2, "5": 1}, "lengths": {"shortest": 3, "median": 5, "longest": 15}, "skipped": 1,
        "repaired": 0}
    assert file.examples[0].text == "good, very good"


@pytest.mark.parametrize(("name", "content", "task", "columns"), [
    ("a.tsv", "label\tcategory\ttext\n1\tbook\thello\n0\tbook\tbye\n", "classification",
     {"text": "text", "label": "label"}),
    ("b.tsv", "coarse\tfine\ttext\n" + "NUM\tNUM:{0}\tq{0} a\nLOC\tLOC:{0}\tq{0}\n".format(1) * 3, "classification",
     {"text": "text", "label": "coarse"}),
    ("c.csv", "Sentence1;Sentence2;Label\na;b;x\nc;d;y\n", "pairs",
     {"text_a": "Sentence1", "text_b": "Sentence2", "label": "Label"}),
    ("d.csv", "first one,good\nsecond,bad\nthird,good\nfourth,bad\nfifth,good\n", "classification",
     {"text": "column 1", "label": "column 2"}),
    ("e.csv", "\ufeff内容,标签\n好,正\n坏,负\n", "classification", {"text": "内容", "label": "标签"}),
    ("f.jsonl", jsonl({"text": "a", "label": True}, {"text": "b", "label": False}), "classification",
     {"text": "text", "label": "label"}),
    ("g.json", json.dumps([{"tokens": ["in", "Rome"], "labels": ["O", "B-LOC"]}]), "tagging",
     {"tokens": "tokens", "tags": "labels"}),
    ("h.jsonl", jsonl({"text": "在北京", "tags": "O B-LOC I-LOC"}), "tagging", {"text": "text", "tags": "tags"}),
    ("i.csv", "text,text2,label\na,b,x\nc,d,y\n", "pairs", {"text_a": "text", "text_b": "text2", "label": "label"}),
    ("j.tsv", "text_pair\tlabel\ttext\na\tx\tb\nc\ty\td\n", "pairs",
     {"text_a": "text", "text_b": "text_pair", "label": "label"}),
])
def test_columns_are_recognised(tmp_path, name, content, task, columns):
    file = read_task_file(write(tmp_path, name, content))
    assert (file.task, file.columns) == (task, columns)


@pytest.mark.parametrize(("name", "content", "columns", "labels"), [
    ("a.csv", "text,label,,\na,x,,\nb,y,,\n", {"text": "text", "label": "label"}, ("x", "y")),
    ("b.csv", ",,text,label\n0,10,a,x\n1,11,b,y\n", {"text": "text", "label": "label"}, ("x", "y")),
    ("c.csv", ",review,stars\n0,good,5\n1,bad,1\n2,worse,1\n3,bad too,1\n", {"text": "review", "label": "stars"},
     ("1", "5")),
    ("d.csv", '"some\ttext",pos\n"more\ttext",neg\n"and\tmore",pos\n"a\tb",neg\n"c\td",pos\n',
     {"text": "column 1", "label": "column 2"}, ("neg", "pos")),
    ("e.csv", '"some\ttext",pos\nmore text,neg\nand,pos\nb,neg\nc,pos\n', {"text": "column 1", "label": "column 2"},
     ("neg", "pos")),
    ("f.csv", "text, yes, no, maybe;neg\nother;pos\none, two;neg\nlast;pos\nleast;neg\n",
     {"text": "column 1", "label": "column 2"}, ("neg", "pos")),
    ("g.csv", '"text";"label"\n"1,5";"x"\n"2,5";"y"\n', {"text": "text", "label": "label"}, ("x", "y")),
    ("h.txt", 'he said "a,b" to, me\tx\n"no\ty\n' + "one\ty\n2\tx\nthree\tx\n",
     {"text": "column 1", "label": "column 2"}, ("x", "y")),
    ("i.csv", 'text,label\n"two\nlines",x\n"one; two",y\n', {"text": "text", "label": "label"}, ("x", "y")),
    ("j.csv", "text,label\n" + "some words and more of them,x\nothers,y\n" * 1000,
     {"text": "text", "label": "label"}, ("x", "y")),
])
def test_header_and_separator_are_told(tmp_path, name, content, columns, labels):
    file = read_task_file(write(tmp_path, name, content))
    assert (file.columns, file.labels) == (columns, labels)


def test_columns_can_be_chosen(tmp_path):
    path = write(tmp_path, "a.tsv", "coarse\tfine\ttext\nA\tA1\tx\nB\tB1\ty\nB\tB2\tz\n")
    assert read_task_file(path, columns={"text": "text", "label": "fine"}).labels == ("A1", "B1", "B2")
    one = write(tmp_path, "b.tsv", "text\ttext2\tlabel\na\tb\tx\nc\td\ty\n")
    for asked in ({"columns": {"text": "text"}}, {"task": "classification"}):
        assert read_task_file(one, **asked).columns == {"text": "text", "label": "label"}
    with pytest.raises(ValueError, match="no such column: label=colour"):
        read_task_file(path, columns={"label": "colour"})


def test_tagged_text_keeps_the_places_of_its_words(tmp_path):
    rows = ({"tokens": ["Li", "来", "自", "Rome", "."], "tags": ["B-PER", "O", "O", "B-LOC", "O"]},)
    example, = read_task_file(write(tmp_path, "a.jsonl", jsonl(*rows))).examples
    assert example.text == "Li 来自 Rome ."
    assert [example.text[start:end] for start, end in example.spans] == rows[0]["tokens"]
    assert example.entities == [("PER", 0, 1), ("LOC", 3, 4)]


def test_an_answer_at_the_wrong_place_is_moved_and_counted(tmp_path):
    file = read_task_file(write(tmp_path, "a.json", squad("Rome. Anna lives in Rome.", answer_start=19)))
    assert file.examples[0].answers == (("Rome", 20),) and file.repaired == 1


def test_an_empty_question_is_passed_over_and_counted(tmp_path):
    content = json.loads(squad("Rome. Anna lives in Rome.", answer_start=20))
    empty = {"question": " ", "answers": [{"text": "Rome", "answer_start": 0}]}
    content["data"][0]["paragraphs"][0]["qas"].insert(0, empty)
    file = read_task_file(write(tmp_path, "a.json", json.dumps(content)))
    assert len(file.examples) == 1 and file.skipped == 1 and file.repaired == 0


def test_questions_that_cannot_be_asked_are_passed_over_and_counted(tmp_path):
    content = json.loads(squad())
    paragraph = content["data"][0]["paragraphs"][0]
    paragraph["qas"] += [{"question": "\u200b", "answers": paragraph["qas"][0]["answers"]},
                         {"question": "Who?", "answers": [], "is_impossible": True}]
    paragraph["qas"].append({"question": "Why?", "answers": [{"text": "", "answer_start": -1}]})
    content["data"][0]["paragraphs"].append({"context": "\u200b", "qas": [
        {"question": "What?", "answers": [{"text": "\u200b", "answer_start": 0}]}]})
    file = read_task_file(write(tmp_path, "a.json", json.dumps(content)))
    assert [example.question for example in file.examples] == ["Where?"] and file.skipped == 4


@pytest.mark.parametrize("name", ["a.jsonl", "b.json", "c.json"])
def test_rows_of_questions_are_read(tmp_path, name):
    rows = [{"id": f"q{i}", "context": context, "question": "Where?",
             "answers": {"text": ["Rome"], "answer_start": [context.index("Rome")]}}
            for i, context in enumerate(["Anna lives in Rome.", "In Rome.", "Anna lives in Rome."])]
    rows.append({"id": "q3", "context": "In Rome.", "question": "Who?", "answers": {"text": [], "answer_start": []}})
    content = {"a.jsonl": jsonl(*rows), "b.json": json.dumps(rows), "c.json": json.dumps({"data": rows})}[name]
    file = read_task_file(write(tmp_path, name, content))
    assert file.task == "questions" and file.skipped == 1 and file.repaired == 0
    assert [(e.id, e.group, e.answers) for e in file.examples] == [
        ("q0", 1, (("Rome", 14),)), ("q2", 1, (("Rome", 14),)), ("q1", 2, (("Rome", 3),))]


def test_rows_under_data_are_read(tmp_path):
    rows = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]
    for content in (json.dumps({"data": rows}), json.dumps({"data": rows}, indent=1)):
        assert read_task_file(write(tmp_path, "a.json", content)).labels == ("x", "y")


@pytest.mark.parametrize("separator", [" ", "\t", " NNP -X- "])
def test_conll_files_are_read(tmp_path, separator):
    content = "-DOCSTART- -X- -X- O\n\nAnna B-PER\nsaw O\nNew B-LOC\nYork I-LOC\n\n\n北 B-LOC\n京 I-LOC\n"
    path = write(tmp_path, "a.txt", "\n".join(separator.join(line.rsplit(" ", 1)) for line in content.split("\n")))
    file = read_task_file(path)
    assert file.task == "tagging" and file.columns == {"tokens": "tokens", "tags": "tags"}
    assert [(e.text, e.entities) for e in file.examples] == [
        ("Anna saw New York", [("PER", 0, 1), ("LOC", 2, 4)]), ("北京", [("LOC", 0, 2)])]


def test_words_of_conll_files_may_hold_other_spaces(tmp_path):
    content = "Hà\u00a0Nội\tX Y\tB-LOC\r\n\u3000\tZ\tO\r\n\u3000\r\n\u00a0 X  B-LOC\n"
    file = read_task_file(write(tmp_path, "a.txt", content))
    assert [[e.text[start:end] for start, end in e.spans] for e in file.examples] == [
        ["Hà\u00a0Nội", "\u3000"], ["\u00a0"]]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_half_a_character_is_replaced(tmp_path, name):
    rows = [{"text": "so good \ud83d", "label": "x\ude00"}, {"text": "\\ud83d \U0001f600", "label": "y"}]
    content = json.dumps(rows) if name == "a.json" else "\n".join(map(json.dumps, rows))
    file = read_task_file(write(tmp_path, name, content))
    assert [example.text for example in file.examples] == ["so good \ufffd", "\\ud83d \U0001f600"]
    assert file.labels == ("x\ufffd", "y")


def test_other_ways_to_tag_become_bio(tmp_path):
    rows = ({"tokens": list("abcde"), "tags": ["S-PER", "S-PER", "B-LOC", "E-LOC", "O"]},
            {"tokens": list("abcde"), "tags": ["O", "U-PER", "B-LOC", "I-LOC", "L-LOC"]})
    file = read_task_file(write(tmp_path, "a.jsonl", jsonl(*rows)))
    assert [example.tags for example in file.examples] == [
        ("B-PER", "B-PER", "B-LOC", "I-LOC", "O"), ("O", "B-PER", "B-LOC", "I-LOC", "I-LOC")]
    assert file.labels == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.csv", b"\x89PNG\0\0", "not text"), ("b.csv", "文本,标签".encode("gb18030"), "not text in UTF-8"),
    ("c.csv", "", "is empty"), ("d.csv", "text\nhello\n", "one column"),
    ("e.csv", "text,label\na,x\nb,x\n", "label 'x'"), ("f.csv", "text,label\na,x\nb,y,z\n", "line 3 has 3 columns"),
    ("g.csv", "text,label\n", "no examples"), ("h.csv", "text,label\n,\n", "no examples"),
    ("i.jsonl", '{"text": "a", "label": 1}\n{"text"', "line 2 is not valid JSON"),
    ("j.jsonl", jsonl({"tokens": ["a", "b"], "tags": ["O"]}), "2 tokens, but 1 tags"),
    ("k.jsonl", jsonl({"text": "北京", "tags": "B-LOC"}), "2 characters, but 1 tags"),
    ("l.jsonl", jsonl({"tokens": ["a"], "tags": ["LOC"]}), "'LOC' is no BIO tag"),
    ("m.jsonl", jsonl({"tokens": ["a"], "tags": [3]}), "3 is no BIO tag"),
    ("n.jsonl", jsonl({"tokens": ["a"], "tags": ["O"]}), "Every tag in n.jsonl is O"),
    ("o.json", squad(text="Paris"), "'Paris' does not stand in its passage"),
    ("p.json", json.dumps({"data": [{"paragraphs": [{"context": "x", "qas": [
        {"id": "7", "question": "?", "answers": [], "is_impossible": True}]}]}]}), "1 questions, all empty or without"),
    ("q.json", '{"data": [{"title": "x"}]}', "not SQuAD JSON: KeyError 'paragraphs'"),
    ("x.txt", "Anna B-PER\nsat O\n\nLi\nslept O\n", "line 4 should hold a word and its tag"),
    ("y.txt", "Anna B-PER\nsat O\n\n" + "she O\n\n" * 5000 + "Li\n", "line 10004 should.*not 'Li'"),
    ("r.json", '{"a": 1,\n', "not valid JSON"),
    ("t.csv", "text,text,label\na,b,x\nc,d,y\n", "2 columns called 'text'"),
    ("u.csv", "text,,\nhello,,\n", "one column"),
    ("v.jsonl", jsonl({"context": "a", "question": "b", "answers": {"text": ["a"]}}), "line 1 is no question about"),
    ("w.jsonl", jsonl({"context": "a", "question": "b", "answers": {"text": ["b"], "answer_start": [0]}}),
     "question 'in line 1': the answer 'b' does not stand"),
    ("z.csv", ",\n,\n", "z.csv is empty"), ("aa.csv", '""\n', "aa.csv is empty"),
    ("ab.jsonl", jsonl({"tokens": ["a"], "tags": ["B-A"]}, {"tokens": None, "tags": ["O"]}), "line 2: 0 tokens, but 1"),
    ("ac.json", squad(answer_start="x"), "ac.json, question 'q1': answer_start should be a whole number, not 'x'"),
    ("s.csv", "a,b\n" + "".join(f"x{i},y{i}\n" for i in range(6)), "which column is the label"),
])
def test_bad_files_are_refused(tmp_path, name, content, message):
    with pytest.raises(ValueError, match=message):
        read_task_file(write(tmp_path, name, content))


def test_large_and_missing_files_are_refused(tmp_path, monkeypatch):
    for name in ("none.csv", "n" * 300):
        with pytest.raises(FileNotFoundError, match="does not exist"):
            read_task_file(tmp_path / name)
    monkeypatch.setattr(task_files, "LARGEST_MEGABYTES", 1e-6)
    with pytest.raises(ValueError, match="Take a sample"):
        read_task_file(write(tmp_path, "a.csv", "text,label\na,x\nb,y\n"))


def test_a_file_is_not_read_for_another_task(tmp_path):
    with pytest.raises(ValueError, match="holds questions"):
        read_task_file(write(tmp_path, "a.json", squad()), task="pairs")
    with pytest.raises(ValueError, match="not SQuAD JSON"):
        read_task_file(write(tmp_path, "b.csv", "text,label\na,x\nb,y\n"), task="questions")


def test_a_dev_part_is_split_off_by_the_seed(tmp_path):
    whole = read_task_file(write(tmp_path, "a.tsv", "text\tlabel\n" + "".join(f"t{i}\t{i % 2}\n" for i in range(50))))
    train, dev = train_and_dev(whole, None, seed=3)
    assert (len(train), len(dev)) == (45, 5)
    assert {e.text for e in train.examples} | {e.text for e in dev.examples} == {e.text for e in whole.examples}
    assert train_and_dev(whole, None, seed=3)[1] == dev != train_and_dev(whole, None, seed=4)[1]
    assert len(sample(train, 7, seed=0)) == 7 and sample(train, 0, seed=0) is train
    with pytest.raises(ValueError, match="too few to split"):
        train_and_dev(sample(whole, 9, seed=0), None, seed=0)


def test_questions_are_split_by_passage():
    train, dev = train_and_dev(read_task_file(BUNDLED / "questions-train.json"), None, seed=0)
    assert not {e.passage for e in train.examples} & {e.passage for e in dev.examples}


def test_dev_files_must_fit(tmp_path):
    again = read_task_file(write(tmp_path, "again.csv", "text,label\na,x\nb,y\n"))
    train = read_task_file(write(tmp_path, "a.csv", "text,label\na,x\nb,y\n"))
    other = read_task_file(write(tmp_path, "b.csv", "text,label\na,x\nb,z\n"))
    with pytest.raises(ValueError, match="labels that the training file lacks: z"):
        train_and_dev(train, other, seed=0)
    with pytest.raises(ValueError, match="the same examples as the training file"):
        train_and_dev(train, again, seed=0)
    with pytest.raises(ValueError, match="is for classification, the dev file for questions"):
        train_and_dev(train, read_task_file(write(tmp_path, "c.json", squad())), seed=0)
