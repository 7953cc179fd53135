"""Which models a design or an option gets, and what is refused in one line."""

import re

import pytest

from hwgen.config import load
from hwgen.errors import UserError
from hwgen.power.analog.choose import ADC_MODELS, choose, require_same

HEAD = "charges,bits,energy_pj,node_nm,rate_msps,source,name,area_um2\n"
NEEDED = "charges, bits, energy_pj, node_nm, rate_msps, source"
DECISION = "decision,,0.25,65,10,measured on chip A,mine,\n"
CONVERSIONS = (
    "conversion,6,1.5,65,10,measured on chip A,mine,500\n"
    "conversion,8,2.5,65,10,measured on chip B,mine,\n"
)


def table(folder, text, name="adc.csv"):
    (folder / name).write_text(text)
    return str(folder / name)


def refused(message):
    return pytest.raises(UserError, match=rf"^{re.escape(message)}$")


# Choice


def test_the_default_is_a_measured_converter_charged_by_decision():
    """Kull et al.: 3.1 mW at 1.2 GS/s, 8 decisions: 0.323 pJ each."""
    analog = choose(load("trq"))

    said = analog.as_json()
    assert said["adc"]["name"] == "per-decision"
    assert said["adc"]["charges"] == "decision"
    assert said["adc"]["parameters"]["decision_pj"] == pytest.approx(0.32292, rel=1e-4)
    assert "Kull" in said["adc"]["source"]
    assert said["adc"]["conditions"] == "node 32 nm, rate 1200 MS/s, resolution 8 bits"
    assert said["array"]["name"] == "cells"
    assert said["warnings"] == []


@pytest.mark.parametrize(
    ("reference", "decision_pj", "bits"),
    [
        ("kull", 3.1 / 1.2 / 8, 8),
        ("newton", 3.1 / 1.2 / 9, 9),  # X of 9 bits cost X/9
        ("isaac", 5 / 3 / 8, 8),
        ("survey", 1.929 / 8, 8),
    ],
)
def test_a_decision_is_a_part_of_a_full_conversion(reference, decision_pj, bits):
    analog = choose(load({"extends": "trq", "energy": {"adc": {"reference": reference}}}))

    assert analog.adc.decision_pj == pytest.approx(decision_pj, rel=1e-3)
    assert f"1/{bits} of a full {bits}-bit conversion" in analog.adc.source
    assert len(analog.warnings) == (reference == "newton")  # nine bits taken for eight


@pytest.mark.parametrize("name", ADC_MODELS)
def test_every_named_model_is_complete(name):
    analog = choose(load("baseline"), name)

    said = analog.as_json()["adc"]
    assert said["name"] == name
    assert len(said["source"]) > 20
    assert len(said["covers"]) > 20
    assert all(value is not None for value in said["parameters"].values())


def test_node_and_rate_reach_models_that_follow_them_and_warn_in_others():
    design = load({"extends": "trq", "energy": {"node_nm": 130, "rate_msps": 5}})

    assert (
        choose(design, "survey")
        .adc.as_json(8)["conditions"]
        .startswith("node 130 nm (7 to 1000), rate 5 MS/s (0.004 to 10000)")
    )
    assert choose(design, "survey").warnings == []
    assert choose(design, "isaac").warnings == [
        "isaac: figures are of node 32 nm, not scaled to 130 nm",
        "isaac: figures are of rate 1200 to 1280 MS/s, not scaled to 5 MS/s",
    ]
    assert choose(design, "cdac").warnings == [
        "cdac: figures are of node 90 nm, not scaled to 130 nm"
    ]


def test_figures_of_the_users_own_are_of_no_paper():
    adc = {"model": "cdac", "unit_capacitor_ff": 1.25}
    analog = choose(load({"extends": "trq", "energy": {"node_nm": 130, "adc": adc}}))

    assert analog.adc.unit_ff == 1.25
    assert analog.warnings == []


