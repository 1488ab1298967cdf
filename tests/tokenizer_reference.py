"""The published tokenization of BERT, one character at a time and slow, and random text to compare on."""

import unicodedata

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ENGLISH = "the cat sat on ##s ##ting mat un ##want ##ed run ##ning caf cafe ##e don t"
VOCAB = SPECIALS + ENGLISH.split() + list(".,?!'-()5%") + list("我爱北京苹果，。")


def reference_words(text, lowercase):
    cleaned = ""
    for character in text:
        category = unicodedata.category(character)
        if ord(character) in (0, 0xFFFD):
            continue
        if character not in "\t\n\r" and category in ("Cc", "Cf"):
            continue
        cleaned += " " if character in " \t\n\r" or category == "Zs" else character
    spaced = ""
    for character in cleaned:
        code = ord(character)
        chinese = (
            0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0x20000 <= code <= 0x2A6DF
            or 0x2A700 <= code <= 0x2B73F or 0x2B740 <= code <= 0x2B81F or 0x2B820 <= code <= 0x2CEAF
            or 0xF900 <= code <= 0xFAFF or 0x2F800 <= code <= 0x2FA1F
        )
        spaced += " " + character + " " if chinese else character
    words = []
    for token in spaced.strip().split():
        if lowercase:
            decomposed = unicodedata.normalize("NFD", token.lower())
            token = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
        parts, begin_new = [], True
        for character in token:
            code = ord(character)
            ascii_sign = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
            if ascii_sign or unicodedata.category(character)[0] == "P":
                parts.append(character)
                begin_new = True
            elif begin_new:
                parts.append(character)
                begin_new = False
            else:
                parts[-1] += character
        words += parts
    return " ".join(words).split()


def reference_word_pieces(word, vocab, longest=200):
    if len(word) > longest:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        end = len(word)
        while start < end:
            candidate = ("##" if start else "") + word[start:end]
            if candidate in vocab:
                break
            end -= 1
        if start == end:
            return ["[UNK]"]
        pieces.append(candidate)
        start = end
    return pieces


def reference_pieces(text, vocab, lowercase, longest=200):
    pieces, plain, index = [], "", 0
    vocab = set(vocab)

    def flush():
        for word in reference_words(plain, lowercase):
            pieces.extend(reference_word_pieces(word, vocab, longest))

    while index < len(text):
        special = next((token for token in SPECIALS if text.startswith(token, index)), None)
        if special is None:
            plain += text[index]
            index += 1
        else:
            flush()
            pieces.append(special)
            plain = ""
            index += len(special)
    flush()
    return pieces


#: Google's last range of ideographs begins at U+2B820, the one in transformers' tokenizer at U+2B920.
LATE_IDEOGRAPHS = range(0x2B820, 0x2B920)


def transformers_differs(character):
    """Characters that transformers' tokenizer treats otherwise than Google's code does.

    It drops private use and unassigned code points (Co, Cn) that Google keeps; cannot take surrogates (Cs);
    lowers Σ to σ at the end of a word as well; and has one range of ideographs wrong (see LATE_IDEOGRAPHS).
    """
    category = unicodedata.category(character)
    return category in ("Co", "Cn", "Cs") or character == "Σ" or ord(character) in LATE_IDEOGRAPHS


POOLS = {
    "latin": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "accents": "éÉüÜñçßẞøŁłİıÅåǅốỆạ̈ŉſﬁæ½²",
    "marks": "\u0301\u0323\u0308\u0327\u0345\u0338\u20dd",
    "greek and cyrillic": "ΑΣσςΟΔάΐΩЖжйЙ\u0399\u1fbe\u037e\u0387\u1fef",
    "chinese": "我爱北京太阳升起的一是不了豈更㐀𠀀𪜀\U0002b740\U0002f800",
    "asian": "あいガパｶﾞ한국어각ㄱดีनमस्ते",
    "full width": "ＡＢｃ１２，。！？（）「」、《》",
    "signs": ".,!?'\"-_$+^`~|<>=#@[](){}/\\%&*:;¡¿—…“”·§¶",
    "space": "   \t\n\r\u00a0\u3000\u2003\u2028\u2029",
    "control": "\x00\x01\x0b\x0c\x1c\x1f\x7f\x85\u200b\u200d\u200e\ufeff\xad\ufffd",
    "emoji": "😀👍🏽❤\ufe0f👨\u200d👩",
    "reordered": "\u302e\U0001d165\U0001d15e\u302f\u0316",
    "unknown": "ქѪ\u0378\ue000\U000f0000\U0010ffff",
    "surrogate": "\ud800\udfff",
}


def random_text(rng, pools):
    parts = []
    for _ in range(rng.randint(0, 12)):
        kind = rng.random()
        if kind < 0.08:
            parts.append(rng.choice([*SPECIALS, "[mask]", "[MASK", "[[MASK]]", "[M\u200bASK]", "##a"]))
        elif kind < 0.1:
            parts.append(rng.choice("aé한") * rng.choice([99, 100, 101, 199, 200, 201, 250]))
        elif kind < 0.55:
            parts.append("".join(rng.choices(POOLS["latin"], k=rng.randint(1, 8))))
            parts.append(rng.choice(["", " "]))
        else:
            pool = POOLS[rng.choice(pools)]
            parts.append("".join(rng.choices(pool, k=rng.randint(1, 5))))
    return "".join(parts)


def fuzz_vocab(rng):
    """Most characters of the pools, some longer pieces, and the specials somewhere inside."""
    known = {}
    for name, pool in POOLS.items():
        if name not in ("unknown", "surrogate"):
            for lowercase in (True, False):
                for word in reference_words(" ".join(pool), lowercase):
                    known.update(dict.fromkeys(word))
    characters = list(known)
    pieces = {character: None for character in characters if rng.random() < 0.95}
    pieces.update({"##" + character: None for character in characters if rng.random() < 0.95})
    for _ in range(800):
        pieces[rng.choice(["", "##"]) + "".join(rng.choices(POOLS["latin"], k=rng.randint(2, 4)))] = None
    pieces["aa"] = pieces["##aaa"] = None
    vocab = list(pieces)
    for special in SPECIALS:
        vocab.insert(rng.randrange(len(vocab)), special)
    return vocab
