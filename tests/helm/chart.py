"""The chart as Helm renders it, and its manifests as Kubernetes takes them."""

import functools
import json
from pathlib import Path

import helm_python as helm
import kubernetes_validate
import yaml
from kubernetes_validate import utils as kubernetes_schemas

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "nsps-connector"

# The versions of Kubernetes that the chart names in `kubeVersion`, oldest first.
VERSIONS = [
    v for v in dict.fromkeys(kubernetes_schemas.all_versions()) if kubernetes_schemas.Version(v).release >= (1, 27)
]

# What every installation must give, besides the defaults.
LEAST = {"apiToken": {"existingSecret": "nsps"}, "mappings": {"files": {"hss.yaml": "version: 1\n"}}}

# The same files are read for every manifest otherwise.
kubernetes_schemas.schema_contents = functools.cache(kubernetes_schemas.schema_contents)


class StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML in which no key is there twice: the first one would be lost without a word."""


def _mapping(loader, node):
    seen = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.YAMLError(f"`{key.value}` is there twice, {key.start_mark}")
        seen.add(key.value)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def merged(*layers):
    """Values over values, as Helm lays them; a later layer wins."""
    result = {}
    for layer in layers:
        for key, value in layer.items():
            old = result.get(key)
            both = isinstance(value, dict) and isinstance(old, dict)
            result[key] = merged(old, value) if both else value
    return result


@functools.cache
def _loaded():
    return helm.Chart.load(CHART)


def render(values, name="demo", namespace="prod"):
    """What `helm template` prints, by template; values.schema.json is held first, as Helm does."""
    chart = _loaded()
    chart.validate_schema(values)
    rendered = chart.render(values, name=name, namespace=namespace)
    return {path.removeprefix("nsps-connector/templates/"): text for path, text in rendered.items()}


def manifests(rendered):
    """Every object, without the notes for people."""
    objects = []
    for path, text in sorted(rendered.items()):
        if path != "NOTES.txt":
            objects += [one for one in yaml.load_all(text, StrictLoader) if one is not None]
    return objects


def of_kind(objects, kind):
    return [one for one in objects if one["kind"] == kind]


def one_of_kind(objects, kind):
    (found,) = of_kind(objects, kind)
    return found


def refusal(values, **release):
    """What Helm says against these values, or None."""
    try:
        render(values, **release)
    except helm.HelmError as error:
        return str(error)
    return None


_valid = set()


def faults(manifest, version):
    """What Kubernetes of that version has against a manifest: unknown fields, wrong types, missing ones."""
    known = (version, json.dumps(manifest, sort_keys=True))
    if known in _valid:
        return []
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = ".".join(str(part) for part in error.path)
        return [f"{manifest['kind']} {manifest['metadata']['name']}, Kubernetes {version}: {place}: {error.message}"]
    _valid.add(known)
    return []


def linted(values):
    """What `helm lint --strict` has against the chart; advice (severity 1) is none of it."""
    report = helm.lint(CHART, values, strict=True)
    return [m for m in report["messages"] if m["severity"] > 1] + report["errors"]
