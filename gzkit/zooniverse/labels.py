"""Texts that volunteers read on Zooniverse, cleaned and shortened to names of questions and answers."""

import difflib
import html
import re
import unicodedata
from functools import lru_cache

from gzkit.schema.build import NOT_IN_TEXTS

IMAGE = re.compile(r"!\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)")
LINK = re.compile(r"\[([^\]]+)\]\((?:[^()]|\([^()]*\))*\)")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
EMPHASIS = re.compile(r"\*+|__+|~~+|`+|(?<!\w)_(?=\w)|(?<=\w)_(?!\w)|^\s*#+\s", re.MULTILINE)
WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
SIGNS = {"+": " plus ", "&": " and ", "%": " percent ", "<": " less than ", ">": " more than "}
SPELLED = str.maketrans(SIGNS | dict.fromkeys("'’", ""))

# words that say nothing about what is asked
FILLER = set(
    re.findall(
        r"\w+",
        """a an and any appear appears are at be by can compared could do does for from galaxy has have how if image in
        is it its like object of on our please rest see should show sign signs simply so than that the their there these
        they this through to us was we were what which with would you your""",
    )
)
CLOSE_WORDING = 0.9  # "center" and "centre", "a sign" and "any sign"
CLOSE_WORD = 0.8  # "center" and "centre", "bar" and "bars"
REMEMBERED = 4096  # texts: those of a workflow come again with every classification
QUESTION_WORDS = 4
ANSWER_WORDS = 6


def clean_label(text):
    """What a volunteer reads of a label: no image, no Markdown or HTML, no entities, single spaces.

    Parameters
    ----------
    text : str
        As the workflow or the export has it.

    Returns
    -------
    str
        A label that is nothing but an image becomes the image's name.

    Examples
    --------
    >>> clean_label("![smooth.png](https://example.org/a.png =60x) **Smooth** &amp; [round](https://example.org)")
    'Smooth & round'
    """
    return _clean(str(text))


@lru_cache(maxsize=REMEMBERED)
def _clean(text):
    names = " ".join(name.rsplit(".", 1)[0] for name in IMAGE.findall(text))
    return _strip_markup(IMAGE.sub(" ", text)) or _strip_markup(names.replace("_", " "))


def _strip_markup(text):
    text = TAG.sub(" ", LINK.sub(r"\1", text))
    text = NOT_IN_TEXTS.sub("", html.unescape(EMPHASIS.sub("", text)))
    return " ".join(unicodedata.normalize("NFKC", text).split())


def squash(text):
    """A label's letters and digits alone, for comparing wordings: ``"Yes -  Edge On"`` equals ``"yes - edge-on"``.

    Signs that matter stay, as words: ``"4+"`` is not ``"4"``, and ``"> 4"`` equals ``"More than 4"``.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The cleaned text itself if it has neither letter nor digit.

    Examples
    --------
    >>> squash("In between") == squash("Inbetween")
    True
    """
    plain = clean_label(text)
    return (
        "".join(character for character in plain.translate(SPELLED).casefold() if character.isalnum())
        or plain
    )


def question_name(text):
    """A question's name, from its text.

    The rule: the text up to its first comma, question mark, full stop or bracket; lower case; "how many" becomes
    "number"; words that say nothing about what is asked left out (`FILLER`); the first four words that remain, joined
    by hyphens.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Empty if nothing remains.

    Examples
    --------
    >>> question_name("Is there any sign of a spiral arm pattern?")
    'spiral-arm-pattern'
    >>> question_name("How many spiral arms are there?")
    'number-spiral-arms'
    """
    clause = re.split(r"[,?.;:(!]", re.sub("[Hh]ow many", "number", clean_label(text)))[0]
    return "-".join([word for word in _words(clause) if word not in FILLER][:QUESTION_WORDS])


