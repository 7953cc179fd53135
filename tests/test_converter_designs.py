"""Designs that are no more than a converter's control: what they may say, and what refuses them."""

import json
import re
from dataclasses import asdict

import pytest

from hwgen.config import load
from hwgen.errors import UserError
from hwgen_models.converter import ConverterSpec
from hwgen_models.redundant import SAR12
from hwgen_models.spec import TileSpec
from tests.designs import complaint


def test_sar12_is_the_search_of_the_models():
    spec = load("sar12").converter

    assert spec == load("sar12").parameters
    assert spec.search() == load_search(spec)
    assert spec.search(0).weights == SAR12.weights
    assert (spec.bits, spec.start) == (SAR12.bits, SAR12.start)
    assert spec.conversion_cycles() == 17
    assert spec.votes == 31


def load_search(spec):
    """The same as JSON would have it: lists for tuples."""
    keys = {**vars(spec), "steps": list(spec.steps)}
    return ConverterSpec(**keys).search()


def test_the_first_code_is_in_the_middle_unless_given():
    design = load({"extends": "sar12", "readout": {"start": None}})

    assert design.converter == load("sar12").converter


def test_what_was_acquired_is_held_for_all_decisions():
    design = load({"extends": "sar12", "timing": {"acquire_cycles": 4}})

    assert design.hold_cycles == 10 + 5 * 31
    assert "at least 165" in complaint({"extends": "sar12", "timing": {"max_hold_cycles": 164}})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"top": "tile"},
            "readout.start: must be null for readout.kind 'redundant' of a tile, not 2048",
        ),
        (
            {"readout": {"steps": None}},
            "readout.steps: must be a list of integers for readout.kind 'redundant', not null",
        ),
        (
            {"readout": {"steps": [4, 2.5]}},
            "readout.steps[1]: must be an integer between 1 and 4095, not 2.5",
        ),
        (
            {"readout": {"steps": [3000]}},
            "readout.voted: must be between 1 and 2 for readout.votes 31, not 5",
        ),
        (
            {"readout": {"steps": [900, 300, 9, 9]}},
            "readout.steps: weight 0 must be at most 319 (what follows and one), not 900",
        ),
        (
            {"readout": {"start": 2047}},
            (
                "readout.steps: start and weights must keep codes between 1 and 4095, "
                "not between 0 and 4094"
            ),
        ),
        (
            {"readout": {"votes": 5}},
            "readout.votes: must be 1 or 3 or 7 or 15 or 31, not 5",
        ),
        (
            {"readout": {"votes": 1}},
            "readout.voted: must be 0 for readout.votes 1, not 5",
        ),
        (
            {"timing": {"settle_mux": 1}},
            "timing.settle_mux: must be 0 for readout.kind 'redundant' (it has no columns), not 1",
        ),
        (
            {"interface": {"compare_stages": 2}},
            "timing.compare_latency: must be at least 3 (1 + interface.compare_stages), not 1",
        ),
        (
            {"readout": {"ranges": []}},
            "readout.ranges: must be null for readout.kind 'redundant', not []",
        ),
        (
            {"extends": "baseline", "readout": {"votes": 3}},
            "readout.votes: must be 1 for readout.kind 'binary', not 3",
        ),
        (
            {"extends": "trq", "readout": {"steps": [1]}},
            "readout.steps: must be null for readout.kind 'twin-range', not [1]",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(keys, message):
    assert complaint({"extends": "sar12"} | keys).partition(": ")[2] == message


def test_a_converter_is_no_tile():
    words = "sar12: top: must be 'tile', not 'lane'"
    with pytest.raises(UserError, match=rf"^{re.escape(words)} \(the control of a converter alone"):
        _ = load("sar12").spec


TILE = {"kind": "redundant", "steps": [50, 31, 19, 11, 7, 4, 3, 1, 1]}


def test_a_tile_may_have_redundant_weights():
    spec = load({"extends": "baseline", "readout": TILE}).spec

    assert spec.most_decisions == 10
    assert spec.scheme.search(spec).start == 128
    assert TileSpec(**json.loads(json.dumps(asdict(spec)))) == spec


@pytest.mark.parametrize(
    ("readout", "message"),
    [
        (
            {"steps": [20, 14, 8, 4, 2, 1]},
            "readout.steps: must add up to at least 64 for the count 128, not 49",
        ),
        (
            {"steps": None},
            "readout.steps: must be a list of integers for readout.kind 'redundant', not null",
        ),
        ({"voted": 1}, "readout.voted: must be 0 for readout.kind 'redundant' of a tile, not 1"),
    ],
)
def test_weights_of_a_tile_must_reach_every_count(readout, message):
    said = complaint({"extends": "baseline", "readout": TILE | readout})

    assert said == f"<design>: {message}"
