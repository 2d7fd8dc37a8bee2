"""Read a CloudFormation template and resolve what it would deploy."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ACCOUNT = "123456789012"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": "us-east-1",
    "AWS::Partition": "aws",
    "AWS::StackName": "stack",
    "AWS::NoValue": None,
}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Sub x` becomes `{"Fn::Sub": x}`."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt":
        value = value.split(".")
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


def load(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(), _Loader)


def parameters(template: Mapping[str, Any], **given: str) -> dict[str, Any]:
    """The values of all parameters: what is given, else their defaults."""
    defaults = {
        name: parameter.get("Default", f"a-{name}")
        for name, parameter in template["Parameters"].items()
    }
    return defaults | given


def resolve(
    value: Any, template: Mapping[str, Any], values: Mapping[str, Any] | None = None
) -> Any:
    """A part of the template without references.

    A resource stands for its name where the template gives one, else for its logical id.
    """
    values = values if values is not None else parameters(template)

    def go(value: Any) -> Any:
        if isinstance(value, list):
            return [go(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (key, argument), *_ = value.items()
            if key == "Ref":
                return reference(argument)
            if key == "Fn::Sub":
                return re.sub(
                    r"\$\{([^}!]+)\}", lambda found: str(reference(found.group(1))), argument
                )
            if key == "Fn::GetAtt":
                return reference(".".join(argument))
            if key == "Fn::Equals":
                return go(argument[0]) == go(argument[1])
            if key == "Fn::Not":
                return not go(argument[0])
            if key == "Fn::And":
                return all(map(go, argument))
            if key == "Fn::If":
                return go(argument[1] if holds(argument[0]) else argument[2])
            if key == "Fn::Base64":
                return go(argument)
        resolved = {name: go(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not None}

    def reference(name: str) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in values:
            return values[name]
        name, _, attribute = name.partition(".")
        resource = template["Resources"][name]
        physical = go(_given_name(resource["Properties"]) or name)
        if attribute == "Arn":
            return _arn(resource["Type"], physical)
        return f"{physical}.{attribute}" if attribute else physical

    def holds(condition: str) -> bool:
        return bool(go(template["Conditions"][condition]))

    return go(value)


def _given_name(properties: Mapping[str, Any]) -> Any:
    names = ("Name", "BucketName", "LogGroupName", "TopicName")
    given = [properties[name] for name in names if name in properties]
    return given[0] if given else properties.get("DatabaseInput", {}).get("Name")


def _arn(kind: str, name: str) -> str:
    if kind == "AWS::S3::Bucket":
        return f"arn:aws:s3:::{name}"
    if kind == "AWS::Logs::LogGroup":
        return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}:*"
    return f"arn:aws:{kind.split('::')[1].lower()}:us-east-1:{ACCOUNT}:{name}"


def is_deployed(
    resource: Mapping[str, Any], template: Mapping[str, Any], values: Mapping[str, Any]
) -> bool:
    """Whether a resource's condition holds."""
    condition = resource.get("Condition")
    return condition is None or bool(resolve(template["Conditions"][condition], template, values))


def policies(
    template: Mapping[str, Any], values: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every identity policy of the template, resolved, by the resource it stands in."""
    for name, resource in template["Resources"].items():
        properties = resource["Properties"]
        if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            yield name, resolve(properties["PolicyDocument"], template, values)
        for inline in properties.get("Policies", []):
            yield name, resolve(inline["PolicyDocument"], template, values)


def statements(policy: Mapping[str, Any]) -> Iterator[tuple[list[str], list[str], dict[str, Any]]]:
    """Actions, resources and conditions of each statement that allows."""
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        yield (
            _listed(statement["Action"]),
            _listed(statement["Resource"]),
            statement.get("Condition", {}),
        )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
