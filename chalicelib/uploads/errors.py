"""What upload sessions refuse (spec drive, Large files)."""

from chalicelib.web.errors import Refusal


class UploadNotFoundError(Refusal):
    """This account has no such upload; one that ended is forgotten after a day."""

    status = 404
    code = "upload_not_found"
    text = "Upload not found"


class UploadEndedError(Refusal):
    """The upload is over, and the call is for one under way."""

    status = 409
    code = "upload_ended"
    text = "Upload has ended"


class UploadFailedError(Refusal):
    """The upload failed; the text says why, and nothing of it was kept."""

    status = 409
    code = "upload_failed"
    text = "Upload failed"


class PartsMissingError(Refusal):
    """Parts are not in, or not as long as they must be; `detail` names the first of them."""

    status = 400
    code = "parts_missing"
    text = "Parts are missing or have the wrong length"


class TooManyPartsError(Refusal):
    """The upload would have more than 10,000 parts."""

    status = 400
    code = "too_many_parts"
    text = "Too many parts: at most 10000 in one upload"
