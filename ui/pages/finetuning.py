"""Fine-tuning lab: teach a BERT a task by examples, beside a twin that was never pretrained, and try it."""

from pathlib import Path

import streamlit as st

from bert_tf.training import launch, run_states
from ui import (
    common,
    finetuning_charts,
    finetuning_runs,
    finetuning_start,
    finetuning_try,
    finetuning_views,
    html,
    pretraining_runs,
    run_settings,
    run_state,
)
from ui.text import t

VIEWS = ["watch", "new"]
PARTS = {"figures": finetuning_views.show_figures, "wrong": finetuning_views.show_wrong, "try": finetuning_try.show}
SECONDS_BETWEEN_LOOKS = 2.0
#: What the trainer says while it prepares.
DOING = ("starting", "examples", "network", "tokens")


def show_live(path: Path, known: str) -> None:
    """Draws what changes while the run is at work; runs the whole page again when its state has changed."""
    try:
        state = run_states.state_of(path)
    except FileNotFoundError:  # deleted in another tab
        st.rerun()
    if state.state != known:
        st.rerun()
    curves = finetuning_runs.curves(path)
    doing = state.message if state.state == "preparing" and state.message in DOING else None
    if state.state == "stopping":
        doing = "last_look"
    elif state.state == "running" and not curves.last:
        doing = "first"
    run_state.show_state(state, doing=doing and t(f"tune.doing_{doing}"), died=t("tune.died"))
    st.progress(min(state.progress, 1.0))
    if curves.last:
        show_numbers(state, curves)
        show_curves(path, curves)


def show_numbers(state: run_states.RunState, curves: finetuning_runs.Curves) -> None:
    """Draws the newest figures as large numbers."""
    colors, last = common.palette(), curves.last
    entries = []
    for twin, name in finetuning_views.twin_names().items():
        if twin in curves.steps:
            entries.append((f"{curves.steps[twin][-1]['loss']:.2f}", t("tune.loss_of", name=name),
                            finetuning_charts.twin_color(twin, colors)))
    time = (pretraining_runs.seconds_left(last), "pretraining.left") if state.active else (last["seconds"], "pretraining.trained")
    st.html(html.numbers([
        *entries, (f"{last['epoch']:.1f}", t("tune.epoch"), colors.soft),
        (f"{last['examples_per_second']:,.0f}", t("tune.speed"), colors.soft),
        (run_state.clock(time[0]), t(time[1]), colors.soft)]))


def show_curves(path: Path, curves: finetuning_runs.Curves) -> None:
    """Draws loss, accuracy and the dev figure of both twins."""
    names, task = finetuning_views.twin_names(), launch.RunFolder(path).config()["training"]["task"]
    score = finetuning_views.SCORES[task][0]
    found = finetuning_runs.result(path)
    floor = (found["largest_class"], t("tune.always_same")) if found and found["largest_class"] else None
    st.html(finetuning_views.twin_legend(curves.steps))
    shown = [("loss", curves.steps, t("tune.loss"), {"share": False}),
             ("accuracy", curves.steps, t("tune.train_accuracy"), {"share": True}),
             (score, curves.looks, t("tune.dev_score", score=finetuning_views.score_words(score, task)),
              {"share": True, "floor": floor, "dots": True})]
    for column, (measure, records, title, look) in zip(st.columns(len(shown), gap="medium"), shown):
        with column:
            st.markdown(f"**{title}**")
            common.show_chart(finetuning_charts.curves(records, measure, names, epoch=t("tune.epoch"), **look,
                                                       dark=common.dark()), f"tune_curve_{measure}_{len(look)}")


def watch(runs: list[run_states.RunState]) -> None:
    """Draws one run."""
    by_name = {run.name: run for run in runs}
    common.say_gone("tune_run", list(by_name))
    common.settle("tune_run", list(by_name), runs[0].name)
    name = st.selectbox(t("pretraining.run"), list(by_name), key="tune_run", persist_state="session")
    if st.query_params.get("tune_run") != name:  # also the newest: tomorrow it may be another
        st.query_params["tune_run"] = name
    state = by_name[name]
    every = SECONDS_BETWEEN_LOOKS if state.active else None
    run_state.show_controls(state, key="tune_run", stop_help=t("tune.stop_help"))
    st.fragment(show_live, run_every=every)(state.path, state.state)
    run_settings.show([state.path])
    part = common.choice(st.segmented_control, t("pretraining.view"), list(PARTS), key="tune_view", default="figures",
                         format_func={name: t(f"tune.view_{name}") for name in PARTS}.get, required=True,
                         label_visibility="collapsed")
    st.fragment(PARTS[part], run_every=every and part != "try" and 2 * every or None)(state.path)


common.start("tune")
run_state.show_refusal()
found = run_states.list_runs(kind="finetuning")
view = common.choice(st.segmented_control, t("pretraining.view"), VIEWS, key="tune", default="watch" if found else "new",
                     format_func={name: t(f"tune.{name}") for name in VIEWS}.get, required=True,
                     label_visibility="collapsed")
if view == "new":
    finetuning_start.show()
elif found:
    watch(found)
else:
    st.info(t("tune.no_runs"), icon=":material/add_circle:")
