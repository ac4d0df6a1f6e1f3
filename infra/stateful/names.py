"""What the resources of one deployment are called: as the settings say, or as CloudFormation works it out."""

from dataclasses import dataclass
from typing import Any, Self

from chalicelib.settings import Settings

APP = "fluxvault"
DEPLOYMENT = "Deployment"
"""The parameter of every template: which deployment it belongs to."""


def sub(text: str) -> dict[str, str]:
    """A text in which CloudFormation replaces `${...}`."""
    return {"Fn::Sub": text}


def own(rest: str) -> str:
    """A name that this deployment alone has in its account and region, for `sub`."""
    return f"{APP}-${{{DEPLOYMENT}}}-{rest}"


def imported(name: str) -> dict[str, Any]:
    """What another stack of the same deployment exports under this name."""
    return {"Fn::ImportValue": sub(own(name))}


def exported(name: str, value: Any) -> dict[str, Any]:
    """An output that the other stacks of the deployment import."""
    return {"Value": value, "Export": {"Name": sub(own(name))}}


@dataclass(frozen=True, slots=True)
class Names:
    """Names as a template takes them: texts, or functions of CloudFormation.

    Attributes:
        prefix: Of every table; a text for `Fn::Sub` where the deployment is a parameter.
        blob_bucket: Bucket of ciphertext.
        staging_bucket: Bucket of plaintext under way.
        alias: Alias of the master key.
        parametrised: Whether CloudFormation works them out.
    """

    prefix: str
    blob_bucket: Any
    staging_bucket: Any
    alias: Any
    parametrised: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As these settings say."""
        return cls(settings.table_prefix, settings.blob_bucket, settings.staging_bucket, settings.kms_key_id)

    @classmethod
    def deployed(cls) -> Self:
        """As on AWS, where names of buckets are everybody's: they end with the account and the region."""
        blobs, staging = (sub(own(f"{use}-${{AWS::AccountId}}-${{AWS::Region}}")) for use in ("blobs", "staging"))
        return cls(own(""), blobs, staging, sub(f"alias/{APP}-${{{DEPLOYMENT}}}"), parametrised=True)

    def prefixed(self, rest: str) -> Any:
        """The name of a table or a queue."""
        return sub(f"{self.prefix}{rest}") if self.parametrised else f"{self.prefix}{rest}"
