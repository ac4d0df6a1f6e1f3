"""What the key service refuses."""

from chalicelib.web.errors import Refusal


class InvalidDekError(Refusal):
    """`dek` is not a non-empty UTF-8 string of at most 4,096 bytes."""

    status = 400
    code = "invalid_dek"


class InvalidEncDekError(Refusal):
    """`dekEnc` is malformed, altered, or wrapped under another key or context."""

    status = 400
    code = "invalid_enc_dek"


class KeyDisabledError(Refusal):
    """The KMS key is disabled or being deleted: an operator decided so, and trying again does not help."""

    status = 403
    code = "key_disabled"
    text = "The master key is disabled; an operator must enable it"


class GenerationInUseError(Refusal):
    """A key generation that is still needed is not retired."""

    status = 409
    code = "generation_in_use"
