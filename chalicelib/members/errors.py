"""What management refuses: callers, and changes of keys, roles, projects and environments (spec flux-apis, A.4, E)."""

from chalicelib.web.errors import Refusal


class AuthenticationFailedError(Refusal):
    """No credential, or one that is malformed, unknown or over: which is not told."""

    status = 401
    code = "authentication_failed"
    text = "Authentication credentials were not provided or are invalid"


class PermissionDeniedError(Refusal):
    """The caller is known, and may not do this."""

    status = 403
    code = "permission_denied"
    text = "You may not do this"


class EnvironmentNotFoundError(Refusal):
    """There is no such environment, or it is not the caller's: which is not told."""

    status = 404
    code = "environment_not_found"
    text = "Environment not found"


class UserExistsError(Refusal):
    """A user with this e-mail address exists."""

    status = 409
    code = "user_exists"
    text = "A user with this e-mail address exists"


class KeyMissingError(Refusal):
    """The environment has no such key."""

    status = 404
    code = "key_not_found"
    text = "Key not found"


class RoleNotFoundError(Refusal):
    """The environment has no such role."""

    status = 404
    code = "role_not_found"
    text = "Role not found"


class PermissionNotFoundError(Refusal):
    """The role has no permission for this content type, or not for this object."""

    status = 404
    code = "permission_not_found"
    text = "Permission not found"


class RoleInUseError(Refusal):
    """Keys have the role: without it they would be able to do everything, or nothing."""

    status = 422
    code = "role_in_use"
    text = "Keys have this role: give them another, or take them away, first"


class TooManyRolesError(Refusal):
    """The environment has as many roles as it may."""

    status = 422
    code = "too_many_roles"
    text = "Maximum number of roles reached"


class OrganizationNotFoundError(Refusal):
    """There is no such organisation, or it is not the caller's: which is not told."""

    status = 404
    code = "organization_not_found"
    text = "Organization not found"


class ProjectNotFoundError(Refusal):
    """The organisation has no such project."""

    status = 404
    code = "project_not_found"
    text = "Project not found"


class ProjectNotEmptyError(Refusal):
    """Environments are in the project."""

    status = 422
    code = "project_not_empty"
    text = "The project has environments: delete them first"


class EnvironmentNotEmptyError(Refusal):
    """APIs or folders are in the environment."""

    status = 422
    code = "environment_not_empty"
    text = "The environment has APIs or folders: delete them first"


class TooManyProjectsError(Refusal):
    """The account has as many projects as it may."""

    status = 422
    code = "too_many_projects"
    text = "Maximum number of projects reached"


class TooManyEnvironmentsError(Refusal):
    """The account has as many environments as it may."""

    status = 422
    code = "too_many_environments"
    text = "Maximum number of environments reached"
