"""Measured spreads: the built-in figures, tables of a user's own, and what is refused."""

import re
from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.errors import UserError
from hwgen.measured import BUILT_IN, COLUMNS, read
from hwgen_models.crossbar import Comparator, Level, Nonidealities
from tests.designs import complaint, write

SOURCE = Path(__file__).parents[1] / "../shared/data/rram/derived_sigma_per_level.csv"

TABLE = f"""\
note,{",".join(COLUMNS)}
a,mine,10,30,-3,1.5
b,mine,10,10,1,0.5
c,mine,10,15,0,2
d,mine,0.5,10,0,0
e,mine,0.5,30,0,0
f,yours,10,0,0,1
g,yours,10,8,0,1
"""


def nonidealities(device, **keys):
    return load({"extends": "baseline", "device": device, **keys}).nonidealities


def test_a_one_bit_cell_uses_the_ends_of_the_window():
    one = nonidealities({"measured": {"technology": "techC", "seconds": 100000}})

    assert one.levels[0] == pytest.approx((0.01063, 0.02854))
    assert one.levels[1] == pytest.approx((-0.05444, 0.07607))
    assert (one.on_off_ratio, one.spread) == (53.29, 0)


def test_a_two_bit_cell_uses_four_steps_of_it_in_units_of_a_step():
    keys = {"array": {"cell_bits": 2, "rows": 64}}
    two = nonidealities({"measured": {"technology": "techB", "seconds": 1}}, **keys)

    assert two.levels[1] == pytest.approx((3 * -0.01552, 3 * 0.06436))
    assert two.levels[3] == pytest.approx((3 * 0.00046, 3 * 0.00557))


def test_a_ratio_that_is_given_counts_more_than_the_measured_one():
    measured = {"technology": "techB", "seconds": 1}

    assert nonidealities({"measured": measured, "on_off_ratio": 7}).on_off_ratio == 7


@pytest.mark.skipif(not SOURCE.exists(), reason="needs ../shared/data/rram")
@pytest.mark.parametrize(
    ("technology", "seconds"), [(name, at) for name, times in BUILT_IN.items() for at in times]
)
def test_the_built_in_figures_are_those_of_the_source(technology, seconds):
    figures, source = BUILT_IN[technology][seconds], read(SOURCE)[technology][seconds]

    assert figures.ratio == pytest.approx(source.ratio, abs=0.005)
    for cell_bits in (1, 2):
        steps = 2**cell_bits - 1
        for mine, theirs in zip(figures.levels(cell_bits), source.levels(cell_bits), strict=True):
            assert mine == pytest.approx(theirs, abs=steps * 0.5e-5)


@pytest.mark.skipif(not SOURCE.exists(), reason="needs ../shared/data/rram")
def test_the_built_in_figures_leave_out_no_time_but_the_start():
    assert {name: set(times) for name, times in BUILT_IN.items()} == {
        name: set(times) - {0.0} for name, times in read(SOURCE).items()
    }


def test_a_table_of_ones_own_lies_beside_the_design(folder):
    (folder / "deep").mkdir()
    write(folder, TABLE, "deep/cells.csv")
    measured = "{file: cells.csv, technology: mine, seconds: 10}"
    write(folder, f"name: one\nextends: baseline\ndevice: {{measured: {measured}}}", "deep/a.yaml")

    same = "name: two\nextends: deep/a.yaml\ndevice: {seed: 3}"

    # Window 20 uS; the level at 15 uS is a quarter of it from the lowest.
    one = nonidealities({"measured": load(write(folder, same)).device.measured.model_dump()})
    assert one.levels == (Level(0.05, 0.025), Level(-0.15, 0.075))
    assert one.on_off_ratio == 3

    curve = read("deep/cells.csv")["mine"][10.0]
    assert curve.positions == (0.0, 0.25, 1.0)
    assert curve.levels(2)[1] == pytest.approx((3 * (-0.15 * 1 / 9), 3 * (0.1 - 0.025 / 9)))


def test_a_level_that_does_not_conduct_leaves_no_ratio(folder):
    write(folder, TABLE, "cells.csv")
    measured = {"file": "cells.csv", "technology": "yours", "seconds": 10}

    assert nonidealities({"measured": measured}).on_off_ratio is None


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        (
            {"technology": "my", "seconds": 10},
            "<design>: device.measured.technology: must be 'mine' or 'yours', not 'my'",
        ),
        (
            {"technology": "mine", "seconds": 3},
            "<design>: device.measured.seconds: must be 0.5 or 10, not 3.0",
        ),
        (
            {"technology": "mine", "seconds": 0.5},
            (
                "<design>: device.measured.file: must have 4 levels or more for "
                "array.cell_bits 2, not 2"
            ),
        ),
    ],
)
def test_what_the_table_does_not_hold_is_refused(folder, measured, message):
    write(folder, TABLE, "cells.csv")
    device = {"measured": measured | {"file": "cells.csv"}}
    array = {"cell_bits": 2, "rows": 64}

    assert complaint({"extends": "baseline", "array": array, "device": device}) == message


