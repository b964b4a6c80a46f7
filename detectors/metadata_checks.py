"""What rules of metadata ask of a value beyond a pattern: ComfyUI's graphs, TC260's labels, source types.

Each check answers with a word that a rule names, or null. Values are hostile: JSON is parsed up to the length of one
value, and never more than three layers deep into strings that hold JSON again.
"""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from lowbackground.manifests.source_types import SourceType, source_type

_NAN = re.compile(
    r"(?<=[\[,:\s])-?(?:NaN|Infinity)(?=[\s,\]}])"
)  # Python's json writes them; ComfyUI's graphs hold them
_LAYERS = 3
_GRAPH_PREFIX = re.compile(r"^(?:prompt|workflow):\s*(?=[{\[])", re.IGNORECASE)  # ComfyUI's EXIF: a word and a colon
_GENERATING = ("KSampler", "SamplerCustom", "VAEDecode")  # nodes that turn noise or latents into pictures
_LABEL_PREFIX = re.compile(r"^\s*AIGC\s*[=:]?\s*(?=\{)")
_LABEL_FIELDS = frozenset(  # of the label, in lower case, for some write `contentProducer`
    (
        *("label", "contentproducer", "produceid", "reservedcode1"),
        *("contentpropagator", "propagateid", "reservedcode2"),
        *("serviceprovider", "serviceuser", "contentid"),  # Tencent Cloud
    )
)
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def json_object(value: str) -> dict[str, Any] | None:
    """The object that `value` is in JSON; null where it is none."""
    value = value.strip()
    if value[:1] != "{" or value[-1:] != "}":
        return None
    for text in (value, _NAN.sub("null", value)):
        try:
            parsed = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        return parsed if isinstance(parsed, dict) else None
    return None


def comfyui(value: str, layers: int = _LAYERS) -> str | None:
    """`generates` for a graph of nodes that samples or decodes latents, `other` for any other graph of nodes."""
    if '"class_type' not in value and '"nodes"' not in value and 'class_type\\"' not in value:
        return None
    parsed = json_object(_GRAPH_PREFIX.sub("", value.strip(), count=1))
    if parsed is None:
        return None
    kinds = list(_node_kinds(parsed))
    if kinds:
        return "generates" if any(kind.startswith(_GENERATING) for kind in kinds) else "other"
    inner = [parsed.get("prompt"), parsed.get("workflow")] if layers else []  # films: both in one comment
    found = [comfyui(_as_text(each), layers - 1) for each in inner if each]
    return "generates" if "generates" in found else "other" if "other" in found else None


def _node_kinds(graph: Mapping[str, Any]) -> Iterable[str]:
    """Classes of nodes, of the form that runs (`class_type` and `inputs`) or the one that is drawn (`nodes`, `links`)."""
    nodes = graph.get("nodes")
    if isinstance(nodes, list) and "links" in graph:
        return [node["type"] for node in nodes if isinstance(node, dict) and isinstance(node.get("type"), str)]
    return [
        node["class_type"]
        for node in graph.values()
        if isinstance(node, dict) and isinstance(node.get("class_type"), str) and "inputs" in node
    ]


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def aigc(value: str) -> str | None:
    """The label of a TC260 field: `1`, `2`, `3`, or `none` for its other fields without a label."""
    return _label(value, wrapped=False, layers=_LAYERS)


def aigc_wrapped(value: str) -> str | None:
    """As `aigc`, for fields that hold other things too: the label must stand under its name."""
    return _label(value, wrapped=True, layers=_LAYERS)


def _label(value: str, *, wrapped: bool, layers: int) -> str | None:
    if not layers or (wrapped and "AIGC" not in value):
        return None
    text = _LABEL_PREFIX.sub("", value, count=1)
    named = text != value
    parsed = json_object(text) or json_object(html.unescape(text)) or json_object(_from_base64(text, wrapped=wrapped))
    if parsed is None:
        return None
    if "AIGC" in parsed:
        return _label(_as_text(parsed["AIGC"]), wrapped=False, layers=layers - 1)
    fields = {key.lower(): value for key, value in parsed.items()}
    if (wrapped and not named) or _LABEL_FIELDS.isdisjoint(fields):
        return None
    label = str(fields.get("label", "none")).strip()
    return label if label in {"1", "2", "3", "none"} else None


def _from_base64(text: str, *, wrapped: bool) -> str:
    """Volcano Ark and Alibaba Cloud write the label in base64, there with `AIGC=` before it."""
    if wrapped or len(text) < 16:
        return ""
    try:
        decoded = base64.b64decode(text.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return _LABEL_PREFIX.sub("", decoded, count=1)


@lru_cache(maxsize=1024)
def declared_source_type(value: str) -> SourceType:
    """The type that a Digital Source Type field names: by URI, as `digsrctype:` code, or by the bare term."""
    text = value[:300].strip()
    if "/" not in text:
        text = _IPTC + text.rpartition(":")[2]
    return source_type(text)


CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "comfyui": comfyui,
    "aigc": aigc,
    "aigc_wrapped": aigc_wrapped,
    "source_class": lambda value: declared_source_type(value).class_.value,
    "source_types": lambda value: declared_source_type(value).name,
}
