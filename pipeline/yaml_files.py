"""Reads YAML the way an operator means it: safe types only, and a key that stands twice is an error."""

from pathlib import Path
from typing import Any

import yaml

from lowbackground.pipeline.errors import ConfigError

MAX_BYTES = 1 << 20  # a policy or a table of priors is a few kilobytes


class _UniqueKeys(yaml.SafeLoader):
    """YAML keeps the last of two equal keys without a word; a rule would silently lose a condition."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node.

        Raises:
            yaml.MarkedYAMLError: a key stands twice.
        """
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue  # the base class refuses keys that are no scalars
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """The value in a YAML file.

    Raises:
        ConfigError: the file is missing, too large or not YAML, or a key in it stands twice.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); name an existing YAML file") from error
    return parse_yaml(data, str(path))


def parse_yaml(data: bytes, where: str) -> Any:
    """The value of a YAML document; `where` begins every message.

    Raises:
        ConfigError: it is too large or not YAML, or a key in it stands twice.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{where}: has {len(data)} bytes, more than {MAX_BYTES}; is it the file you meant?")
    try:
        return yaml.load(data.decode("utf-8"), _UniqueKeys)  # noqa: S506 - a SafeLoader, only stricter
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: is not YAML: {_place_and_problem(error)}") from error


def _place_and_problem(error: Exception) -> str:
    """On one line: where it is, what is wrong, and where the thing began that it is in."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    mark, begun = error.problem_mark, error.context_mark
    within = f" ({error.context}, begun in line {begun.line + 1})" if error.context and begun is not None else ""
    return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}{within}"