@lru_cache(maxsize=REMEMBERED)
def same_question(text, other):
    """Whether two texts ask the same question: by letters and digits, or by the words of their names, nearly.

    Parameters
    ----------
    text, other : str

    Returns
    -------
    bool

    Examples
    --------
    >>> same_question("Is there a bar?", "Is there any sign of a **bar**?"), same_question("Any arms?", "Any clumps?")
    (True, False)
    """
    if squash(text) == squash(other):
        return True
    words, others = (question_name(each).split("-") for each in (text, other))
    pairs = zip(words, others, strict=False)
    alike = all(difflib.SequenceMatcher(None, *pair).ratio() >= CLOSE_WORD for pair in pairs)
    return words != [""] and len(words) == len(others) and alike


def answer_name(text, *, whole=False):
    """An answer's name, from its label.

    The rule: the label up to its first bracket or dash between spaces; lower case; its first six words joined by
    hyphens.

    Parameters
    ----------
    text : str
    whole : bool, optional
        Keep what stands after the bracket or dash.

    Returns
    -------
    str
        Empty if the label has no letter or digit.

    Examples
    --------
    >>> answer_name("Yes - Edge On Disk")
    'yes'
    >>> answer_name("Can't tell")
    'cant-tell'
    """
    label = clean_label(text)
    start = label if whole else re.split(r"\(|\s[-–—]\s", label)[0]
    return "-".join(_words(start or label)[:ANSWER_WORDS])


def answer_names(labels):
    """Distinct names of a question's answers, from their labels.

    Parameters
    ----------
    labels : sequence of str

    Returns
    -------
    list of str
        Where the rule of `answer_name` gives two the same, both keep the whole label, and at last their number.

    Examples
    --------
    >>> answer_names(["No - smooth", "No - something else", "Yes"])
    ['no-smooth', 'no-something-else', 'yes']
    """
    names = [answer_name(label) for label in labels]
    names = [
        answer_name(label, whole=True) if names.count(name) > 1 else name
        for label, name in zip(labels, names, strict=True)
    ]
    return distinct(names, [str(number) for number in range(1, len(names) + 1)])


def match_wording(texts, names, known):
    """Names of another survey for texts whose wording it shares, each used once.

    Parameters
    ----------
    texts : sequence of str
    names : sequence of str
        What each is called if the other survey has nothing like it.
    known : dict of str to str
        The other survey's wording by name.

    Returns
    -------
    list of str

    Examples
    --------
    >>> match_wording(["Disc at the center?", "Arms?"], ["disc", "arms"], {"disk": "Disc at the centre?"})
    ['disk', 'arms']
    """
    likeness = [
        (_likeness(text, wording, name, known_name), place, known_name)
        for place, (text, name) in enumerate(zip(texts, names, strict=True))
        for known_name, wording in known.items()
    ]
    result, taken = list(names), set()
    for ratio, place, known_name in sorted(likeness, key=lambda item: -item[0]):
        if ratio >= CLOSE_WORDING and place not in taken and known_name not in taken:
            result[place] = known_name
            taken |= {place, known_name}
    return result


def _likeness(text, wording, name, known_name):
    """1 for the same wording, nearly 1 for the same name, less for wordings that differ in some letters."""
    if clean_label(text).casefold() == clean_label(wording).casefold():
        return 1.0
    if squash(text) == squash(wording):
        return 0.999
    if name == known_name:
        return 0.998
    return difflib.SequenceMatcher(None, squash(text), squash(wording), autojunk=False).ratio() * 0.99


def distinct(names, endings):
    """Names made distinct: those that collide get their ending.

    Parameters
    ----------
    names : list of str
        Empty names become their ending.
    endings : list of str
        Distinct, one a name.

    Returns
    -------
    list of str

    Examples
    --------
    >>> distinct(["bulge", "bulge", "bar"], ["t3", "t8", "t4"])
    ['bulge-t3', 'bulge-t8', 'bar']
    """
    result = [name or ending for name, ending in zip(names, endings, strict=True)]
    while len(set(result)) < len(result):  # a name may by chance equal another's with its ending
        result = [
            f"{name}-{ending}" if result.count(name) > 1 else name
            for name, ending in zip(result, endings, strict=True)
        ]
    return result


def _words(text):
    return WORD.findall(text.translate(SPELLED).lower())
