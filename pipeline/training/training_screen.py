"""What a training came to, on the screen and in the card that stays with the weights."""

from collections.abc import Iterator

from lowbackground.pipeline.calibrating.calibrate_detector import Calibrated
from lowbackground.pipeline.calibrating.calibration_screen import lines as calibration_lines
from lowbackground.pipeline.calibrating.calibration_screen import table
from lowbackground.pipeline.runs.summary import count
from lowbackground.pipeline.screen import shown
from lowbackground.pipeline.training.train_text import Trained

SHOWN_SOURCES = 20
_CELL = 40  # letters of a name


def lines(trained: Trained) -> Iterator[str]:
    """What came of it, line by line."""
    texts = trained.texts
    machine = sum(texts.labels)
    yield (
        f"{count(len(texts.texts), 'text')} of {count(len(set(texts.groups)), 'source')}: {len(texts.texts) - machine:,} by people, "
        f"{machine:,} by machines"
    )
    for what, number in sorted(texts.unused.items()):
        yield f"not used: {number:,} with {what}"
    if texts.documents:
        yield f"not used: {count(texts.documents, 'file')} that {'is no table' if texts.documents == 1 else 'are no tables'}"
    if texts.unreadable:
        yield f"unreadable: {texts.unreadable:,}"
    for words in texts.broken:
        yield f"broken: {shown(words, 300)}"
    yield ""
    yield "each text scored by a model that saw nothing of its source; AUROC .5 is chance"
    rows = [
        (
            shown(each.source, _CELL),
            f"{each.n_human:,}",
            f"{each.n_machine:,}",
            "-" if each.auroc is None else f"{each.auroc:.3f}",
        )
        for each in trained.reach[:SHOWN_SOURCES]
    ]
    yield from table(("source", "human", "machine", "AUROC"), rows)
    if len(trained.reach) > SHOWN_SOURCES:
        yield f"and {len(trained.reach) - SHOWN_SOURCES:,} sources that do better"
    yield ""
    if trained.calibration is None:
        yield f"no calibration: {trained.why_not}"
        yield "the detector gives scores and no more, until `lowbackground calibrate ai_text` makes one"
    else:
        yield from calibration_lines(Calibrated(trained.calibration, len(texts.texts), trained.gated, 0))


def card(trained: Trained) -> str:
    """The card in Markdown: the same, and what may not be claimed."""
    dates = f"captured {min(trained.texts.captured)} to {max(trained.texts.captured)}" if trained.texts.captured else ""
    body = "\n".join(f"    {line}" for line in lines(trained))
    return f"""# Weights of ai_text

Fitted with `lowbackground train text`; version {trained.scale.version}, digest {trained.scale.model}{", " if dates else ""}{dates}.
Licences of the texts, and whether a model may be fitted on them, are for those to know who brought them.

{body}

It knows the writers, models, subjects and languages that are in these texts, and no others. It does not see edited, translated
or paraphrased text. A low score is no evidence of a human hand; a hit is no ground to accuse anybody.
"""
