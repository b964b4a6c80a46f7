"""What elements, JSON-LD, opt-outs and licences of a page say, each scoped to what it describes."""

from typing import Any

import orjson
import pytest

from lowbackground.detectors.evidence import Kind, Signal, Strength
from lowbackground.detectors.page_declarations import RULES
from tests.detectors.disclosure_rows import (
    CERTAIN,
    EDITED,
    GENERATED,
    HUMAN_WEAK,
    IPTC,
    SILENT,
    json_ld,
    meaning,
    page,
    response,
    said,
)

# --- every rule

_AIGC = "{&quot;Label&quot;:&quot;1&quot;,&quot;ContentProducer&quot;:&quot;001191&quot;}"
_LD = '<script type="application/ld+json">{}</script>'
SAMPLES = {  # rule: a page's head that fires it, and one that only looks like it
    "meta-disclosure": ('<meta name="ai-disclosure" content="mixed">', '<meta name="disclosure" content="mixed">'),
    "attribute-disclosure": ('<main ai-disclosure="autonomous">', '<main class="ai-disclosure autonomous">'),
    "genai-element": ("<genai>words</genai>", "<general>words</general> <p>&lt;genai&gt;</p>"),
    "meta-ai-generated": ('<meta name="ai-generated" content="true">', '<meta name="ai-generated" content="false">'),
    "meta-ai-content": ('<meta name="ai-content" content="full">', '<meta name="ai-content" content="0">'),
    "meta-aigc": (f'<meta name="aigc" content="{_AIGC}">', '<meta name="aigc" content="a magazine">'),
    "meta-generated-by": (
        '<meta name="generated-by" content="Claude 3.5 Sonnet">',
        '<meta name="generated-by" content="Claude Dupont">',
    ),
    "meta-content-origin": (
        '<meta name="content-origin" content="AI">',
        '<meta name="content-origin" content="Airdrie">',
    ),
    "meta-ai-content-type": (
        '<meta name="ai-content-type" content="ai-generated">',
        '<meta name="ai-content-type" content="text/html">',
    ),
    "attribute-data-ai-generated": ('<div data-ai-generated="true">', '<div data-ai-generated="no">'),
    "attribute-data-aigc": ("<div data-aigc>", '<div data-aigc="false">'),
    "meta-author": ('<meta name="author" content="ChatGPT">', '<meta name="author" content="A. I. Painter">'),
    "meta-builder": ('<meta name="generator" content="v0.app">', '<meta name="generator" content="v0.9.1">'),
    "microdata-source-type": (
        '<meta itemprop="digitalSourceType" content="trainedAlgorithmicMedia">',
        '<meta itemprop="digitalSourceType" content="algorithmicMedia">',
    ),
    "json-ld-source-type": (
        _LD.format('{"@type":"Article","digitalSourceType":"trainedAlgorithmicMedia"}'),
        _LD.format('{"@type":"Article","about":"digitalSourceType trainedAlgorithmicMedia"}'),
    ),
    "json-ld-author": (
        _LD.format('{"@type":"Article","author":{"name":"ChatGPT"}}'),
        _LD.format('{"@type":"Article","publisher":{"name":"ChatGPT"}}'),
    ),
}


def test_every_rule_for_pages_has_a_sample_and_a_near_miss() -> None:
    assert set(SAMPLES) == set(RULES)


@pytest.mark.parametrize("rule", SAMPLES)
def test_a_rule_fires_on_its_sample_with_the_byte_where_it_stands_and_not_on_the_near_miss(rule: str) -> None:
    fires, looks = (page(head=head) for head in SAMPLES[rule])
    told = orjson.loads(said(**fires).detail or "")
    assert (told["rule"], told["place"]) == (rule, "html")
    assert fires["raw"][told["byte"] :].startswith((b"<", b">"))  # of JSON-LD the end of its opening tag
    assert rule not in (said(**looks).detail or "")


