"""What APIs and their connections refuse (seed 002)."""

from chalicelib.web.errors import Refusal


class ApiNotFoundError(Refusal):
    """The environment has no such API."""

    status = 404
    code = "api_not_found"
    text = "API not found"


class ApiPrefixExistsError(Refusal):
    """Another API of the environment has this prefix."""

    status = 422
    code = "api_prefix_exists"
    text = "An API with this prefix exists"


class TooManyApisError(Refusal):
    """The environment has as many APIs as it may."""

    status = 422
    code = "too_many_apis"
    text = "Maximum number of APIs reached"


class FolderAlreadyConnectedError(Refusal):
    """The folder is connected to this API."""

    status = 422
    code = "folder_already_connected_to_api"
    text = "The folder is already connected to this API"
