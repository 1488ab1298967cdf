"""Pretraining lab: start a run, watch it learn, ask it while it learns, compare runs."""

from pathlib import Path

import streamlit as st

from bert_tf.training import run_states
from ui import (
    common,
    html,
    pretraining_charts,
    pretraining_look,
    pretraining_runs,
    pretraining_start,
    run_settings,
    run_state,
    takeaway,
)
from ui.text import LANGUAGES, t

VIEWS = ["watch", "new"]
SHOWN = ["mlm_loss", "mlm_accuracy", "nsp_accuracy"]
BESIDE = ["learning_rate", "tokens_per_second"]
SECONDS_BETWEEN_LOOKS = 2.0
#: What the trainer says while it prepares; how much of it is done may follow behind a colon.
DOING = ("starting", "vocabulary", "shards", "words", "word2vec")


def show_numbers(state: run_states.RunState, last: dict, *, waiting: bool) -> None:
    """Draws the newest figures as large numbers; a run that goes on and has not been heard of yet has none."""
    colors = common.palette()
    time = (pretraining_runs.seconds_left(last), "pretraining.left") if state.active else (last["seconds"], "pretraining.trained")
    shown = [
        (f"{last['mlm_loss']:.2f}", t("pretraining.mlm_loss"), colors.a),
        (html.percent(last["mlm_accuracy"]), t("pretraining.mlm_accuracy"), colors.a),
        (html.percent(last["nsp_accuracy"]), t("pretraining.nsp_accuracy"), colors.b),
        (f"{last['tokens_per_second']:,.0f}", t("pretraining.tokens_per_second"), colors.soft),
        (run_state.clock(time[0]), t(time[1]), colors.soft)]
    st.html(html.numbers([("–", words, color) for _, words, color in shown] if waiting else shown))
    step, tokens = f"{last['step']:,}", f"{last['tokens']:,}"
    if waiting:
        st.caption(t("pretraining.goes_on_from", step=step, tokens=tokens))
    else:
        st.caption(t("pretraining.at", step=step, tokens=tokens, rate=run_state.decimal(last["learning_rate"])))


def doing_now(state: run_states.RunState, *, heard: bool) -> str | None:
    """Says what the trainer does while no new figures can come.

    Args:
        state: the run.
        heard: whether there are figures from since it was started, or resumed.
    """
    if state.state == "stopping":
        return t("pretraining.doing_checkpoint")
    if state.state == "running" and not heard:
        return t("pretraining.doing_first")
    doing = state.message.partition(":")[0]
    return t(f"pretraining.doing_{doing}") if state.state == "preparing" and doing in DOING else None


def show_curves(runs: list[tuple[str, list[dict]]]) -> None:
    """Draws every measure of the runs that have figures."""
    figures = {}
    time = common.choice(st.segmented_control, t("pretraining.time"), list(pretraining_charts.TIMES), key="time",
                         default="minutes", format_func={name: t(f"pretraining.{name}_axis") for name in pretraining_charts.TIMES}.get,
                         required=True, label_visibility="collapsed")
    if len(runs) > 1:
        st.html(html.legend([(color, name) for (name, _), color in
                             zip(runs, pretraining_charts.run_colors(common.palette()) * len(runs))]))
    main = st.container()
    for place, measures in ((main, SHOWN), (st.expander(t("pretraining.more_curves"), key="more_curves"), BESIDE)):
        for column, measure in zip(place.columns(len(measures), gap="medium"), measures):
            with column:
                st.markdown(f"**{t(f'pretraining.{measure}')}**",
                            help=t("pretraining.mlm_loss_help") if measure == "mlm_loss" else None)
                stamp = tuple((name, records[-1]["step"], records[-1]["seconds"], len(records)) for name, records in runs)
                figure = drawn(stamp, measure, time, t(f"pretraining.{time}_axis"), common.dark(), runs)
                common.show_chart(figure, f"curve_{measure}")
            figures[f"{t(f'pretraining.{measure}')} / {t(f'pretraining.{time}_axis')}"] = figure
    names = ", ".join(name for name, _ in runs)
    takeaway.offer("curves", table=lambda: curves_table(runs), html=lambda: takeaway.as_one_page(figures, names),
                   name=f"{runs[0][0]}-curves")


