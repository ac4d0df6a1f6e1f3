"""What folders refuse (spec flux-apis, B.4 and E)."""

from chalicelib.web.errors import Refusal
from chalicelib.web.management import FactsRefusal


class FolderNotFoundError(Refusal):
    """The environment has no such folder."""

    status = 404
    code = "folder_not_found"
    text = "Folder not found"


class FolderAliasExistsError(Refusal):
    """A sibling has this alias."""

    status = 422
    code = "folder_alias_exists"
    text = "A folder with this alias exists there"


class FolderNotEmptyError(Refusal):
    """The folder has folders below it."""

    status = 422
    code = "folder_not_empty"
    text = "The folder is not empty"


class StrictReferenceError(Refusal):
    """A strict folder needs what would go, or cannot stand where it would."""

    status = 422
    code = "strict_reference_error"
    text = "A strict folder depends on it"


class PlanLimitExceededError(FactsRefusal):
    """The account's plan holds no more of these; `detail` has `entity`, `limit` and `current`."""

    status = 422
    code = "plan_limit_exceeded"
    text = "The plan's limit is reached"
