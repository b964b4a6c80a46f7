"""Writes the pages of docs/ that list what the program knows, from the program itself: `make docs`.

A test compares what this renders with what is committed, so a page cannot fall behind.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from lowbackground.detectors.registry import Available, available
from lowbackground.pipeline import cascade, judge
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.readers import reasons
from lowbackground.pipeline.verdicts.unknown import UNKNOWN_REASONS

HERE = Path(__file__).parent


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)


def slugs(head: str, listed: Mapping[str, str]) -> str:
    """A table of slugs and what each means."""
    return table((head, "means"), [(f"`{slug}`", sentence) for slug, sentence in sorted(listed.items())])


def reasons_of(found: Available) -> Mapping[str, str]:
    """The closed list of reasons of a detector."""
    module = sys.modules[found.factory.__module__]
    listed: Mapping[str, str] = module.REASONS
    return listed


def reasons_page() -> str:
    """docs/reasons.md."""
    parts = [
        "# Reasons\n",
        "Every reason is a slug from a closed list; none holds a number, so that counts of them mean something.\n",
        "## Why a label is unknown: `prov_unknown_reason`\n",
        slugs("reason", UNKNOWN_REASONS),
        "## Why a row was rejected: `prov_reject_reason`\n",
        slugs("reason", reasons.REJECTED),
        "## What detectors say: `reason` in `prov_evidence`\n",
        "Any detector:\n",
        slugs("reason", judge.REASONS),
        "Of any detector that holds a large model:\n",
        slugs("reason", cascade.REASONS),
    ]
    for found in available():
        parts += [f"`{found.name}`:\n", slugs("reason", reasons_of(found))]
    parts += [
        "## Why a record is unreadable: `reason` in `unreadable/`\n",
        slugs("reason", reasons.UNREADABLE),
        "## What is passed over: `skipped` in the counts\n",
        slugs("reason", reasons.SKIPPED),
    ]
    return "\n".join(parts)


def notes_page() -> str:
    """docs/notes.md."""
    return "\n".join(
        [
            "# Notes\n",
            "`prov_notes` says what happened to a record on its way. A note is no evidence.\n",
            slugs("note", reasons.NOTES),
        ]
    )


def keys(model: type[BaseModel], prefix: str) -> list[tuple[str, ...]]:
    """A row a key: its dotted name, default and meaning."""
    rows = []
    defaults = model().model_dump(mode="json")
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            rows += keys(field.annotation, f"{prefix}{name}.")
        else:
            rows.append(
                (f"`{prefix}{name}`", f"`{shown(defaults[name])}`", (field.description or "").replace("\n", " "))
            )
    return rows


def shown(value: Any) -> str:
    """A default as YAML on one line."""
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("\n").removesuffix("\n...").strip()


def configuration_page() -> str:
    """docs/configuration.md."""
    options = [
        (
            f"`detectors.{found.name}.{option.name}`",
            "required" if option.required else f"`{option.default}`",
            f"`{option.type}`",
        )
        for found in available()
        for option in found.options
    ]
    return "\n".join(
        [
            "# Configuration\n",
            "One YAML file (`run --config FILE`). Every key can be set on the command line too: the common ones have a flag of",
            "their own, all of them `--set KEY=VALUE`. Unknown keys are errors that name file and key.\n",
            "- `lowbackground config defaults` prints the whole file, `config schema` a JSON Schema for editors,",
            "  `config check FILE` says whether a file is right.",
            "- `run --dry-run` prints what a command resolves to, which is a configuration file again.",
            "- `OUT/_run/config.yaml` holds what a run was told.\n",
            "Of the environment only storage credentials, `HF_TOKEN`, the XDG folders and `NO_COLOR` are read.\n",
            "## Keys\n",
            table(("key", "default", "meaning"), keys(Config, "")),
            "## Options of detectors\n",
            "`detectors.NAME.enabled: false` switches one off. A section `detectors.NAME/SECOND`, whose last part is a name of yours,",
            "runs the detector once more with options of its own, and stands in the output by that name.\n",
            table(("option", "default", "type"), options),
        ]
    )


PAGES = {"reasons.md": reasons_page, "notes.md": notes_page, "configuration.md": configuration_page}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (HERE / page).write_text(render(), encoding="utf-8")