HEAD = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"must have the columns {', '.join(COLUMNS)}, not lack dataset"),
        (HEAD[:-1], f"must have the columns {', '.join(COLUMNS)}, not lack {COLUMNS[-1]}"),
        (HEAD, "must have a row for each measured level, not none"),
        (f"{HEAD}\nm,1,2,x,0", "line 2: mean_g_minus_gi_uS: must be a number, not 'x'"),
        (f"{HEAD}\nm,1,2", "line 2: mean_g_minus_gi_uS: must be a number, not null"),
        (f"{HEAD}\nm,nan,2,0,0", "line 2: timept_s: must be a number, not 'nan'"),
        (f"{HEAD}\nm,1,2,0,-1", "line 2: sigma_g_minus_gi_uS: must be zero or more, not -1.0"),
        (f"{HEAD}\nm,1,-2,0,1", "line 2: mean_gi_uS: must be zero or more, not -2.0"),
        (
            f"{HEAD}\nm,1,2,0,1",
            "m after 1 s: must be two levels or more, each of its own mean_gi_uS, not [2.0]",
        ),
        (
            f"{HEAD}\nm,1,2,0,1\nm,1,2,0,2\nm,1,4,0,2",
            (
                "m after 1 s: must be two levels or more, each of its own mean_gi_uS, "
                "not [2.0, 2.0, 4.0]"
            ),
        ),
        (
            b"\xff\xfe\x00",
            (
                "must be a readable CSV file, but is not: 'utf-8' codec can't decode byte 0xff in "
                "position 0: invalid start byte"
            ),
        ),
    ],
)
def test_a_table_that_is_none_is_refused_in_one_line(folder, text, message):
    name = write(folder, text, "cells.csv")

    with pytest.raises(UserError, match=rf"^{re.escape(f'{name}: {message}')}$"):
        read(name)


@pytest.mark.parametrize(
    ("levels", "shift", "sigma", "told"),
    [
        ((0, "1e-300"), "1e300", 0, "inf"),
        ((5, "5.000000000000001"), 0, 0, "5.6295e+15"),  # a window of rounding errors
        ((0, 1), "-1000.5", 0, "1000.5"),
        ((0, 1), 0, 1001, "1001"),
    ],
)
def test_figures_beyond_all_windows_are_refused(folder, levels, shift, sigma, told):
    rows = [f"a,1,{level},{shift},{sigma}" for level in levels]
    name = write(folder, "\n".join([",".join(COLUMNS), *rows]), "cells.csv")

    with pytest.raises(UserError) as caught:
        read(name)

    assert str(caught.value) == (
        "cells.csv: a after 1 s: lowest level, shifts and deviations must be at most 1000 times "
        f"the window between lowest and highest level, not {told}"
    )


def test_a_file_that_is_none_is_refused(folder):
    with pytest.raises(
        UserError, match=r"^no\.csv: must be a readable CSV file, but is not: No su"
    ):
        read("no.csv")
    with pytest.raises(UserError, match=r": must be a CSV file, not a folder, device or pipe$"):
        read(folder)
    with (folder / "large.csv").open("wb") as large:
        large.truncate(2**22 + 1)
    with pytest.raises(UserError, match=r"must be at most 4194304 bytes long, not 4194305 bytes$"):
        read("large.csv")


def test_a_name_that_no_file_can_have_is_refused(folder):
    measured = "{technology: a, seconds: 1, file: 'a.csv\\0'}".replace("'", '"')
    message = complaint(write(folder, f"extends: baseline\ndevice: {{measured: {measured}}}"))

    assert message.startswith("design.yaml: device.measured.file: must be a path or null, not '")


# The rest of the device


def test_presets_are_ideal():
    for name in ("baseline", "trq"):
        design = load(name)
        assert design.device.ideal
        assert design.nonidealities == Nonidealities()
        assert design.comparator(3).ideal


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spread", 0.1),
        ("on_off_ratio", 30.0),
        ("stuck_on", 0.1),
        ("stuck_off", 0.2),
        ("read_noise", 0.3),
        ("wire_resistance", 1e-5),
    ],
)
def test_every_flaw_of_the_array_reaches_the_models(key, value):
    design = load({"extends": "baseline", "device": {key: value, "seed": 9}})

    assert design.nonidealities == Nonidealities(**{key: value})
    assert not design.device.ideal


def test_comparators_and_seeds_belong_to_a_crossbar():
    device = {"comparator_offset": 0.5, "comparator_noise": 0.25, "seed": 4}
    design = load({"extends": "baseline", "device": device})
    comparator = design.comparator(7)

    assert isinstance(comparator, Comparator)
    assert (comparator.offset, comparator.noise, comparator.columns_per_lane) == (0.5, 0.25, 8)
    assert comparator.seed == design.crossbar_seed(7)
    assert not design.device.ideal
    other = load({"extends": "baseline", "device": {"seed": 5}})
    seeds = {one.crossbar_seed(number) for one in (design, other) for number in range(100)}
    assert len(seeds) == 200


def test_a_device_changes_nothing_that_the_gateware_sees():
    device = {"spread": 0.5, "comparator_noise": 3.0}

    assert load({"extends": "trq", "device": device}).spec == load("trq").spec
