"""What a chain of manifests says about the origin of the content, folded over what each was made from.

The statement that matters is often not in the active manifest: a picture generated in one step and converted in the
next says so only in its ingredient. The rules are those of the C2PA conformance programme's asset rubrics for one
manifest, and of C2PA 2.2, 10.3 (ingredients) for how manifests combine; where two statements contradict each other
the one that excludes wins: synthetic, mixed, procedural, unknown, human.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from lowbackground.manifests.credential import Claim
from lowbackground.manifests.manifest import Action, Ingredient, Manifest
from lowbackground.manifests.source_types import GENERATIVE, SourceClass, is_ai_agent, is_editorial

MAX_DEPTH = 50  # manifests from the active one down; c2pa-rs gives up at 200
HUMAN = frozenset({Claim.HUMAN_CAPTURE, Claim.HUMAN_MADE})
AI = frozenset({Claim.SYNTHETIC, Claim.MIXED})

_RANK = {
    Claim.SYNTHETIC: 0,
    Claim.MIXED: 1,
    Claim.PROCEDURAL: 2,
    Claim.UNKNOWN: 3,
    Claim.HUMAN_MADE: 4,
    Claim.HUMAN_CAPTURE: 5,
}
_CLAIMS = {
    SourceClass.HUMAN_CAPTURE: Claim.HUMAN_CAPTURE,
    SourceClass.HUMAN_MADE: Claim.HUMAN_MADE,
    SourceClass.SYNTHETIC: Claim.SYNTHETIC,
    SourceClass.MIXED: Claim.MIXED,
    SourceClass.PROCEDURAL: Claim.PROCEDURAL,
}
_CONTENT = frozenset({"parentOf", "componentOf"})  # what the content is made of; `inputTo` is only what was asked with
_INCEPTIONS = frozenset({"c2pa.created", "c2pa.opened"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where some content comes from, by its manifests.

    `path` leads from the manifest asked about to the one that made the claim; `manifests` are all that the answer
    rests on. `open_canvas`: begun as a blank or as a composition, so that what was placed decides.
    `by_agent`: known only by the name of the software. `composed`: put together from several pictures.
    """

    claim: Claim
    path: tuple[str, ...] = ()
    manifests: frozenset[str] = frozenset()
    may_contain_ai: bool = False
    history_incomplete: bool = False
    enhanced: bool = False
    composed: bool = False
    by_agent: bool = False
    open_canvas: bool = False


@dataclass(slots=True)
class _Fold:
    """One walk over a store. `trusting` follows ingredients that were found broken, too."""

    manifests: Mapping[str, Manifest]
    trusting: bool
    known: dict[str, Origin] = field(default_factory=dict)

    def origin(self, label: str, depth: int = 0) -> Origin:
        """The origin of one manifest's content; unknown where the chain is too deep or leads back to itself."""
        manifest = self.manifests.get(label)
        if manifest is None or depth > MAX_DEPTH:
            return Origin(Claim.UNKNOWN, may_contain_ai=True)
        if label not in self.known:
            self.known[label] = Origin(Claim.UNKNOWN, may_contain_ai=True)
            base = _with_edits(self._base(manifest, depth), manifest)
            found = self._with_components(base, manifest, depth)
            self.known[label] = replace(
                found,
                path=(label, *found.path),
                manifests=found.manifests | {label},
                may_contain_ai=found.may_contain_ai or (found.open_canvas and found.claim is Claim.UNKNOWN),
                history_incomplete=found.history_incomplete or _is_history_incomplete(manifest),
                open_canvas=False,
            )
        return self.known[label]

    def _base(self, manifest: Manifest, depth: int) -> Origin:
        """What the content was before this manifest's edits: created here, or taken over from a parent."""
        found = [_stated(action) for action in manifest.actions if action.name in _INCEPTIONS and _says(action)]
        found += [self._follow(parent, depth) for parent in _of(manifest, "parentOf")]
        return _strictest(found) if found else Origin(Claim.UNKNOWN)

    def _with_components(self, base: Origin, manifest: Manifest, depth: int) -> Origin:
        """The base with what was placed into it."""
        parts = [self._follow(part, depth) for part in _of(manifest, "componentOf")]
        if not parts:
            placed = any(action.name == "c2pa.placed" for action in manifest.actions)
            return replace(base, may_contain_ai=base.may_contain_ai or placed)
        worst = _strictest(parts)
        together = replace(_merged(base, parts), composed=True)
        if worst.claim in AI and base.claim not in AI:
            return replace(together, claim=Claim.MIXED, path=worst.path)
        if worst.claim in HUMAN and base.open_canvas and base.claim is Claim.UNKNOWN:
            return replace(together, claim=worst.claim, path=worst.path)
        if worst.claim is Claim.UNKNOWN and base.claim not in AI:
            return replace(together, may_contain_ai=True)
        if base.claim not in HUMAN:
            return together
        return replace(together, claim=_strictest([base, worst]).claim if worst.claim in HUMAN else Claim.UNKNOWN)

    def _follow(self, ingredient: Ingredient, depth: int) -> Origin:
        """The origin of an ingredient, as far as its edge can be believed."""
        if ingredient.manifest is None or ingredient.manifest not in self.manifests:
            return Origin(Claim.UNKNOWN)
        if ingredient.broken and not self.trusting:
            return Origin(Claim.UNKNOWN, may_contain_ai=True)
        found = self.origin(ingredient.manifest, depth + 1)
        if found.claim in HUMAN and not ingredient.verified:
            return replace(found, claim=Claim.UNKNOWN)
        return found


