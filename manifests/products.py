"""What is known about a signer beyond its certificate: conforming products, camera makers, denied certificates.

All of it is read together with a chain that was verified: an organisation's name in any other certificate is free
text. Sources stand in `products.json` and `signers.yaml`.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

# Signals of the conformance programme's asset rubrics that stand for a capture claim.
CAPTURE_SIGNALS = frozenset({"capturedMedia", "capturedMediaStitched"})
HUMAN_MADE_SIGNALS = frozenset({"nonGenAIDigitalCreation"})


@dataclass(frozen=True, slots=True)
class Product:
    """A generator product of the C2PA Conforming Products List, or what several of one name have in common."""

    max_assurance_level: int
    disallowed: frozenset[str]


@lru_cache(maxsize=1)
def _products() -> tuple[dict[str, Product], dict[tuple[str, str], Product]]:
    """Products by record, and by organisation and name; where one name has several records the strictest counts."""
    listed: dict[str, Any] = json.loads(files(__package__).joinpath("products.json").read_text("utf-8"))
    by_record: dict[str, Product] = {}
    by_name: dict[tuple[str, str], Product] = {}
    for entry in listed["products"]:
        if entry["status"] != "conformant":
            continue
        product = Product(entry["level"], frozenset(entry.get("disallowed", ())))
        by_record[entry["record"]] = product
        key = (entry["organisation"].casefold(), entry["product"].casefold())
        other = by_name.get(key, product)
        by_name[key] = Product(
            min(other.max_assurance_level, product.max_assurance_level), other.disallowed | product.disallowed
        )
    return by_record, by_name


def conforming_product(record: str | None, organisation: str, name: str) -> Product | None:
    """The product a certificate was issued for: by the record that it names, else by its organisation and name.

    `record` is the value of the extension c2pa-cpl-record (1.3.6.1.4.1.62558.4); a record that the list does not
    hold is a product that it does not hold.
    """
    by_record, by_name = _products()
    if record is not None:
        return by_record.get(record)
    return by_name.get((organisation.strip().casefold(), name.strip().casefold()))


@lru_cache(maxsize=1)
def _signers() -> dict[str, Any]:
    facts: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("signers.yaml").read_text("utf-8"))
    return facts


def _begins_with(text: str, words: str) -> bool:
    name = text.strip().casefold()
    return name.startswith(words) and not name[len(words) : len(words) + 1].isalnum()


def is_camera_issuer(organisation: str, name: str) -> bool:
    """Whether a signer is a maker of cameras or phones that sign in the device."""
    return any(
        _begins_with(organisation, entry["organisation"])
        and ("product" not in entry or _begins_with(name, entry["product"]))
        for entry in _signers()["camera_issuers"]
    )


def _at_midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def is_denied(organisation: str, not_before: datetime) -> bool:
    """Whether a certificate issued to `organisation` from `not_before` on is known to have been revoked."""
    return any(
        _begins_with(organisation, entry["organisation"])
        and _at_midnight(entry["issued_from"]) <= not_before < _at_midnight(entry["issued_before"])
        for entry in _signers()["denied"]
    )
