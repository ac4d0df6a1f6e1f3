"""What resources and revisions refuse (spec flux-apis, B.7 and E)."""

from chalicelib.web.errors import Refusal


class ResourceNotFoundError(Refusal):
    """The folder has no such resource."""

    status = 404
    code = "resource_not_found"
    text = "Resource not found"


class RevisionNotFoundError(Refusal):
    """The resource has no such revision."""

    status = 404
    code = "revision_not_found"
    text = "Revision not found"


class RevisionPublishedError(Refusal):
    """The revision is, or was, published, and never changes again."""

    status = 422
    code = "revision_published"
    text = "The revision was published, and cannot change: make a new one"


class RevisionNotPublishedError(Refusal):
    """The revision is not the published one."""

    status = 422
    code = "revision_not_published"
    text = "The revision is not published"


class NothingPublishedError(Refusal):
    """The resource has no published revision, and so no data of its own."""

    status = 404
    code = "revision_not_found"
    text = "No revision of the resource is published"


class ExternalIdConflictError(Refusal):
    """Another resource of the folder has this external id."""

    status = 409
    code = "external_id_conflict"
    text = "A resource with this external id exists"
