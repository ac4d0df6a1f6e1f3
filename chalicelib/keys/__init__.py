"""Key generations wrapped by KMS, and data encryption keys (DEKs) wrapped by generations (seed 000, decision 5)."""

from chalicelib.keys.errors import GenerationInUseError, InvalidEncDekError, KeyDisabledError
from chalicelib.keys.service import Keys

__all__ = ["GenerationInUseError", "InvalidEncDekError", "KeyDisabledError", "Keys"]
