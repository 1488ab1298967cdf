"""The app: navigation only. Start it with `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

from ui import common, models
from ui.text import t

HERE = Path(__file__).resolve().parent

st.set_page_config(page_title="BERT", page_icon=HERE / "ui/assets/icon.png", layout="wide")
st.logo(HERE / "ui/assets/icon.png", size="large")
common.frame()
page = st.navigation([
    st.Page(HERE / "ui/pages/home.py", title=t("home.name"), icon=":material/home:", default=True),
    st.Page(HERE / "ui/pages/fill_mask.py", title=t("fill.name"), icon=":material/edit_note:",
            url_path="fill_mask"),
    st.Page(HERE / "ui/pages/sentence_pair.py", title=t("pair.name"), icon=":material/compare_arrows:",
            url_path="sentence_pair"),
    st.Page(HERE / "ui/pages/attention.py", title=t("attention.name"), icon=":material/hub:",
            url_path="attention"),
    st.Page(HERE / "ui/pages/words_in_context.py", title=t("words.name"), icon=":material/scatter_plot:",
            url_path="words_in_context"),
])
common.language_in_address()
models.sidebar()
page.run()