def test_the_array_takes_its_leakage_from_the_device():
    device = {"on_off_ratio": 50.0}
    ideal = choose(load("trq")).array
    leaky = choose(load({"extends": "trq", "device": device})).array
    own = {"array": {"on_off_ratio": 20.0}}
    told = choose(load({"extends": "trq", "energy": own})).array

    assert (ideal.on_off_ratio, ideal.leaky_counts) == (None, False)
    assert (leaky.on_off_ratio, leaky.leaky_counts) == (50.0, True)
    assert (told.on_off_ratio, told.leaky_counts) == (20.0, False)


def test_a_device_that_errs_walks_other_thresholds():
    design = load({"extends": "trq", "device": {"comparator_noise": 0.2}})

    currents = "array cells: counts of a device that is not ideal, rounded, stand for its currents"
    walked = "cdac: comparators that err walk other thresholds than those charged"
    assert choose(design, "cdac").warnings == [walked, currents]
    assert choose(design).warnings == [currents]
    assert choose(design).array.leaky_counts is False


def test_isaacs_array_of_another_cell_says_so():
    analog = choose(load({"extends": "trq", "energy": {"array": {"model": "isaac"}}}))

    assert analog.warnings == ["array isaac: figures are of 2-bit cells, not scaled to 1 bits"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("isac", "isaac"),
        ("adc.txt", None),
        ("", None),
    ],
)
def test_an_unknown_model_is_refused(option, message):
    known = "per-decision, isaac, survey, cdac or a CSV file"
    guess = f" (did you mean '{message}'?)" if message else ""

    with refused(f"--adc-model: must be {known}, not '{option}'{guess}"):
        choose(load("trq"), option)


@pytest.mark.parametrize(
    ("energy", "message"),
    [
        ({"adc": {"model": "magic"}}, "energy.adc.model: must be 'per-decision' or"),
        ({"node_nm": 0}, "energy.node_nm: must be a number between 1 and 10000 or null, not 0"),
        ({"array": {"read_v": -1}}, "energy.array.read_v: must be a number between"),
        ({"adc": {"unit_capacitor": 1}}, "energy.adc.unit_capacitor"),
    ],
)
def test_wrong_keys_of_a_design_are_refused(energy, message):
    with pytest.raises(UserError, match=re.escape(message)):
        load({"extends": "trq", "energy": energy})


def test_energies_are_compared_on_one_bill_only(tmp_path):
    file = tmp_path / "other.yaml"
    file.write_text("name: other\nextends: trq\nenergy: {array: {read_v: 0.3}}\n")
    same, other = load("baseline"), load(str(file))

    require_same([load("trq"), same])
    with refused(f"{file}: energy.array.read_v: must be that of trq in a comparison, 0.2, not 0.3"):
        require_same([load("trq"), same, other])


# A table of the user's own


def test_a_table_of_decisions(tmp_path):
    analog = choose(load("trq"), table(tmp_path, HEAD + DECISION))

    said = analog.as_json()["adc"]
    assert said["name"] == "mine"
    assert said["charges"] == "decision"
    assert said["source"] == "measured on chip A"
    assert said["parameters"] == {"decision_pj": 0.25}
    assert said["conditions"] == "node 65 nm, rate 10 MS/s"


def test_a_table_of_conversions(tmp_path):
    file = table(tmp_path, HEAD + CONVERSIONS)
    analog = choose(load({"extends": "trq", "energy": {"adc": {"file": file}, "node_nm": 28}}))

    said = analog.as_json()["adc"]
    assert said["charges"] == "conversion"
    assert said["source"] == "measured on chip A; measured on chip B"
    assert said["parameters"] == {"conversion_pj": 2.5}
    assert [analog.adc.area_um2(bits) for bits in (6, 8)] == [500, None]
    assert analog.warnings == ["mine: figures are of node 65 nm, not scaled to 28 nm"]


def test_two_tables_of_other_figures_are_two_models(tmp_path):
    one = table(tmp_path, HEAD + CONVERSIONS, "one.csv")
    two = table(tmp_path, HEAD + CONVERSIONS.replace("2.5", "2.6"), "two.csv")

    models = [choose(load("trq"), file).adc for file in (one, two, one)]

    assert models[0] == models[2]
    assert models[0] != models[1]


