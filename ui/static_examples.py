"""Words and analogies to click on the word2vec page; every analogy works with the bundled vectors."""

NEAR = {"en": ["king", "river", "doctor", "bank", "monday"], "zh": ["医生", "苹果", "周一", "河边", "国王"]}

#: (a, b, c, the answer): a is to b as c is to the answer
ANALOGIES = {
    "en": [("man", "king", "woman", "queen"), ("brother", "sister", "son", "daughter"), ("good", "better", "bad", "worse"),
           ("go", "went", "see", "saw"), ("france", "paris", "germany", "berlin"), ("man", "actor", "woman", "actress")],
    "zh": [("男", "女", "父亲", "母亲"), ("哥哥", "姐姐", "弟弟", "妹妹"), ("美国", "美元", "日本", "日元"),
           ("学校", "老师", "医院", "医生"), ("早上", "晚上", "早饭", "晚饭"), ("美国", "总统", "英国", "首相")],
}

LISTS = {
    "en": ["king queen man woman boy girl father mother son daughter", "monday tuesday friday january march june spring winter",
           "dog cat horse cow apple bread cheese soup car train ship"],
    "zh": ["父亲 母亲 儿子 女儿 哥哥 姐姐 爷爷 奶奶 男人 女人", "北京 上海 南京 美国 英国 日本 法国 德国 伦敦 纽约",
           "牛 羊 马 狗 苹果 白菜 羊肉 汽车 火车 飞机"],
}


def first(code: str) -> dict[str, str]:
    """Returns what stands in the inputs of the page at first, in a language."""
    a, b, c, _ = ANALOGIES[code][0]
    return {"static_word": NEAR[code][0], "static_a": a, "static_b": b, "static_c": c, "static_list": LISTS[code][0]}