def curves_table(runs: list[tuple[str, list[dict]]]) -> takeaway.Table:
    """Returns what the curves are drawn from, one line a record."""
    rows = [(name, record) for name, records in runs for record in records]
    return {"run": [name for name, _ in rows]} | {
        column: [record[column] for _, record in rows] for column in ("step", "seconds", "tokens", *SHOWN, *BESIDE)}


@st.cache_data(max_entries=200, show_spinner=False)
def drawn(stamp: tuple, measure: str, time: str, unit: str, dark: bool, _runs: list):
    """Returns the chart of one measure, drawn once for all who look at the same figures; `stamp` tells them apart."""
    return pretraining_charts.curves(_runs, measure, time=time, unit=unit, dark=dark)


def show_live(paths: list[Path], known: str) -> None:
    """Draws what changes while the first run is at work; runs the whole page again when its state has changed."""
    path = paths[0]
    try:
        state = run_states.state_of(path)
    except FileNotFoundError:  # deleted in another tab
        st.rerun()
    if state.state != known:
        st.rerun()
    records = pretraining_runs.figures(path)
    waiting = bool(records) and (state.state == "preparing" or state.active and pretraining_runs.goes_on_unheard(path))
    doing = doing_now(state, heard=bool(records) and not waiting)
    run_state.show_state(state, doing=doing, died=t("pretraining.died"))
    st.progress(min(pretraining_runs.share_done(records[-1], state.length) if waiting else state.progress, 1.0))
    if records:
        show_numbers(state, records[-1], waiting=waiting)
    runs = [(one.name, found) for one in paths if (found := pretraining_runs.figures(one))]
    if runs:
        show_curves(runs)
    said = [t("pretraining.heldout", name=common.plain(heldout_words(path, record["heldout"])), step=f"{record['step']:,}",
              mlm=html.percent(record["mlm_accuracy"]), nsp=html.percent(record["nsp_accuracy"]))
            for record in pretraining_runs.heldout(path)]
    if said:
        st.caption("  \n".join([t("pretraining.heldout_head"), *said]))


def heldout_words(path: Path, name: str) -> str:
    """Returns what a held-out text is called: what belongs to a text of the program by its language."""
    ready, code = run_settings.ready_text(run_states.RunFolder(path).config()), name.removeprefix("heldout-")
    text = f"{ready}_{code}"
    return t(f"data.{text}") if ready and code in LANGUAGES and code != name else name


def watch(runs: list[run_states.RunState]) -> None:
    """Draws one run, with others to compare it with."""
    by_name = {run.name: run for run in runs}
    for key in ("run", "compare"):
        common.say_gone(key, list(by_name))
    left, right = st.columns([2, 3])
    with left:
        name = common.choice(st.selectbox, t("pretraining.run"), list(by_name), key="run", default=runs[0].name)
    with right:
        st.session_state.compare = [one for one in st.session_state.get("compare", []) if one in by_name and one != name]
        others = st.multiselect(t("pretraining.compare"), [one for one in by_name if one != name], key="compare",
                                bind="query-params", placeholder=t("pretraining.compare_none"), max_selections=5)
    state = by_name[name]
    every = SECONDS_BETWEEN_LOOKS if state.active else None
    run_state.show_controls(state, key="run")
    watched = [state.path, *(by_name[one].path for one in others)]
    st.fragment(show_live, run_every=every)(watched, state.state)
    run_settings.show(watched)
    st.subheader(t("pretraining.answers"), anchor=False)
    st.fragment(pretraining_look.show, run_every=every and 2 * every)(state.path)
    st.caption(t("pretraining.everywhere", name=common.plain(name)))
    st.page_link("ui/pages/finetuning.py", label=t("tune.from_pretraining"), icon=":material/school:")


common.start("pretraining")
run_state.show_refusal()
found = run_states.list_runs()
view = common.choice(st.segmented_control, t("pretraining.view"), VIEWS, key="lab", default="watch" if found else "new",
                     format_func={name: t(f"pretraining.{name}") for name in VIEWS}.get, required=True,
                     label_visibility="collapsed")
if view == "new":
    pretraining_start.show()
elif found:
    watch(found)
else:
    st.info(t("pretraining.no_runs"), icon=":material/add_circle:")
