"""What versions of a schema and their fields refuse (spec flux-apis, B.5, B.6 and E)."""

from collections.abc import Sequence
from typing import Any

from chalicelib.web.errors import Refusal
from chalicelib.web.management import FactsRefusal


class VersionNotFoundError(Refusal):
    """The folder's schema has no such version."""

    status = 404
    code = "schema_version_not_found"
    text = "Schema version not found"


class FieldNotFoundError(Refusal):
    """The version has no such field."""

    status = 404
    code = "field_not_found"
    text = "Field not found"


class FieldExistsError(Refusal):
    """The version has a field of this key in the same place."""

    status = 422
    code = "field_exists"
    text = "A field with this key exists there"


class VersionPublishedError(Refusal):
    """The version was published, and never changes again."""

    status = 422
    code = "version_already_published"
    text = "The version was published, and cannot change: copy it into a new one"


class TooManyVersionsError(Refusal):
    """The folder has as many drafts as it may."""

    status = 422
    code = "too_many_versions"
    text = "Maximum number of draft versions reached"


class SchemaNotPublishedError(Refusal):
    """The folder has no published version that a resource could fit."""

    status = 422
    code = "schema_not_published"
    text = "The folder has no published schema version"


class DataInvalidError(FactsRefusal):
    """A document does not fit its schema; `detail` has `errors`, each with `json_path` and `message`."""

    status = 422
    code = "data_validation_error"
    text = "The data does not fit the schema"

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__({"errors": list(errors)})


def misfit(path: str, problem: str) -> DataInvalidError:
    """A refusal of a document for one reason."""
    return DataInvalidError([{"json_path": path, "message": problem}])
