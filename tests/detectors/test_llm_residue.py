"""What chat interfaces leave: every rule fires on what it is for, and not on what only looks like it."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength
from lowbackground.detectors.llm_residue import REASONS, llm_residue
from lowbackground.detectors.mark_rules import read_rules, shipped_rules
from tests.detectors.residue_page_samples import HTML
from tests.detectors.residue_samples import PROSE, TEXT
from tests.factories import records

DETECTOR = llm_residue()
CHATTY = "ChatGPT is a chatbot by OpenAI, and many chatbots are built on a large language model. "


def said(**row: Any) -> Evidence:
    return DETECTOR(records([row])).evidence[0]


def rules_of(evidence: Evidence) -> set[str]:
    facts = orjson.loads(evidence.detail or "{}")
    return {facts.get("rule"), *(other.partition(" ")[0] for other in facts.get("others", ()))}


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><title>A page</title>{head}</head><body>{body}</body></html>".encode()


def test_every_rule_has_a_sample_and_a_near_miss() -> None:
    assert set(TEXT) == {rule.id for rule in shipped_rules().text.rules}
    assert set(HTML) == {rule.id for rule in shipped_rules().html.rules}
    assert all(found and missed for found, missed in (*TEXT.values(), *HTML.values()))


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, (texts, _) in TEXT.items() for text in texts])
def test_a_text_with_the_residue_is_found(rule: str, text: str) -> None:
    evidence = said(text=text)
    assert rule in rules_of(evidence)
    assert evidence.signal in {Signal.SYNTHETIC, Signal.MIXED}
    assert evidence.fpr is None
    assert evidence.llr is None


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, (_, texts) in TEXT.items() for text in texts])
def test_a_text_that_only_looks_like_it_is_not(rule: str, text: str) -> None:
    assert rule not in rules_of(said(text=text))


@pytest.mark.parametrize(("rule", "body"), [(rule, body) for rule, (bodies, _) in HTML.items() for body in bodies])
def test_a_page_with_the_residue_is_found(rule: str, body: str) -> None:
    evidence = said(raw=body.encode(), media_type="text/html", text="Words.", url="https://example.org/a")
    assert rule in rules_of(evidence)
    translated = evidence.reason == "residue.translation"
    assert (evidence.kind is Kind.TRANSLATED) == translated


@pytest.mark.parametrize(("rule", "body"), [(rule, body) for rule, (_, bodies) in HTML.items() for body in bodies])
def test_a_page_that_only_looks_like_it_is_not(rule: str, body: str) -> None:
    evidence = said(raw=body.encode(), media_type="text/html", text="Words.", url="https://example.org/a")
    assert rule not in rules_of(evidence)


# --- where it stands, and how much of the text it is


def test_the_mark_is_located_to_its_byte_and_paragraph() -> None:
    text = f"{PROSE}\n\n{PROSE}\n\nHere it is :contentReference[oaicite:2]{{index=2}} for once."
    facts = orjson.loads(said(text=text).detail or "")
    assert facts["paragraph"] == 3
    assert text.encode()[facts["byte"] :].startswith(b":contentReference[oaicite")
    assert facts["rule"] == "openai-oaicite"


def test_one_answer_in_a_long_thread_makes_it_mixed_and_not_synthetic() -> None:
    answer = "As of my last knowledge update, I have no record of that harbour."
    thread = "\n\n".join([PROSE] * 6 + [answer] + [PROSE] * 6)
    evidence = said(text=thread)
    assert (evidence.signal, evidence.strength, evidence.kind) == (Signal.MIXED, Strength.STRONG, Kind.COMPOSITE)
    assert said(text=answer).signal is Signal.SYNTHETIC


def test_marks_at_both_ends_of_a_text_cover_what_lies_between() -> None:
    mark = " :contentReference[oaicite:1]{index=1}"
    evidence = said(text="\n\n".join([PROSE + mark, *[PROSE] * 6, PROSE + mark]))
    assert (evidence.signal, evidence.strength) == (Signal.SYNTHETIC, Strength.NEAR_CERTAIN)


def test_a_text_that_begins_with_the_models_voice_is_the_models_to_its_end() -> None:
    text = "\n\n".join(["As an AI language model, I cannot visit the harbour.", *[PROSE] * 9])
    assert said(text=text).signal is Signal.SYNTHETIC


def test_a_pasted_answer_on_a_page_is_measured_by_its_own_offsets() -> None:
    nodes = '<p data-start="0" data-end="400">A</p><p data-start="402" data-end="800" data-is-last-node="">B</p>'
    short = said(raw=page(nodes), media_type="text/html", text="x" * 900)
    long = said(raw=page(nodes), media_type="text/html", text="x" * 9000)
    assert (short.signal, short.strength, short.kind) == (Signal.SYNTHETIC, Strength.NEAR_CERTAIN, Kind.GENERATED)
    assert (long.signal, long.strength, long.kind) == (Signal.MIXED, Strength.NEAR_CERTAIN, Kind.COMPOSITE)


# --- guards


@pytest.mark.parametrize(
    "text",
    [
        "The reply read: “As an AI language model, I cannot do that.” We gave up and rowed home.",
        'She read it out: "As an AI language model, I cannot do that." We gave up and rowed home.',
        "> As an AI language model, I cannot do that.\n\nWe gave up and rowed home.",
        "「私はAI言語モデルなので、お答えできません」と表示された。港は静かだった。",
        "Run this:\n\n```\nprint('<|im_start|>')\n```\n\nand look at the harbour.",
        "The token `<|im_start|>` opens a turn.",
        "Write it so:\n\n    <|im_start|>user\n\nand go on.",
    ],
)
def test_a_quotation_and_code_do_not_count(text: str) -> None:
    evidence = said(text=text)
    assert (evidence.signal, evidence.reason) == (Signal.SILENT, "residue.guarded")


def test_a_closed_quotation_before_the_match_excuses_nothing() -> None:
    text = 'They call it "the inner harbour". As an AI language model, I cannot visit it.'
    assert said(text=text).signal is Signal.SYNTHETIC


def test_in_a_text_about_chatbots_every_match_is_weak() -> None:
    text = f"{CHATTY * 3}\n\nAs an AI language model, I cannot visit the harbour."
    evidence = said(text=text)
    assert evidence.strength is Strength.WEAK
    assert orjson.loads(evidence.detail or "")["guard"] == "topic"


def test_the_words_of_the_match_itself_do_not_make_a_text_about_chatbots() -> None:
    assert said(text="As a large language model trained by OpenAI, I have no eyes.").strength is Strength.STRONG


def test_words_that_people_use_count_for_nothing_before_any_model_used_them() -> None:
    row = {"text": "As an AI language model, I cannot visit the harbour."}
    assert said(**row, captured_at=datetime(2022, 11, 29, tzinfo=UTC)).reason == "residue.guarded"
    assert said(**row, captured_at=datetime(2022, 11, 30, tzinfo=UTC)).signal is Signal.SYNTHETIC


def test_markup_of_an_interface_in_an_older_record_is_a_contradiction_to_be_seen() -> None:
    text = "It was so :contentReference[oaicite:1]{index=1}."
    evidence = said(text=text, captured_at=datetime(2015, 1, 1, tzinfo=UTC))
    assert (evidence.signal, evidence.strength) == (Signal.SYNTHETIC, Strength.WEAK)
    assert orjson.loads(evidence.detail or "")["guard"] == "date"


@pytest.mark.parametrize(
    "hiding",
    ["<!-- {} -->", "<script>var a = '{}';</script>", "<style>{}</style>", "<textarea>{}</textarea>"],
)
def test_what_no_browser_would_show_as_an_element_is_none(hiding: str) -> None:
    mark = '<p data-start="0" data-end="9" data-is-last-node="">x</p>'
    assert said(raw=page(mark), media_type="text/html").signal is Signal.SYNTHETIC
    assert said(raw=page(hiding.format(mark)), media_type="text/html").signal is Signal.SILENT


def test_markup_that_is_shown_as_text_is_no_element() -> None:
    body = "<pre>&lt;p data-start=&quot;0&quot; data-end=&quot;9&quot; data-is-last-node=&quot;&quot;&gt;</pre>"
    assert said(raw=page(body), media_type="text/html").signal is Signal.SILENT


def test_a_page_that_was_itself_reached_by_a_tagged_link_proves_nothing_by_its_links() -> None:
    links = "".join(f'<a href="https://site{n}.example/?utm_source=chatgpt.com">x</a>' for n in range(4))
    row = {"raw": page(links), "media_type": "text/html"}
    assert said(**row, url="https://example.org/").strength is Strength.STRONG
    assert said(**row, url="https://example.org/?utm_source=chatgpt.com").signal is Signal.SILENT


# --- hosts of generators


def test_a_picture_from_a_generators_host_is_synthetic() -> None:
    row = {"raw": b"\x89PNG\r\n\x1a\n", "media_type": "image/png"}
    evidence = said(**row, url="https://oaidalleapiprodscus.blob.core.windows.net/private/org-1/img.png")
    assert (evidence.signal, evidence.strength, evidence.part) == (Signal.SYNTHETIC, Strength.STRONG, None)
    assert said(**row, url="https://blob.core.windows.net.example.org/x.png").reason == "residue.no-text"
    assert said(**row, url="https://notmidjourney.com/cdn.midjourney.com/x.png").reason == "residue.no-text"
    assert said(**row, url="https://[broken/x.png").reason == "residue.no-text"


def test_a_generated_picture_on_a_page_says_nothing_of_its_text() -> None:
    body = f'<p>{PROSE}</p><img src="https://cdn.midjourney.com/0b1c/0_0.png">'
    evidence = said(raw=page(body), media_type="text/html", text=PROSE)
    assert (evidence.signal, evidence.strength, evidence.part) == (Signal.SYNTHETIC, Strength.WEAK, "picture")
    shared = said(raw=page('<a href="https://chatgpt.com/share/67">x</a>'), media_type="text/html")
    assert shared.part == "link"
    assert said(raw=page("<p>cdn.midjourney.com</p>"), media_type="text/html").signal is Signal.SILENT


def test_what_is_found_besides_is_located_too() -> None:
    body = f'<p>{PROSE}</p><img src="https://cdn.midjourney.com/0b1c/0_0.png">'
    raw = page(body)
    told = orjson.loads(said(raw=raw, media_type="text/html", text=PROSE).detail or "")
    assert (told["place"], raw[told["byte"] :][:4]) == ("html", b"<img")
    two = 'See <a href="sandbox:/mnt/data/a.csv">x</a>. As an AI language model, I cannot visit the harbour.'
    told = orjson.loads(said(text=two).detail or "")
    assert told["rule"] == "openai-sandbox"
    at = two.index("As an AI")
    assert f"self-model at text {at}" in told["others"]


def test_an_operator_adds_hosts_and_paths() -> None:
    detector = llm_residue(hosts=["images.example.org", "cdn.example.net/made/"])
    rows = [
        {"raw": b"x", "media_type": "image/png", "url": url}
        for url in (
            "https://images.example.org/1.png",
            "https://eu.images.example.org/1.png",
            "https://cdn.example.net/made/1.png",
            "https://cdn.example.net/shot/1.png",
        )
    ]
    found = [evidence.signal is Signal.SYNTHETIC for evidence in detector(records(rows)).evidence]
    assert found == [True, True, True, False]


@pytest.mark.parametrize("host", ["", "no host", "https://example.org", "localhost", "../x"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        llm_residue(hosts=[host])


# --- records


def test_a_caption_is_spoken_of_as_a_part() -> None:
    row = {"raw": b"\x89PNG\r\n\x1a\n", "media_type": "image/png", "text": "As an AI language model, I cannot see it."}
    assert said(**row).part == "text"


def test_a_plain_text_is_read_from_its_bytes_where_it_has_no_other_text() -> None:
    raw = b"As an AI language model, I cannot visit the harbour."
    assert said(raw=raw, media_type="text/plain").signal is Signal.SYNTHETIC


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_page_in_utf_16_is_read_too(codec: str) -> None:
    raw = ("\ufeff" + page('<p data-start="0" data-end="9" data-is-last-node="">x</p>').decode()).encode(codec)
    assert said(raw=raw, media_type="text/html").signal is Signal.SYNTHETIC


def test_content_is_shown_only_where_it_is_asked_for() -> None:
    text = "As an AI language model, I cannot visit the harbour."
    assert "words" not in orjson.loads(said(text=text).detail or "")
    asked = llm_residue(content=True)(records([{"text": text}])).evidence[0]
    assert orjson.loads(asked.detail or "")["words"].startswith("As an AI language model")


def test_it_keeps_the_contract_on_records_that_carry_marks() -> None:
    rows: list[dict[str, Any]] = [{"text": texts[0]} for texts, _ in TEXT.values()]
    rows += [{"raw": found[0].encode(), "media_type": "text/html"} for found, _ in HTML.values()]
    rows += [{"raw": b"x", "media_type": "image/png", "url": "https://cdn.midjourney.com/1"}, {"text": PROSE}]
    check_detector(DETECTOR, [records(rows), records(rows[::-1])])
    check_detector(DETECTOR)


def test_every_group_of_rules_has_a_reason() -> None:
    groups = {rule.group for rule in (*shipped_rules().text.rules, *shipped_rules().html.rules)}
    assert {f"residue.{group}" for group in groups} <= set(REASONS)


def test_a_rule_with_an_unknown_key_is_refused_by_its_id() -> None:
    rule = {"id": "mine", "group": "markup", "needles": ["needles"], "pattern": "x", "strength": "weak", "colour": 1}
    with pytest.raises(ValueError, match=r"mine: unknown keys colour"):
        read_rules({"version": 1, "text": [rule], "html": []})
    twice = {**rule}
    del twice["colour"]
    with pytest.raises(ValueError, match=r"mine: there are two"):
        read_rules({"version": 1, "text": [twice, twice], "html": []})


@pytest.mark.parametrize(
    ("own", "found"),
    [("www.museum.co.uk", False), ("shop.co.uk", True), ("museum.example", True), ("co.uk", True), ("uk", True)],
)
def test_a_tagged_link_counts_where_it_leads_to_another_site(own: str, found: bool) -> None:
    page = b'<a href="https://museum.co.uk/hours?utm_source=chatgpt.com">x</a>'
    row = {"raw": page, "media_type": "text/html", "text": PROSE, "url": f"https://{own}/a"}
    (evidence,) = llm_residue()(records([row])).evidence
    assert ("tagged-link" in (evidence.detail or "")) == found
