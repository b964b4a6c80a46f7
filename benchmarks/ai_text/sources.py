"""What each file of labelled text is: its group, whether its human texts may train, and how its machine texts came to be.

- Kinds: `core` (a model that was tuned to follow instructions wrote it), `edited` (such a model polished, rewrote or
  expanded a human text), `attack` (core, then paraphrased, perturbed or mixed with human text), `base` (continued by a
  model without such tuning: no positive, its style is human), `human`, `unknown` (labelled human, dated after 2022-11).
- Human text trains only where its licence is permissive or it is in the public domain. All else calibrates and evaluates.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

FOLDS = Path(__file__).with_name("folds.yaml")
KINDS = ("human", "core", "edited", "attack", "base", "unknown")

HUMAN_TRAINS = {  # file: the licence as its repository states it
    "binoculars": "BSD-3-Clause",
    "fastdetectgpt": "MIT",
    "glimpse": "MIT",
    "human_18f": "CC0, US public domain",
    "human_digitalgov": "CC0, US public domain",
    "human_dnagpt": "MIT",
    "human_eip": "CC0",
    "human_govuk_docs": "MIT",
    "human_health_qa": "CC-BY-4.0",
    "human_nodeblog": "MIT",
    "human_peps": "CC0, public domain",
    "human_rfc_rust": "MIT, Apache-2.0",
    "human_ropensci": "CC-BY-4.0",
    "human_rustblog": "MIT, Apache-2.0",
    "human_textbook": "CC-BY-3.0",
    "imbd": "Apache-2.0",
    "l2r": "CC-BY-3.0",
    "seqxgpt": "Apache-2.0",
}
PUBLIC_DOMAIN_SPLITS = {"human_nltk": {"nltk-inaugural", "nltk-state_union"}}  # speeches of presidents of the US
AFTER_THE_CUT_OFF = {
    ("human_dnagpt", "nature-2023")
}  # labelled human, but written when machines could: known to be neither
NO_HUMAN_KIN = {
    "hppt",
    "kaggle_essays",
    "nd_hal",
}  # abstracts, student essays: with no human text beside, genre is evidence
NON_COMMERCIAL = {"detectanyllm"}  # Pi-Lab 1.0: not even its machine texts train

REWRITES = (
    "hc3plus",
    "hppt",
    "l2r",
    "mixset",
)  # summarised or translated, polished, rewritten, polished or completed: the study counted them
_BASE_FILES = {"fastdetectgpt", "lastde", "seqxgpt", "binoculars", "alpaca_eval"}
_BASE = re.compile(
    r"gpt-?2|gpt-?neo|gpt-?j|neox|opt[-_]|bloom|falcon[-_]7b$|gemma_7b|llama1_|llama2_13b$|llama3_8b|phi2$"
    r"|^davinci|^gpt3$|^llama$|pythia-12b-mix|text_davinci_001",
    re.IGNORECASE,
)
_EDITED_SPLITS = {"imbd": {"polish", "rewrite", "expand", "multilang-polish"}}
_CORE_OF_DETECTRL = {"direct_prompt", "prompt_few_shot", "prompt_SICO"}  # its other domains name the attack


@dataclass(frozen=True, slots=True)
class Folds:
    """What was frozen before any result was looked at: the group of each file, the seeds, the group touched once."""

    seeds: tuple[int, ...]
    group_of: dict[str, str]
    touched_once: str


def folds(path: Path = FOLDS) -> Folds:
    """The folds as committed."""
    found = yaml.safe_load(path.read_text())
    group_of = {file: group for group, files in found["groups"].items() for file in files}
    return Folds(tuple(found["seeds"]), group_of, found["touched_once"])


def kind(file: str, split: str, domain: str, label: str, generator: str) -> str:
    """One of `KINDS`."""
    if label == "human":
        return "unknown" if (file, split) in AFTER_THE_CUT_OFF else "human"
    if file in REWRITES or split in _EDITED_SPLITS.get(file, ()):
        return "edited"
    if (file, split) == ("biscope", "paraphrased") or (file == "gecscore" and split != "core"):
        return "attack"
    if file == "detectrl":
        return "core" if split == "core" and domain in _CORE_OF_DETECTRL else "attack"
    if file == "lastde" and split == "decoding":
        return "base"
    if file in _BASE_FILES and _BASE.search(generator) and "instruct" not in generator.lower():
        return "base"
    return "core"


def may_train(file: str, split: str, label: str) -> bool:
    """Whether a text may train weights, by its licence, and for machine text by whether human text like it may."""
    if label == "machine":
        return file not in NON_COMMERCIAL | NO_HUMAN_KIN
    return file in HUMAN_TRAINS or split in PUBLIC_DOMAIN_SPLITS.get(file, ())


def rewritten(file: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Which texts a model wrote anew from human ones; those of files that edit only in part are not among them."""
    return (kinds == "edited") & np.isin(file, REWRITES)