# --- elements


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta name="ai-disclosure" content="ai-generated">', CERTAIN),
        ("<META CONTENT='autonomous' NAME='AI-Disclosure'>", CERTAIN),
        ('<meta name="ai-disclosure" content="ai-assisted">', EDITED),
        ('<meta name="ai-disclosure" content="mixed">', (Signal.MIXED, Strength.STRONG, Kind.COMPOSITE)),
        ('<meta name="ai-disclosure" content="none">', HUMAN_WEAK),
        ('<meta name="ai-disclosure" content="ai_summarized; required=1; icon=ai_generated">', EDITED),
        ('<meta name="ai-disclosure" content="see below">', (Signal.FAILED, None, None)),
        ('<meta name="ai-generated" content="true">', GENERATED),
        ('<meta name="ai-generated" content="false">', SILENT),
        ('<meta name="ai_generated" content="yes">', GENERATED),
        ('<meta name="generated-by" content="GPT-4o">', GENERATED),
        ('<meta name="generated-by" content="Jekyll 4.2">', SILENT),
        ('<meta name="content-origin" content="ai">', GENERATED),
        ('<meta name="content-origin" content="newsroom">', SILENT),
        (
            '<meta name="aigc" content="{&quot;Label&quot;:&quot;1&quot;,&quot;ContentProducer&quot;:&quot;001191&quot;}">',
            GENERATED,
        ),
        ('<meta name="aigc" content="{}">', SILENT),
        ('<meta name="author" content="ChatGPT">', GENERATED),
        ('<meta name="author" content="AI">', GENERATED),
        ('<meta name="author" content="Claude">', (Signal.SYNTHETIC, Strength.WEAK, Kind.GENERATED)),
        ('<meta name="author" content="Claude Monet">', SILENT),
        ('<meta name="keywords" content="ChatGPT">', SILENT),
        ('<!-- <meta name="ai-disclosure" content="ai-generated"> -->', SILENT),
        ('<script>var m = \'<meta name="ai-generated" content="true">\';</script>', SILENT),
    ],
)
def test_a_meta_tag_declares_for_the_page(head: str, expected: object) -> None:
    evidence = said(**page(head=head))
    assert meaning(evidence) == expected
    assert evidence.part is None


@pytest.mark.parametrize(
    ("body", "expected", "part"),
    [
        ('<main ai-disclosure="ai-generated">x</main>', CERTAIN, None),
        ('<section ai-disclosure="ai-generated" ai-model="m">x</section>', CERTAIN, "element"),
        ('<img src="a.png" data-ai-generated="true">', GENERATED, "picture"),
        ("<div data-aigc>x</div>", GENERATED, "element"),
        ('<article data-ai-generated="true">x</article>', GENERATED, None),
        ('<article data-ai-generated="false">x</article>', SILENT, None),
        ("<p><genai>words</genai></p>", CERTAIN, "element"),
        (
            '<link itemprop="digitalSourceType" href="https://schema.org/TrainedAlgorithmicMediaDigitalSource">',
            GENERATED,
            "thing",
        ),
        (
            f'<span property="schema:digitalSourceType" resource="{IPTC}trainedAlgorithmicMedia"></span>',
            GENERATED,
            "thing",
        ),
        ('<span property="schema:digitalSourceType"></span>', SILENT, None),
        ('<link rel="digitalSourceType" href="https://schema.org/TrainedAlgorithmicMediaDigitalSource">', SILENT, None),
        ("<p>ai-disclosure: ai-generated</p>", SILENT, None),
    ],
)
def test_an_attribute_declares_for_its_element(body: str, expected: object, part: str | None) -> None:
    evidence = said(**page(body))
    assert (meaning(evidence), evidence.part) == (expected, part)


def test_a_page_built_by_an_ai_says_nothing_of_its_text() -> None:
    for head in (
        '<meta name="generator" content="v0.dev">',
        '<meta name="description" content="Lovable Generated Project">',
    ):
        evidence = said(**page(head=head))
        assert (evidence.strength, evidence.part) == (Strength.WEAK, "code")
    assert said(**page(head='<meta name="generator" content="WordPress 6.1">')).signal is Signal.SILENT


# --- JSON-LD


