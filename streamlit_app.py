"""The app: navigation only. Start it with `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

from ui import common, models
from ui.text import t

HERE = Path(__file__).resolve().parent

st.set_page_config(page_title="BERT", page_icon=HERE / "ui/assets/icon.png", layout="wide")
st.logo(HERE / "ui/assets/icon.png", size="large")
common.frame()
page = st.navigation({
    "": [
        st.Page(HERE / "ui/pages/home.py", title=t("home.name"), icon=":material/home:", default=True),
    ],
    t("app.section_ask"): [
        st.Page(HERE / "ui/pages/fill_mask.py", title=t("fill.name"), icon=":material/edit_note:", url_path="fill_mask"),
        st.Page(HERE / "ui/pages/sentence_pair.py", title=t("pair.name"), icon=":material/compare_arrows:",
                url_path="sentence_pair"),
    ],
    t("app.section_inside"): [
        st.Page(HERE / "ui/pages/attention.py", title=t("attention.name"), icon=":material/hub:", url_path="attention"),
        st.Page(HERE / "ui/pages/heads_at_work.py", title=t("heads.name"), icon=":material/toggle_off:",
                url_path="heads_at_work"),
        st.Page(HERE / "ui/pages/one_head.py", title=t("onehead.name"), icon=":material/calculate:", url_path="one_head"),
    ],
    t("app.section_meaning"): [
        st.Page(HERE / "ui/pages/words_in_context.py", title=t("words.name"), icon=":material/scatter_plot:",
                url_path="words_in_context"),
        st.Page(HERE / "ui/pages/static_words.py", title=t("static.name"), icon=":material/linear_scale:",
                url_path="static_words"),
    ],
    t("app.section_training"): [
        st.Page(HERE / "ui/pages/training_data.py", title=t("data.name"), icon=":material/casino:",
                url_path="training_data"),
        st.Page(HERE / "ui/pages/pretraining.py", title=t("pretraining.name"), icon=":material/model_training:",
                url_path="pretraining"),
        st.Page(HERE / "ui/pages/finetuning.py", title=t("tune.name"), icon=":material/school:", url_path="finetuning"),
    ],
})
common.language_in_address()
models.sidebar()
page.run()
