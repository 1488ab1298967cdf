"""What a fine-tuning has come to: figures of both twins, who is taken for whom, and mistakes to read."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui import common, finetuning_charts, finetuning_html, html, takeaway
from ui.finetuning_examples import kind_words, mine_first, wrong_card
from ui.finetuning_runs import TWINS, gap, outcomes, result
from ui.text import comma, listed, t

#: The figures of each task, the one that decides first.
SCORES = {"classification": ("accuracy", "macro_f1"), "pairs": ("accuracy", "macro_f1"),
          "tagging": ("entity_f1", "entity_precision", "entity_recall", "accuracy"), "questions": ("f1", "exact_match")}
WRONG_AT_ONCE = 10


def twin_names() -> dict[str, str]:
    """Returns what the twins are called."""
    return {twin: t(f"tune.{twin}") for twin in TWINS}


def score_words(name: str, task: str) -> str:
    """Returns what a score is called; the accuracy of tagging counts tags."""
    return t(f"tune.score_{'tag_accuracy' if (name, task) == ('accuracy', 'tagging') else name}")


def twin_legend(twins) -> str:
    """Draws which twin has which colour."""
    names, colors = twin_names(), common.palette()
    return html.legend([(finetuning_charts.twin_color(twin, colors), names[twin]) for twin in twins])


def show_figures(path: Path) -> None:
    """Draws the figures on the dev examples, both twins side by side."""
    found = result(path)
    if found is None:
        st.info(t("tune.no_result"), icon=":material/hourglass_top:")
        return
    twins, names, colors = found["twins"], twin_names(), common.palette()
    st.markdown(reading(found))
    scores = SCORES[found["task"]]
    rows = [[names[twin], *(html.percent(entry["figures"][score]) for score in scores), f"{entry['epoch']:.1f}"]
            for twin, entry in twins.items()]
    grounds = [finetuning_charts.twin_color(twin, colors) for twin in twins]
    if found["largest_class"]:
        rows.append([t("tune.always_same"), html.percent(found["largest_class"]), *[""] * len(scores)])
        grounds.append(colors.faint)
    headers = ["", *(score_words(score, found["task"]) for score in scores), t("tune.best_epoch")]
    st.html(finetuning_html.comparison(headers, rows, grounds))
    if "macro_f1" in scores:
        st.caption(t("tune.macro_f1_note"))
    if "per_class" in twins[TWINS[0]]["figures"]:
        show_classes(twins, found["task"])
    if "confusion" in twins[TWINS[0]]["figures"]:
        show_confusion(twins, found["labels"])
    st.caption(" ".join(notes(found)))
    takeaway.offer("tune_figures", table=lambda: figures_table(found), name=f"{path.name}-figures")
    if found["state"] == "finished":
        show_by_examples(path, found)


def show_by_examples(path: Path, found: dict) -> None:
    """Draws how the score depends on the number of examples, from all runs on this set."""
    st.markdown(f"**{t('tune.by_examples')}**")
    runs, names = outcomes(path), twin_names()
    if len({run.examples for run in runs}) < 2:
        st.caption(t("tune.by_examples_hint"))
        return
    floor = (found["largest_class"], t("tune.always_same")) if found["largest_class"] else None
    figure = finetuning_charts.by_examples(runs, names, unit=t("tune.examples"), floor=floor, dark=common.dark(),
                                           score=score_words(found["score_name"], found["task"]))
    st.html(twin_legend([twin for twin in TWINS if any(twin in run.scores for run in runs)]))
    common.show_chart(figure, "tune_by_examples")
    st.caption(t("tune.by_examples_note", count=len(runs)))
    takeaway.offer("tune_by_examples", figure, {
        "run": [run.run for run in runs], "examples": [run.examples for run in runs],
        **{twin: [run.scores.get(twin) for run in runs] for twin in TWINS}}, name=f"{path.name}-by-examples")


def reading(found: dict) -> str:
    """Says in words what the figures are worth."""
    apart, score = gap(found), score_words(found["score_name"], found["task"])
    mine = html.percent(found["twins"][TWINS[0]]["figures"][found["score_name"]])
    if apart is None:
        return t("tune.reads_alone", score=score, mine=mine)
    other = html.percent(found["twins"][TWINS[1]]["figures"][found["score_name"]])
    points = {"score": score, "mine": mine, "other": other, "gap": f"{100 * abs(apart.size):.1f}",
              "chance": f"{100 * apart.chance:.1f}", "dev": found["examples"]["dev"]}
    if not apart.beats_guessing:
        return t("tune.reads_guessing", largest=html.percent(found["largest_class"]), **points)
    if not apart.clear:
        return t("tune.reads_close", **points)
    return t("tune.reads_ahead" if apart.size > 0 else "tune.reads_behind", **points)


def show_classes(twins: dict, task: str) -> None:
    """Draws F1, precision and recall of every class or kind of entity, both twins side by side."""
    lines = {twin: {row["label"]: row for row in entry["figures"]["per_class"]} for twin, entry in twins.items()}
    labels = list(dict.fromkeys(label for rows in lines.values() for label in rows))
    names = twin_names()
    headers = [t("tune.kind" if task == "tagging" else "tune.label"), t("tune.count")]
    for twin in twins:
        headers += [f"{t('tune.f1')}{comma()}{names[twin]}", f"{t('tune.precision')} · {t('tune.recall')}"]
    rows = []
    for label in labels:
        support = max(rows_of[label]["support"] for rows_of in lines.values() if label in rows_of)
        cells = []
        for twin in twins:
            f1, precision, recall = (html.percent(lines[twin].get(label, {}).get(name, 0.0))
                                     for name in ("f1", "precision", "recall"))
            cells += [f1, f"{precision} · {recall}"]
        rows.append([kind_words(label), f"{support:,}", *cells])
    st.html(html.table(headers, rows))


def show_confusion(twins: dict, labels: list[str]) -> None:
    """Draws which label was taken for which, both twins side by side."""
    names = twin_names()
    for column, (twin, entry) in zip(st.columns(len(twins), gap="large"), twins.items()):
        with column:
            st.markdown(f"**{names[twin]}**")
            common.show_chart(finetuning_charts.confusion(
                entry["figures"]["confusion"], list(map(kind_words, labels)), expected=t("tune.expected"), predicted=t("tune.predicted"),
                dark=common.dark()), f"tune_confusion_{twin}")


def notes(found: dict) -> list[str]:
    """Says what else one should know about the figures."""
    said = [t("tune.note_dev", dev=f"{found['examples']['dev']:,}", train=f"{found['examples']['train']:,}")]
    if found["cut"]["train"] or found["cut"]["dev"]:
        said.append(t("tune.note_cut", train=f"{found['cut']['train']:,}", dev=f"{found['cut']['dev']:,}",
                      length=found["training"]["max_length"]))
    early = [name for twin, name in twin_names().items() if found["twins"].get(twin, {}).get("stopped_early")]
    if early:
        said.append(t("tune.note_early", names=listed(early)))
    return said


def figures_table(found: dict) -> takeaway.Table:
    """Returns every single figure as one line: twin, figure, label or nothing, value."""
    lines = []
    for twin, entry in found["twins"].items():
        lines += [(twin, name, "", entry["figures"][name]) for name in SCORES[found["task"]]]
        lines += [(twin, name, row["label"], row[name]) for row in entry["figures"].get("per_class", [])
                  for name in ("precision", "recall", "f1", "support")]
    return dict(zip(("twin", "figure", "label", "value"), map(list, zip(*lines))))


def show_wrong(path: Path) -> None:
    """Draws dev examples that a twin got wrong: those in the visitor's language, then of which it was surest."""
    found = result(path)
    if found is None:
        st.info(t("tune.no_result"), icon=":material/hourglass_top:")
        return
    twins = [twin for twin in TWINS if twin in found["twins"]]
    twin = common.choice(st.segmented_control, t("tune.whose"), twins, key="tune_whose", default=twins[0],
                         format_func=twin_names().get, required=True, label_visibility="collapsed")
    wrong = found["twins"][twin]["wrong"]
    if not wrong:
        st.success(t("tune.nothing_wrong"), icon=":material/check:")
        return
    pages = list(range(1, -(-len(wrong) // WRONG_AT_ONCE) + 1))
    page = common.choice(st.segmented_control, t("tune.page"), pages, key="tune_page", default=1, required=True,
                         label_visibility="collapsed") if len(pages) > 1 else 1
    kinds = [label.removeprefix("B-") for label in found["labels"] if label.startswith("B-")]
    ordered = mine_first(wrong, lambda entry: entry.get("text") or entry["question"])
    shown = ordered[(page - 1) * WRONG_AT_ONCE:page * WRONG_AT_ONCE]
    st.html("".join(wrong_card(entry, found["task"], kinds, common.palette()) for entry in shown))
    takeaway.offer("tune_wrong", table=lambda: wrong_table(wrong), name=f"{path.name}-wrong")


def wrong_table(wrong: list[dict]) -> takeaway.Table:
    """Returns mistakes as columns; entities and answers are written out."""
    def written(value):
        if not isinstance(value, list):
            return value
        return "; ".join(one if isinstance(one, str) else f"{one['label']}: {one['text']}" for one in value)

    return {name: [written(entry[name]) for entry in wrong] for name in wrong[0]}
