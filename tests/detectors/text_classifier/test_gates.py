"""Gates stop what is no running text, each with its own reason, and let prose pass that was typed badly."""

import pytest

from lowbackground.detectors.text_classifier.alphabet import readable
from lowbackground.detectors.text_classifier.features import prepared
from lowbackground.detectors.text_classifier.gates import GATES, PASSED, gates
from lowbackground.detectors.text_classifier.normalise import normalise
from lowbackground.detectors.text_classifier.spoken import spoken
from lowbackground.detectors.text_classifier.tokens import tokenise
from lowbackground.detectors.text_classifier.windows import Windows

PROSE = (
    "The harbour was quiet in the morning, and the boats lay where the tide had left them. An old man who had been "
    "mending nets since before it was light told us that nobody had gone out for three days. We asked him why. He "
    "looked at the sky for a while, then at my shoes, and said that it was not the weather. Later, when we had walked "
    "along the wall as far as the lamp, my sister said she thought he had been making fun of us. "
)
CODE = "\n".join(f"if (x{number} == {number}) {{ y[{number}] = f(x, {number}); }}" for number in range(60))
TABLE = "\n".join(f"Name {number}, {number * 7}, {number * 13}.5, 2019, 44, {number}" for number in range(60))
MENU = "\n".join(f"{word} news" for word in ("Home", "World", "Local", "Sports", "Weather", "Contact us", "About") * 15)
TEASERS = "\n".join(line + " and then the council said that it was\u2026" for line in PROSE.split(". "))
NAMES = "Anna Bruno Carla Dmitri Elena Farid Greta Hiro Ines Jamal Kofi Lena " * 8
_L = "abcdefghijklmnopqrstuvwxyz"
KEYWORDS = " ".join(f"cheap{_L[n % 26]} flights{_L[n % 25]} hotel{_L[n % 23]} deals" for n in range(60))
LEGAL = (
    "The licensee shall hold the licensor harmless from any liability hereunder, and the warranties herein shall "
    "terminate pursuant to the provisions hereof, notwithstanding any damages or infringement. " * 6
)
REPEATED = "Our shop is open every day of the week and we are happy to see you there.\n" * 12


def gate(text: str, min_words: int = 50) -> str | None:
    (found,) = gates(tokenise([prepared(text.encode(), Windows())]), min_words).tolist()
    return (*GATES, None)[found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PROSE, None),
        ("", "too-short"),
        ("One word", "too-short"),
        ("x" * 1_000_000, "too-short"),
        ("\U0001f600" * 3000, "too-short"),
        (PROSE + "\U0001f600 \U0001f680\u2728 " * 30, "symbols.not-prose"),
        (PROSE[:200] + CODE, "code.not-prose"),
        (TABLE, "figures.not-prose"),
        (MENU, "repeated.not-prose"),
        ("\n".join(f"Page {word}" for word in PROSE.split()), "fragments.not-prose"),
        (TEASERS, "excerpts.not-prose"),
        (NAMES, "repeated.not-prose"),
        (KEYWORDS, "keywords.not-prose"),
        (LEGAL, "repeated.not-prose"),
        (LEGAL[:200] + PROSE, "terms.not-prose"),
        (REPEATED, "repeated.not-prose"),
    ],
)
def test_what_is_stopped(text: str, expected: str | None) -> None:
    assert gate(text) == expected


@pytest.mark.parametrize(
    "typed",
    [
        PROSE.replace(",", " ,").replace(".", " ."),
        PROSE.lower(),
        PROSE.upper(),
        PROSE.replace(". ", "."),
        PROSE.replace(" ", "  "),
        PROSE.replace(". ", ".\n"),
        "\n".join(PROSE[at : at + 60] for at in range(0, len(PROSE), 60)),
        "- " + PROSE.replace(". ", ".\n- "),
        "> " + PROSE.replace(". ", ".\n\n> "),
        "<p>" + PROSE.replace(". ", ".</p>\n<p>") + "</p>",
        PROSE + "\n```\n" + CODE + "\n```\n",
        PROSE + " See https://example.org/" + "a/b-c_d?e=f&" * 40,
        PROSE.replace("e", "\u0435").replace("a", "\u0430"),
        PROSE.replace("s", "s\u200b"),
    ],
)
def test_prose_passes_however_it_was_typed(typed: str) -> None:
    assert gate(typed) is None


def test_the_smallest_length_counts_words_of_the_window() -> None:
    words = PROSE.split()
    assert gate(" ".join(words[:49])) == "too-short"
    assert gate(" ".join(words[:50])) is None
    assert gate("1 2 , . " * 100) == "too-short"


def test_a_text_is_stopped_whatever_stands_beside_it() -> None:
    texts = [PROSE, "", CODE, TABLE, KEYWORDS, REPEATED, PROSE]
    together = gates(tokenise([prepared(text.encode(), Windows()) for text in texts]), 50).tolist()
    assert [(*GATES, None)[each] for each in together] == [gate(text) for text in texts]
    assert together[0] == PASSED


GERMAN = "Der Hafen war am Morgen still, und die Boote lagen dort, wo die Flut sie zurückgelassen hatte. Ein alter Mann, der schon seit Stunden Netze flickte, sagte uns, dass seit drei Tagen niemand hinausgefahren sei."
FRENCH = "Le port était calme ce matin-là, et les bateaux étaient restés où la marée les avait laissés. Un vieil homme qui réparait des filets depuis l'aube nous a dit que personne n'était sorti depuis trois jours."
CHINESE = "港口早上很安静\uff0c船停在潮水留下它们的地方。老人们在墙边修网\uff0c孩子们数着海鸥。" * 6


def language(text: str, told: str | None = None) -> str | None:
    return spoken(told, text.encode(), normalise(text.encode()))


@pytest.mark.parametrize(
    ("text", "expected"), [(PROSE, "en"), (GERMAN, "de"), (FRENCH, "fr"), (CHINESE, "zh"), ("", None)]
)
def test_a_language_that_nobody_told_is_guessed(text: str, expected: str | None) -> None:
    assert language(text) == expected


@pytest.mark.parametrize(
    ("told", "expected"), [("en", "en"), ("EN-gb", "en"), ("eng", "en"), ("zh_Hant", "zh"), ("de", "de")]
)
def test_the_reader_is_believed(told: str, expected: str) -> None:
    assert language(PROSE, told) == expected


def test_look_alikes_do_not_change_the_language() -> None:
    swapped = PROSE.translate(str.maketrans("aceopxy", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443"))
    assert language(swapped) == "en"
    assert language(swapped, "ru") == "en"
    assert language(GERMAN, "ru") == "ru"


def test_the_normal_form_of_prose_is_readable() -> None:
    assert readable(normalise(PROSE.encode())) == PROSE.strip()
