"""The benches are found in a checkout and in a wheel."""

from pathlib import Path

from hwgen import benches

ROOT = Path(__file__).parents[1]


def test_a_checkout_uses_its_own_folder():
    assert benches.folder() == ROOT / "sim"


def test_a_wheel_uses_what_it_carries(tmp_path, monkeypatch):
    (tmp_path / "_benches").mkdir()
    monkeypatch.setattr(benches, "PACKAGE", tmp_path)

    assert benches.folder() == tmp_path / "_benches"