@pytest.mark.parametrize(
    "value",
    [
        f"{IPTC}trainedAlgorithmicMedia",
        "https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        "TrainedAlgorithmicMedia",
        "digsrctype:trainedAlgorithmicMedia",
        "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
    ],
)
def test_a_source_type_of_the_article_is_about_the_page(value: str) -> None:
    evidence = said(**json_ld({"@type": "NewsArticle", "digitalSourceType": value}))
    assert (meaning(evidence), evidence.part) == (GENERATED, None)
    graph = said(**json_ld({"@graph": [{"@type": "WebPage", "digitalSourceType": {"@id": value}}]}))
    assert (meaning(graph), graph.part) == (GENERATED, None)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"@type": "NewsArticle", "image": {"@type": "ImageObject", "digitalSourceType": "x"}}, "picture"),
        ({"@type": "ImageObject", "digitalSourceType": "x"}, "picture"),
        ({"@type": "VideoObject", "digitalSourceType": "x"}, "video"),
        ({"@type": "Article", "image": [{"digitalSourceType": "x"}]}, "picture"),
        ({"@type": "Article", "hasPart": {"@type": "WebPageElement", "digitalSourceType": "x"}}, "thing"),
    ],
)
def test_a_source_type_of_a_picture_is_not_about_the_page(data: Any, part: str) -> None:
    filled = orjson.loads(orjson.dumps(data).replace(b'"x"', b'"trainedAlgorithmicMedia"'))
    evidence = said(**json_ld(filled))
    assert (meaning(evidence), evidence.part) == (GENERATED, part)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("compositeWithTrainedAlgorithmicMedia", EDITED),
        ("digitalCapture", (Signal.HUMAN, Strength.WEAK, Kind.CAPTURED)),
        ("digitalCreation", HUMAN_WEAK),
        ("MultiFrameComputationalCaptureDigitalSource", (Signal.HUMAN, Strength.WEAK, Kind.CAPTURED)),
        ("algorithmicMedia", SILENT),
        ("composite", SILENT),
        ("https://example.org/trainedAlgorithmicMedias", SILENT),
    ],
)
def test_each_source_type_says_what_the_vocabulary_says(value: str, expected: object) -> None:
    assert meaning(said(**json_ld({"@type": "Article", "digitalSourceType": value}))) == expected


def test_a_statement_about_the_page_comes_before_one_about_a_part() -> None:
    picture = {"@type": "ImageObject", "digitalSourceType": "trainedAlgorithmicMedia"}
    evidence = said(**json_ld({"@type": "Article", "digitalSourceType": "digitalCreation", "image": picture}))
    assert (meaning(evidence), evidence.part) == (HUMAN_WEAK, None)


def test_an_author_in_json_ld_is_taken_by_the_whole_name() -> None:
    assert meaning(said(**json_ld({"@type": "Article", "author": {"@type": "Person", "name": "ChatGPT"}}))) == GENERATED
    assert said(**json_ld({"@type": "Article", "author": {"name": "The ChatGPT Fan"}})).signal is Signal.SILENT
    assert said(**json_ld({"@type": "Article", "about": {"name": "ChatGPT"}})).signal is Signal.SILENT


def test_json_ld_that_cannot_be_read_is_unknown_where_it_speaks_of_a_source_type() -> None:
    script = '<script type="application/ld+json">{"digitalSourceType": "digitalCapture",}</script>'
    assert said(**page(head=script)).reason == "disclosure.unreadable"
    other = script.replace("digitalSourceType", "license").replace("application/ld+json", "text/javascript")
    assert said(**page(head=other)).reason == "disclosure.none"


