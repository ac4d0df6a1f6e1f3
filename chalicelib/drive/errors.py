"""What the drive refuses (seed 001, Authentication & Errors; spec drive, Endpoints)."""

from chalicelib.web.errors import Refusal


class FileNotFoundInAccountError(Refusal):
    """This account has not pinned this hash; whether another has is not told."""

    status = 404
    code = "file_not_found"
    text = "File not found"


class InvalidHashError(Refusal):
    """No hash was given, or it is not a CIDv0."""

    status = 400
    code = "invalid_hash"
    text = "Invalid or missing hash"


class NoFileError(Refusal):
    """A put without any file."""

    status = 400
    code = "no_file_provided"
    text = "No file provided"


class TooManyFilesError(Refusal):
    """One put takes at most 1,000 files."""

    status = 400
    code = "too_many_files"
    text = "Too many files: at most 1000 in one request"


class FileTooLargeError(Refusal):
    """One file is over the limit."""

    status = 413
    code = "file_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"File size exceeds {most // 2**20}Mb")


class InvalidNameError(Refusal):
    """A file name is empty, or longer than 1,024 bytes in UTF-8."""

    status = 400
    code = "invalid_name"
    text = "Invalid file name: 1 to 1024 bytes of UTF-8"


class TooManyNamesError(Refusal):
    """An account may hold one content under 40 names."""

    status = 400
    code = "too_many_names"
    text = "Too many names"
