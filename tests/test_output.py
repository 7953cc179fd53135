"""Single files of results: where they may go, and what is left when it fails."""

import os
import re
from pathlib import Path

import pytest

from hwgen.errors import UserError
from hwgen.output import check_file, write_file


def refusal(out, is_earlier=bool):
    with pytest.raises(UserError) as caught:
        check_file(out, is_earlier)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{out}: must be ")
    return message.removeprefix(f"{out}: must be ")


def test_a_new_file_and_an_earlier_result_may_be_written(tmp_path):
    out = tmp_path / "a"

    check_file(out, lambda _: False)
    write_file(out, lambda file: file.write_text("first"))
    check_file(out, lambda file: file.read_text() == "first")
    write_file(out, lambda file: file.write_text("second"))

    assert out.read_text() == "second"
    assert list(tmp_path.iterdir()) == [out]
    assert refusal(out, lambda _: False) == ("new or an earlier result of hwgen, not another file")


def test_a_pipe_is_refused_and_never_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")

    for name in ("pipe", "link"):
        told = refusal(tmp_path / name, lambda file: file.read_bytes())
        assert told == "a file to write, not a device, pipe or socket"
    assert refusal(tmp_path) == "a file to write, not a folder"


def test_names_that_cannot_be_written_are_refused(tmp_path):
    (tmp_path / "circle").symlink_to("circle")

    assert refusal(tmp_path / ("a" * 256)).startswith(
        "a file that can be written, not file name too long"
    )
    assert refusal(tmp_path / "circle").startswith("a file that can be written, not too many")
    assert refusal(tmp_path / "no" / "a") == f"in a folder that exists, not '{tmp_path / 'no'}'"


def test_the_longest_name_can_be_written(tmp_path):
    out = tmp_path / ("a" * 255)

    check_file(out, bool)
    write_file(out, lambda file: file.write_text(""))

    assert out.is_file()


def test_a_folder_that_takes_no_file_is_refused(tmp_path, monkeypatch):
    def closed(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hwgen.output.tempfile.mkdtemp", closed)

    assert refusal(tmp_path / "a") == "a file that can be written, not permission denied"


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "deep").mkdir()
    out = tmp_path / "link"
    out.symlink_to("deep/real")

    for text in ("first", "second"):
        check_file(out, bool)
        write_file(out, lambda file, text=text: file.write_text(text))

    assert out.readlink() == Path("deep/real")
    assert (tmp_path / "deep" / "real").read_text() == "second"
    assert not (tmp_path / "deep" / "real").is_symlink()


def test_a_file_stays_as_it_was_when_writing_fails(tmp_path):
    out = tmp_path / "a"
    out.write_text("first")

    def full(file):
        file.write_text("half")
        raise OSError(28, "No space left on device")

    message = f"{out}: must be a file that can be written, not no space left on device"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        write_file(out, full)

    assert out.read_text() == "first"
    assert list(tmp_path.iterdir()) == [out]
