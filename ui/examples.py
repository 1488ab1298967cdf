"""Sentences to click, written for this app, in English and Chinese for every page."""

from __future__ import annotations

from dataclasses import dataclass

from ui import lab_examples, static_examples

FILL = {
    "en": ["The [MASK] sat on the mat.", "She went to the bank to borrow some [MASK].",
           "He opened the door and [MASK] into the room.", "He opened the [MASK] and walked into the [MASK]."],
    "zh": ["今天天[MASK]很好，我们去公园吧。", "这家酒店的服[MASK]很好，房间也很干净。", "他是一名医[MASK]，在医院工作。",
           "我[MASK]欢吃苹[MASK]。"],
}

#: (short name, first sentence, second sentence)
PAIRS = {
    "en": [("What happened next", "The sun was going down behind the hills.",
            "The sky turned red and the birds fell silent."),
           ("A stranger", "The sun was going down behind the hills.",
            "The company reported higher profits this quarter."),
           ("A recipe", "Preheat the oven and butter the dish.", "Then bake the cake for forty minutes."),
           ("Same topic, no link", "The match ended in a draw.", "Football was first played in schools.")],
    "zh": [("接下来", "太阳慢慢升起来了。", "天空渐渐变亮，鸟儿开始歌唱。"),
           ("毫不相干", "太阳慢慢升起来了。", "公司公布了今年的财务报告。"),
           ("一份菜谱", "先把锅烧热，倒入一点油。", "然后放入鸡蛋，炒到金黄。"),
           ("话题相同，并不相连", "这场比赛最后打成平局。", "足球最早在学校里流行起来。")],
}

#: (first sentence, second sentence or nothing)
ATTENTION = {
    "en": [("I sat on the bank and watched the river.", ""),
           ("The animal did not cross the street because it was too tired.", ""),
           ("My sister plays the piano.", "She practises every evening.")],
    "zh": [("我坐在河边看着船慢慢开过。", ""), ("小猫没有过马路，因为它太累了。", ""),
           ("我姐姐会弹钢琴。", "她每天晚上都练习。")],
}

#: (first sentence, second sentence or nothing), something to fill in in each
HEADS = {
    "en": [("She went to the bank to borrow some [MASK].", ""), ("The cat drank the [MASK] and fell asleep.", ""),
           ("My sister plays the piano.", "She [MASK] every evening.")],
    "zh": [("今天天[MASK]很好，我们去公园吧。", ""), ("他是一名医[MASK]，在医院工作。", ""),
           ("太阳慢慢升起来了。", "天空渐渐变[MASK]，鸟儿开始歌唱。")],
}


@dataclass(frozen=True)
class WordSet:
    """A word with two senses, and four sentences for each.

    Attributes:
        word: as it stands in the sentences.
        senses: what the two senses are, in few words.
        sentences: the sentences of the one and of the other.
    """

    word: str
    senses: tuple[str, str]
    sentences: tuple[tuple[str, ...], tuple[str, ...]]

    def text(self) -> str:
        """All sentences, one a line."""
        return "\n".join(self.sentences[0] + self.sentences[1])

    def sense_of(self, sentence: str) -> int | None:
        """Which sense (0 or 1) a sentence of this set uses; None for any other sentence."""
        return next((i for i, group in enumerate(self.sentences) if sentence in group), None)


