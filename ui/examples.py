"""Sentences to click, written for this app, in English and Chinese for every page."""

from __future__ import annotations

from dataclasses import dataclass

from ui import pretraining_examples, static_examples

FILL = {
    "en": ["I drank a cup of [MASK].", "She went to the bank to borrow some [MASK].",
           "He opened the door and [MASK] into the room.", "He opened the [MASK] and walked into the [MASK]."],
    "zh": ["今天天[MASK]很好，我们去公园吧。", "这家酒店的服[MASK]很好，房间也很干净。", "我每天早上喝一杯牛[MASK]。",
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
    "zh": [("接下来", "夜深了，天上下起了大雨。", "雨点打在窗户上，发出啪啪的响声。"),
           ("毫不相干", "夜深了，天上下起了大雨。", "这家银行提高了贷款的利率。"),
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


#: Chosen to teach: the word stands at like places in the sentences of both senses, so that nothing sets the senses apart
#: before there is context, and the bundled model tells them apart in the end. How often it does is measured on the sets
#: of `bert_tf.sense_sets`, where nothing was chosen.
WORD_SETS = {
    "en": [
        WordSet("bank", ("money", "river"), (
            ("The bank lent him money for a house.", "My bank charges a fee for every transfer.",
             "The manager of the bank refused the loan.", "The bank pays a low rate of interest."),
            ("The bank of the river was covered with grass.", "The boat drifted to the bank of the stream.",
             "Trees grew along the muddy bank of the river.", "A steep bank of mud led down to the water."))),
        WordSet("spring", ("season", "coil"), (
            ("Spring came late after a long cold winter.", "The flowers open early in spring.",
             "Last spring we planted apple trees.", "In spring the days grow longer and warmer."),
            ("A steel spring pushes the door shut.", "This lock is closed by a strong spring.",
             "The wheel hangs on a spring of steel.", "A small spring holds the pen together."))),
        WordSet("mouse", ("animal", "computer"), (
            ("The owl caught a mouse.", "The cat caught a mouse in the field.",
             "A mouse ran over the floor.", "The snake swallowed a mouse."),
            ("The computer has a keyboard and a mouse.", "Click on the file with the mouse.",
             "Use the keyboard or the mouse.", "Click the left button of the mouse."))),
        WordSet("light", ("lamp", "not heavy"), (
            ("The light of the lamp was very bright.", "Please turn on the light in the hall.",
             "A bright light shone in the dark.", "We saw the light of a fire in the distance."),
            ("This bicycle is light and easy to lift.", "The bag was light enough to carry with one hand.",
             "The box is light because it is empty.", "The basket was very light."))),
    ],
    "zh": [
        WordSet("苹果", ("水果", "公司"), (
            ("树上的苹果熟了。", "我早上吃了一个苹果。", "这个苹果太酸了。", "他给孩子削了一个苹果。"),
            ("苹果发布了一款新手机。", "新款苹果手机卖得很好。", "很多用户都在等苹果的新系统和软件。", "苹果和微软都是科技公司。"))),
        WordSet("小米", ("粮食", "公司"), (
            ("小米煮熟以后又香又软。", "早饭我喝了一碗小米粥。", "农民在田里种小米和玉米。", "她用小米熬了一锅粥。"),
            ("小米推出了新的智能手机。", "这款小米路由器卖得很好。", "小米和华为都是手机品牌。", "今年的小米手机很便宜。"))),
        WordSet("杜鹃", ("花", "鸟"), (
            ("山上开满了红色的杜鹃。", "她在院子里种了一盆杜鹃。", "这种杜鹃的花瓣是白色的。", "院子里的杜鹃比玫瑰开得早。"),
            ("杜鹃在树林里不停地叫。", "清晨他听到了杜鹃的叫声。", "黄昏，杜鹃和乌鸦都飞回林中。", "一只杜鹃飞过田野。"))),
        WordSet("包袱", ("行李", "负担"), (
            ("包袱里有两件旧衣服。", "他背着一个蓝布包袱上路了。", "老人放下肩上的包袱休息。", "那个包袱里装着干粮。"),
            ("不要有思想包袱，放松一点。", "失败成了他心里的包袱。", "国家要减轻企业的包袱。", "他放下了心理包袱。"))),
    ],
}


#: Words with two senses in the teaching stories.
LAB_SETS = {code: [WordSet(*entry) for entry in entries] for code, entries in pretraining_examples.SENSES.items()}

#: language -> page -> what stands in its inputs at first.
FIRST = {
    code: {
        "fill": {"sentence": FILL[code][1]},
        "pair": {"first": PAIRS[code][0][1], "second": PAIRS[code][0][2]},
        "attention": {"look": ATTENTION[code][0][0], "look_second": ATTENTION[code][0][1]},
        "heads": {"work_text": HEADS[code][0][0], "work_second": HEADS[code][0][1]},
        "onehead": {"look": ATTENTION[code][0][0], "look_second": ATTENTION[code][0][1]},
        "pretraining": {"lab_fill": pretraining_examples.FILLS[code], "lab_look": pretraining_examples.LOOK[code],
                        "lab_word": LAB_SETS[code][0].word, "lab_senses": LAB_SETS[code][0].text()},
        "data": {"data_text": pretraining_examples.TEXTS[code]},
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