# --- opt-outs


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("x-robots-tag", "noindex, noai")], ("x-robots-tag=noai",)),
        ([("x-robots-tag", "noai"), ("x-robots-tag", "NoImageAI")], ("x-robots-tag=noai", "x-robots-tag=noimageai")),
        ([("x-robots-tag", "somebot: noai, nofollow")], ("x-robots-tag=noai",)),
        ([("x-robots-tag", "noindex, noarchive")], ()),
        ([("x-robots-tag", "noairships")], ()),
        ([("x-robots-tag", "max-snippet: 5; noai")], ("x-robots-tag=noai",)),
        ([("tdm-reservation", "1")], ("tdm-reservation=1",)),
        ([("tdm-reservation", " 0 ")], ()),
        ([("tdm-reservation", "yes")], ("tdm-reservation=unreadable",)),
        ([("content-usage", "train-ai=n")], ("content-usage=train-ai:n",)),
        ([("content-usage", "train-ai=n;p=1, search=y")], ("content-usage=train-ai:n",)),
        ([("content-usage", "search=y"), ("content-usage", "train-ai=n")], ("content-usage=train-ai:n",)),
        ([("content-usage", "train-ai=?0")], ("content-usage=train-ai:n",)),
        ([("content-usage", "train-ai=y")], ()),
        ([("content-usage", "search=n")], ()),
        ([("content-usage", "train-ai=perhaps")], ("content-usage=unreadable",)),
        ([("content-usage", "train-ai: n")], ("content-usage=unreadable",)),
    ],
)
def test_opt_outs_of_a_response(headers: list[tuple[str, str]], expected: tuple[str, ...]) -> None:
    evidence = said(**response(*headers))
    assert evidence.opt_out == expected
    assert evidence.signal is Signal.SILENT  # a wish says nothing of the origin
    assert evidence.reason == ("disclosure.opt-out" if expected else "disclosure.none")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta name="robots" content="index,follow,noai,noimageai">', ("robots=noai", "robots=noimageai")),
        ('<meta content="NOAI" name="ROBOTS">', ("robots=noai",)),
        ('<meta name="robots" content="max-image-preview:large,max-snippet:-1,noai">', ("robots=noai",)),
        ("<meta name=robots content=all,NoAI>", ("robots=noai",)),
        ("<meta content=noarchive,noai name=robots>", ("robots=noai",)),
        ('<meta name="robots" content="noai, noarchive" />', ("robots=noai",)),
        ('<meta name="robots" content="none; noai"/>', ("robots=noai",)),
        ("<meta name='robots' content='noydir; noai '>", ("robots=noai",)),
        ('<meta name="robots" content="noairships, unnoai">', ()),
        ('<meta name="GPTBot" content="noai">', ("gptbot=noai",)),
        ('<meta name="tdm-reservation" content="1">', ("tdm-reservation=1",)),
        ('<meta name="tdm-reservation" content="0">', ()),
        ('<meta name="robots" content="noindex">', ()),
        ('<meta name="description" content="noai, noimageai">', ()),
        ('<!--<meta name="robots" content="noai">-->', ()),
    ],
)
def test_opt_outs_of_a_page(head: str, expected: tuple[str, ...]) -> None:
    assert said(**page(head=head)).opt_out == expected


def test_an_opt_out_stands_beside_whatever_is_disclosed_and_both_are_located() -> None:
    head = '<meta name="ai-disclosure" content="ai-generated"><meta name="robots" content="noai">'
    row = page(head=head) | {"headers": [{"name": "tdm-reservation", "value": "1"}]}
    evidence = said(**row)
    assert (meaning(evidence), evidence.opt_out) == (CERTAIN, ("robots=noai", "tdm-reservation=1"))
    told = orjson.loads(evidence.detail or "")
    at = row["raw"].index(b'<meta name="robots"')
    assert told["opt_outs"] == [f"robots=noai at html {at}", "tdm-reservation=1 at header"]


def test_further_rules_and_what_cannot_be_read_are_located_too() -> None:
    head = '<meta name="ai-disclosure" content="ai-generated"><meta name="author" content="ChatGPT">'
    row = page(head=head)
    told = orjson.loads(said(**row).detail or "")
    at = row["raw"].index(b'<meta name="author"')
    assert told["others"] == [f"meta-author at html {at}"]
    broken = page("<section ai-disclosure='who knows'>x</section>")
    told = orjson.loads(said(**broken).detail or "")
    at = broken["raw"].index(b"<section")
    assert told["signals"] == [f"ai-disclosure at html {at}"]