WORD_SETS = {
    "en": [
        WordSet("bank", ("money", "river"), (
            ("She put her savings in the bank.", "The bank lent him money for a house.",
             "He opened an account at the bank on Monday.", "The bank charges a fee for every transfer."),
            ("We sat on the bank and watched the river.", "The boat drifted to the bank of the stream.",
             "Trees grew along the muddy bank of the river.", "He climbed up the bank out of the water."))),
        WordSet("spring", ("season", "coil"), (
            ("The flowers open early in spring.", "Last spring we planted apple trees.",
             "In spring the days grow longer and warmer.", "After a cold winter spring came at last."),
            ("The spring in the old clock is broken.", "A steel spring pushes the door shut.",
             "He pressed the spring and it jumped out of the pen.",
             "The mattress has a loose spring in the middle."))),
        WordSet("mouse", ("animal", "computer"), (
            ("The cat chased the mouse across the kitchen.", "A little grey mouse ate the cheese.",
             "The mouse ran into a hole in the wall.", "An owl caught a mouse in the field."),
            ("Click the left button of the mouse.", "Move the mouse to the corner of the screen.",
             "My computer has a wireless mouse and a keyboard.", "He plugged the mouse into the laptop."))),
        WordSet("light", ("lamp", "not heavy"), (
            ("Please turn on the light in the hall.", "The light of the lamp was very bright.",
             "A ray of light fell through the window.", "The light from the street kept him awake."),
            ("The bag was light enough to carry with one hand.",
             "This bicycle is very light and easy to lift.",
             "She wore a light coat that weighed almost nothing.",
             "The box is light because it is empty."))),
    ],
    "zh": [
        WordSet("苹果", ("水果", "公司"), (
            ("我早上吃了一个苹果。", "树上的苹果又红又甜。", "妈妈买了三斤苹果和香蕉。", "苹果含有丰富的维生素。"),
            ("苹果发布了新款手机。", "苹果和华为哪个牌子好？", "我的苹果电脑运行很快。", "苹果公司的股票上涨了。"))),
        WordSet("小米", ("粮食", "公司"), (
            ("早饭我喝了一碗小米粥。", "农民在田里种小米和玉米。", "小米煮熟以后又香又软。", "这袋小米是从老家带来的。"),
            ("小米推出了新的智能手机。", "我用的是小米的路由器。", "小米和华为都是手机品牌。", "小米公司开了新闻发布会。"))),
        WordSet("杜鹃", ("花", "鸟"), (
            ("山上开满了红色的杜鹃花。", "公园里的杜鹃开得正艳。", "春天杜鹃和桃花一起开放。", "她在院子里种了一盆杜鹃。"),
            ("杜鹃在树林里不停地叫。", "一只杜鹃飞过田野。", "杜鹃把蛋下在别的鸟的巢里。", "清晨听到杜鹃和喜鹊的叫声。"))),
        WordSet("包袱", ("行李", "负担"), (
            ("他背着一个蓝布包袱上路了。", "她把衣服包成一个包袱。", "包袱里有两件旧衣服。", "老人放下肩上的包袱休息。"),
            ("不要有思想包袱，放松一点。", "失败成了他心里的包袱。", "我们要丢掉历史的包袱。", "沉重的债务是公司的包袱。"))),
    ],
}


#: Words with two senses in the teaching stories.
LAB_SETS = {code: [WordSet(*entry) for entry in entries] for code, entries in lab_examples.SENSES.items()}

#: language -> page -> what stands in its inputs at first.
FIRST = {
    code: {
        "fill": {"sentence": FILL[code][1]},
        "pair": {"first": PAIRS[code][0][1], "second": PAIRS[code][0][2]},
        "attention": {"look": ATTENTION[code][0][0], "look_second": ATTENTION[code][0][1]},
        "heads": {"work_text": HEADS[code][0][0], "work_second": HEADS[code][0][1]},
        "onehead": {"look": ATTENTION[code][0][0], "look_second": ATTENTION[code][0][1]},
        "pretraining": {"lab_fill": lab_examples.FILLS[code], "lab_look": lab_examples.LOOK[code],
                        "lab_word": LAB_SETS[code][0].word, "lab_senses": LAB_SETS[code][0].text()},
        "data": {"data_text": lab_examples.TEXTS[code]},
        "tune": {},  # what stands there depends on the run
        "words": {"word": WORD_SETS[code][0].word, "sentences": WORD_SETS[code][0].text()},
        "static": static_examples.first(code),
    }
    for code in ("en", "zh")
}


def word_set(word: str) -> WordSet | None:
    """Returns the ready set of a word, in whichever language it is."""
    every = (entry for entries in WORD_SETS.values() for entry in entries)
    return next((entry for entry in every if entry.word == word.lower()), None)
