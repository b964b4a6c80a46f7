"""The C2PA manifests of one asset as a tree: what it was made from, by whom, in which steps."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lowbackground.manifests.chain import MAX_DEPTH
from lowbackground.manifests.manifest import Action, Ingredient, Manifest, manifests_of, text

MAX_NODES = 200  # of one tree; the longest published chain has about twenty manifests
MAX_STEPS = 50  # and failures, of one manifest; editors write about ten
_ELSEWHERE = ("cawg.", "signingCredential.untrusted")  # authorship is another question; trust has a field of its own


@dataclass(frozen=True, slots=True)
class Step:
    """An action that a manifest reports; `source_type` is the last part of its digital source type."""

    action: str
    source_type: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """One manifest, or an ingredient that has none (then `label` is null).

    `relationship` is the one to the node above, null at the top. `signer` is what the certificate calls itself;
    `trusted` says whether the reader found somebody who vouches for it. `broken`: hash or signature failed here or on
    the way here, and `failures` says how. `repeated`: stands elsewhere in the tree, and its parts with it. `cut`: there is more than is shown.
    """

    relationship: str | None
    label: str | None
    title: str | None = None
    signer: str | None = None
    trusted: bool = False
    generator: str | None = None
    steps: tuple[Step, ...] = ()
    failures: tuple[str, ...] = ()
    broken: bool = False
    repeated: bool = False
    cut: bool = False
    parts: tuple["Node", ...] = ()

    @property
    def broken_below(self) -> bool:
        """Whether something that it was made from, however far back, is broken."""
        return any(part.broken or part.broken_below for part in self.parts)

    def to_json(self) -> dict[str, Any]:
        """As JSON, the same keys at every level."""
        return asdict(self)


def manifest_tree(crjson: Mapping[str, Any]) -> Node | None:
    """The tree below the active manifest of a store, from the reader's conformance JSON; null without a manifest."""
    manifests = manifests_of(crjson)
    if not manifests:
        return None
    titles = {label: title for label, title in _titles(crjson) if title}
    return _Growth({one.label: one for one in manifests}, titles).node(manifests[0], None, 0)


def _titles(crjson: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    for entry in crjson["manifests"]:
        if not isinstance(entry, dict):
            continue
        claim = entry.get("claim.v2") or entry.get("claim")
        title = claim.get("dc:title") if isinstance(claim, dict) else None
        yield text(entry.get("label")) or "", text(title)


class _Growth:
    """Walks a store once, however its manifests refer to each other."""

    def __init__(self, manifests: Mapping[str, Manifest], titles: Mapping[str, str]) -> None:
        self._manifests = manifests
        self._titles = titles
        self._seen: set[str] = set()
        self._left = MAX_NODES

    def node(self, manifest: Manifest, edge: Ingredient | None, depth: int) -> Node:
        repeated = manifest.label in self._seen
        self._seen.add(manifest.label)
        parts = [] if repeated or depth >= MAX_DEPTH else list(self._parts(manifest, depth))
        own = {code for code in manifest.codes.failure if not code.startswith(_ELSEWHERE)}
        failures = tuple(sorted(own.union(edge.failures if edge else ())))[:MAX_STEPS]
        return Node(
            relationship=edge.relationship if edge else None,
            label=manifest.label,
            title=self._titles.get(manifest.label),
            signer=_signer(manifest.certificate),
            trusted="signingCredential.trusted" in manifest.codes.success,
            generator=manifest.generator,
            steps=() if repeated else tuple(map(_step, manifest.actions[:MAX_STEPS])),
            failures=() if repeated else failures,
            broken=edge.broken if edge else False,
            repeated=repeated,
            cut=not repeated and (len(parts) < len(manifest.ingredients) or len(manifest.actions) > MAX_STEPS),
            parts=tuple(parts),
        )

    def _parts(self, manifest: Manifest, depth: int) -> Iterator[Node]:
        for ingredient in manifest.ingredients:
            if self._left == 0:
                return
            self._left -= 1
            below = self._manifests.get(ingredient.manifest) if ingredient.manifest else None
            if below is None:
                yield Node(
                    ingredient.relationship,
                    ingredient.manifest,
                    failures=ingredient.failures[:MAX_STEPS],
                    broken=ingredient.broken,
                )
            else:
                yield self.node(below, ingredient, depth + 1)


def _step(action: Action) -> Step:
    return Step(action.name, action.source.name if action.source else None, action.agent or None)


def _signer(certificate: Mapping[str, Any] | None) -> str | None:
    subject = (certificate or {}).get("subject")
    if not isinstance(subject, dict):
        return None
    names = [name for key in ("O", "CN") if (name := text(subject.get(key)))]
    return " / ".join(names) or None
