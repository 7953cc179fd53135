"""What tests of design files share."""

import pytest

from hwgen.config import load
from hwgen.errors import UserError

__all__ = ["complaint", "write"]


def write(folder, text, name="design.yaml"):
    """Write a design file and return what a user would type."""
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(data)
    return name


def complaint(source):
    """Return the one line that is said about a design."""
    with pytest.raises(UserError) as caught:
        load(source)
    message = str(caught.value)
    assert "\n" not in message
    return message