def test_a_file_of_a_design_is_found_beside_it(tmp_path):
    table(tmp_path, HEAD + DECISION)
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nextends: trq\nenergy: {adc: {file: adc.csv}}\n")

    assert choose(load(str(file))).adc.decision_pj == 0.25
    assert choose(load(str(file)), "isaac").adc.name == "isaac"


def test_a_resolution_without_a_row_is_refused_before_any_work(tmp_path):
    file = table(tmp_path, HEAD + CONVERSIONS)
    design = load({"extends": "trq", "array": {"rows": 64}, "readout": {"bits": 7}})

    with refused(f"{file}: bits: must have a row for readout.bits 7, not 6, 8"):
        choose(design, file).check([])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"must have the columns {NEEDED}, not lack charges"),
        ("charges,bits\n", f"must have the columns {NEEDED}, not lack energy_pj"),
        (HEAD, "must have a row for each resolution, not none"),
        (HEAD + "search,,1,1,1,x,,\n",
         "line 2: charges: must be 'decision' or 'conversion', not 'search'"),
        (HEAD + "decision,8,1,1,1,x,,\n",
         "line 2: bits: must be empty for a decision, not '8'"),
        (HEAD + "conversion,,1,1,1,x,,\n",
         "line 2: bits: must be an integer between 1 and 12, not ''"),
        (HEAD + "conversion,13,1,1,1,x,,\n",
         "line 2: bits: must be an integer between 1 and 12, not '13'"),
        (HEAD + "conversion,-8,1,1,1,x,,\n",
         "line 2: bits: must be an integer between 1 and 12, not '-8'"),
        (HEAD + "decision,,-1,1,1,x,,\n",
         "line 2: energy_pj: must be a number above 0 and at most 1e+09, not '-1'"),
        (HEAD + "decision,,nan,1,1,x,,\n",
         "line 2: energy_pj: must be a number above 0 and at most 1e+09, not 'nan'"),
        (HEAD + "decision,,1,,1,x,,\n",
         "line 2: node_nm: must be a number above 0 and at most 1e+09, not ''"),
        (HEAD + "decision,,1,1,inf,x,,\n",
         "line 2: rate_msps: must be a number above 0 and at most 1e+09, not 'inf'"),
        (HEAD + "decision,,1,1,1, ,,\n",
         "line 2: source: must be one line of 1 to 500 characters, not ' '"),
        (HEAD + "decision,,1,1\n",
         "line 2: rate_msps: must be a number above 0 and at most 1e+09, not null"),
        (HEAD + DECISION + DECISION, "line 3: must be the only row of a decision, not another"),
        (HEAD + CONVERSIONS + "conversion,6,2,65,10,x,,\n",
         "line 4: bits: must be a resolution of its own, not 6 again (line 2)"),
        (HEAD + CONVERSIONS + DECISION,
         "line 4: charges: must be the same in all rows, 'conversion', not 'decision'"),
        (HEAD + CONVERSIONS + "conversion,7,2,32,10,x,,\n",
         "line 4: node_nm: must be the same in all rows, 65.0, not 32.0"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_in_one_line(tmp_path, text, message):
    file = table(tmp_path, text)

    with refused(f"{file}: {message}"):
        choose(load("trq"), file)


def test_files_that_are_no_tables(tmp_path):
    missing, folder = tmp_path / "none.csv", tmp_path / "folder.csv"
    folder.mkdir()
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00charges")

    for file, message in (
        (missing, "must be a readable CSV file, but is not: No such file or directory"),
        (folder, "must be a CSV file, not a folder, device or pipe"),
    ):
        with refused(f"{file}: {message}"):
            choose(load("trq"), str(file))
    with pytest.raises(UserError, match=r"must be a readable CSV file, but is not: "):
        choose(load("trq"), str(tmp_path / "binary.csv"))
    with pytest.raises(UserError, match=r"must be a readable CSV file, but is not: "):
        choose(load("trq"), "a\0.csv")