def _of(manifest: Manifest, relationship: str) -> list[Ingredient]:
    return [one for one in manifest.ingredients if one.relationship == relationship]


def _says(action: Action) -> bool:
    """Whether an inception says anything by itself: opening a file without a type leaves it to the parent."""
    return action.name == "c2pa.created" or action.source is not None


def _stated(action: Action) -> Origin:
    """What an inception states. A human origin counts only as the signer's own word."""
    if action.source is None:
        by_agent = is_ai_agent(action.agent)
        return Origin(Claim.SYNTHETIC if by_agent else Claim.UNKNOWN, by_agent=by_agent)
    claim = _CLAIMS.get(action.source.class_, Claim.UNKNOWN)
    if claim in HUMAN and not action.own:
        claim = Claim.UNKNOWN
    return Origin(
        claim,
        may_contain_ai=action.source.possibly_ai and claim is not Claim.UNKNOWN,
        enhanced=action.source.class_ is SourceClass.ENHANCED,
        open_canvas=action.source.class_ in {SourceClass.COMPOSITION, SourceClass.BLANK},
    )


def _with_edits(base: Origin, manifest: Manifest) -> Origin:
    """The base after the edits of one manifest; those without a type change nothing that is known."""
    edits = [one for one in manifest.actions if one.name not in _INCEPTIONS and is_editorial(one.name)]
    classes = [one.source.class_ for one in edits if one.source is not None]
    found = replace(
        base,
        may_contain_ai=base.may_contain_ai
        or any(one.source.possibly_ai if one.source else is_ai_agent(one.agent) for one in edits),
        enhanced=base.enhanced or SourceClass.ENHANCED in classes,
    )
    if base.open_canvas and base.claim is Claim.UNKNOWN and classes:
        return replace(found, claim=_painted(edits))
    if base.claim is not Claim.SYNTHETIC and GENERATIVE.intersection(classes):
        return replace(found, claim=Claim.MIXED, path=())
    return found


def _painted(edits: Iterable[Action]) -> Claim:
    """What was put onto a blank canvas: all of one kind, or partly generated, or unknown."""
    claims = {
        _CLAIMS.get(one.source.class_, Claim.UNKNOWN)
        for one in edits
        if one.source and (one.own or one.source.class_ in GENERATIVE)
    }
    if claims == {Claim.SYNTHETIC}:
        return Claim.SYNTHETIC
    if claims & AI:
        return Claim.MIXED
    return Claim.HUMAN_MADE if claims == {Claim.HUMAN_MADE} else Claim.UNKNOWN


def _strictest(origins: list[Origin]) -> Origin:
    """The origin that excludes most, with what the others leave open."""
    return _merged(min(origins, key=lambda one: _RANK[one.claim]), origins)


def _merged(one: Origin, others: Iterable[Origin]) -> Origin:
    """`one`, resting on the manifests of all and leaving open what any of them does."""
    everyone = [one, *others]
    return replace(
        one,
        manifests=frozenset[str]().union(*(origin.manifests for origin in everyone)),
        may_contain_ai=any(origin.may_contain_ai for origin in everyone),
        history_incomplete=any(origin.history_incomplete for origin in everyone),
        enhanced=any(origin.enhanced for origin in everyone),
        composed=any(origin.composed for origin in everyone),
    )


def _is_history_incomplete(manifest: Manifest) -> bool:
    """Whether something was worked on by steps that the manifest may not name, or names in no common language."""
    if any(not one.name.startswith("c2pa.") or one.name == "c2pa.unknown" for one in manifest.actions):
        return True
    worked_on = any(one.name != "c2pa.created" and is_editorial(one.name) for one in manifest.actions)
    return (worked_on or bool(_of(manifest, "parentOf"))) and not manifest.all_actions_included


@dataclass(frozen=True, slots=True)
class Chain:
    """The answer for a store.

    `origin` follows only edges that hold. `by_broken_edge` is the AI claim that is reached only over an edge that
    does not, null where there is none. `reached` are the manifests below the active one, itself included, that make
    up its content; `unreferenced` those of the store that nothing below the active one names.
    """

    origin: Origin
    by_broken_edge: Origin | None
    reached: tuple[str, ...]
    unreferenced: bool


def fold(manifests: Iterable[Manifest], labels: Iterable[str] = ()) -> Chain:
    """Fold the chain of a store, first the active manifest; `labels` are those of all manifests that it holds."""
    given = list(manifests)
    by_label = {one.label: one for one in reversed(given)}
    active = given[0].label
    origin = _Fold(by_label, trusting=False).origin(active)
    trusting = origin if origin.claim in AI else _Fold(by_label, trusting=True).origin(active)
    named = reached(by_label, active)
    return Chain(
        origin,
        trusting if trusting.claim in AI and origin.claim not in AI else None,
        reached(by_label, active, _CONTENT),
        len(by_label) < len(given) or not set(named).issuperset(by_label) or not set(named).issuperset(labels),
    )


def reached(
    manifests: Mapping[str, Manifest], active: str, relationships: frozenset[str] | None = None
) -> tuple[str, ...]:
    """The manifests of a store that one of them names, directly or not, itself first; null follows any relationship."""
    found, waiting = {active: None}, [active]
    while waiting:
        for one in manifests[waiting.pop()].ingredients:
            label = one.manifest
            if label is not None and label in manifests and label not in found and _follows(one, relationships):
                found[label] = None
                waiting.append(label)
    return tuple(found)


def _follows(ingredient: Ingredient, relationships: frozenset[str] | None) -> bool:
    return relationships is None or ingredient.relationship in relationships
