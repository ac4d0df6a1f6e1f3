"""Makes the OpenAPI 3.1 description of what is mounted, out of the operations that are written down for it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from chalicelib.openapi import security
from chalicelib.openapi.operations import NOTHING, Answer, Chapter, Operation, Parameter
from chalicelib.openapi.parameters import PATHS
from chalicelib.web.describing import refused

Mounted = Iterable[tuple[str, str, str]]
"""What there is: name of the service, verb, path."""
_TEMPLATE = "#/components/schemas/{model}"
_ABOUT = """Every answer has an `X-Request-Id`, which also stands in the log. A path may end in a slash.
A verb that a path does not have is 405 `method_not_allowed`, with `Allow`."""


def document(mounted: Mounted, chapters: Mapping[str, Chapter], base_url: str) -> dict[str, Any]:
    """The description of what is mounted.

    Args:
        mounted: What there is.
        chapters: By the name of their service.
        base_url: Where it is served.

    Raises:
        KeyError: Something is mounted that no chapter describes.
    """
    every = sorted(set(mounted), key=lambda one: (list(chapters).index(one[0]), one[2], one[1]))
    found = [(chapters[name], verb, path, chapters[name].operations[verb, path]) for name, verb, path in every]
    shapes = _Shapes([one for chapter, _, _, operation in found for one in _shapes(chapter, operation)])
    paths: dict[str, Any] = {}
    for chapter, verb, path, operation in found:
        paths.setdefault(path.replace("+}", "}"), {})[verb.lower()] = _operation(chapter, verb, path, operation, shapes)
    names = {name for *_, operation in found for name in operation.security if name != NOTHING}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fluxvault", "version": "1", "description": _ABOUT},
        "servers": [{"url": base_url.rstrip("/") or "/"}],
        "tags": [{"name": title} for title in dict.fromkeys(chapter.title for chapter, *_ in found)],
        "paths": paths,
        "components": {
            "schemas": shapes.named,
            "responses": dict(sorted(shapes.answers.items())),
            "securitySchemes": {name: security.SCHEMES[name] for name in sorted(names)},
        },
    }


class _Shapes:
    """The JSON Schemas of shapes; those with a name of their own stand together, and are referred to."""

    def __init__(self, shapes: Sequence[Any]) -> None:
        once = {repr(shape): shape for shape in shapes}
        self._found, whole = TypeAdapter.json_schemas(
            [(key, "validation", TypeAdapter(shape)) for key, shape in once.items()], ref_template=_TEMPLATE
        )
        self.named: JsonSchemaValue = whole.get("$defs", {})

        self.answers: dict[str, Any] = {}
        """Answers of refusals, which many operations share."""

    def answer(self, chapter: Chapter, status: int, answer: Mapping[str, Any]) -> str:
        """Where an answer stands."""
        codes = re.findall(r"^`([a-z_]+)`", answer["description"], re.MULTILINE)
        name = "-".join([chapter.error.__name__, str(status), *codes, *([] if "content" in answer else ["bodyless"])])
        self.answers[name] = answer
        return f"#/components/responses/{name}"

    def of(self, shape: Any) -> JsonSchemaValue:
        """The schema of one of them."""
        return self._found[repr(shape), "validation"]


def _shapes(chapter: Chapter, operation: Operation) -> Iterator[Any]:
    yield chapter.error
    yield from (answer.shape for answer in operation.answers if answer.shape is not None)
    if operation.body is not None:
        yield operation.body.shape


def _operation(chapter: Chapter, verb: str, path: str, operation: Operation, shapes: _Shapes) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": re.sub(r"[^A-Za-z0-9]+", "_", f"{verb.lower()}{path}").strip("_"),
        "summary": operation.summary,
        "tags": [chapter.title],
    }
    parameters = [*_in_path(path), *_in_query(operation.query)]
    if parameters:
        found["parameters"] = parameters
    if operation.body is not None:
        content = {media: {"schema": shapes.of(operation.body.shape)} for media in operation.body.media}
        found["requestBody"] = {"required": operation.body.required, "content": content}
    answers: dict[int, dict[str, Any]] = {}
    for answer in operation.answers:
        _add(answers, answer, shapes, bodyless=verb == "HEAD")
    schema = None if verb == "HEAD" else shapes.of(chapter.error)
    found["responses"] = {str(status): answers[status] for status in sorted(answers)}
    for status, refusal in refused(operation.refusals, schema, chapter.code).items():
        found["responses"][str(status)] = {"$ref": shapes.answer(chapter, status, refusal)}
    found["security"] = [{name: []} if name != NOTHING else {} for name in operation.security]
    return found


def _add(answers: dict[int, dict[str, Any]], answer: Answer, shapes: _Shapes, *, bodyless: bool) -> None:
    """Add an answer; those of one status differ in their media types."""
    there = answers.setdefault(int(answer.status), {"description": answer.text})
    if answer.media and not bodyless and answer.status != HTTPStatus.NOT_MODIFIED:
        schema = {"schema": shapes.of(answer.shape)} if answer.shape is not None else {}
        there.setdefault("content", {})[answer.media] = schema


def _in_path(path: str) -> list[dict[str, Any]]:
    return [_parameter(PATHS[name], "path") for name in re.findall(r"\{([a-z_]+)\+?\}", path)]


def _in_query(query: Sequence[Parameter] | type[BaseModel]) -> list[dict[str, Any]]:
    if not isinstance(query, type):
        return [_parameter(one, "query") for one in query]
    schema = query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": value}
        for name, value in schema["properties"].items()
    ]


def _parameter(one: Parameter, where: str) -> dict[str, Any]:
    schema = TypeAdapter(one.type).json_schema()
    required = one.required or where == "path"
    return {"name": one.name, "in": where, "required": required, "description": one.text, "schema": schema}
