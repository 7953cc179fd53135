"""What reports and pages say of energies; coefficients against the files they are quoted from."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from hwgen.config import load
from hwgen.power.analog import survey
from hwgen.power.analog.choose import choose
from hwgen.power.analog.published import KULL_PJ, NEWTON_BITS, isaac_area_um2, isaac_pj
from hwgen.report.tables import as_text
from hwgen.workload.run import run

ROOT = Path(__file__).parents[2]
DATA = ROOT / "../shared/data/adc"
PAGE = (ROOT / "docs/energy.md").read_text()
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/adc")


def table(name):
    """Rows of a table of component energies, by resolution, as numbers."""
    with (DATA / "tables" / name).open(newline="") as file:
        lines = [line for line in file if line.strip() and not line.startswith("#")]
    heads, *rows = csv.reader(lines)
    found = {}
    for row in rows:
        one = dict(zip(heads, row, strict=True))
        if one["action"].startswith("convert"):
            found[int(one["resolution"])] = float(one["energy"]), float(one["area"])
    return found


@needs_data
def test_coefficients_are_those_of_the_regression():
    given = yaml.safe_load((DATA / "accelergy_adc_model.yaml").read_text())

    fom, area = given["FOMS_hf [dB]"], given["area (um^2)"]
    assert fom["intercept"] == survey.FOM_AT_1_HZ
    assert fom["frequency (Hz)"] == survey.FOM_PER_LN_HZ
    assert fom["max_by_enob"] == pytest.approx([
        survey.FOM_AT_0_BITS + survey.FOM_PER_BIT * bits for bits in range(21)
    ])
    assert [fom[key] for key in ("tech intercept", "tech slope", "enob slope")] == [
        survey.ENERGY_AT_1,
        survey.ENERGY_PER_LN_NM,
        survey.ENERGY_PER_LN_BITS,
    ]
    assert fom["energy (pJ/op) res"] == survey.ENERGY_BEST
    assert [*area.values()] == [
        survey.AREA_PER_LN_NM,
        survey.AREA_PER_LN_HZ,
        survey.AREA_PER_LN_PJ,
        survey.AREA_AT_1,
    ]


@needs_data
def test_published_converters_are_those_of_the_tables():
    isaac, newton = table("isaac_isaac_adc.csv"), table("newton_newton_adc.csv")

    assert sorted(isaac) == list(range(4, 11))
    for bits, (energy_pj, area_um2) in isaac.items():
        assert isaac_pj(bits) == pytest.approx(energy_pj, abs=0.0034)  # 1.67 twice: also 16/9.6
        assert isaac_area_um2(bits) == pytest.approx(area_um2)
    assert newton[NEWTON_BITS][0] == pytest.approx(KULL_PJ)


def test_a_report_names_models_sources_scopes_and_warnings(small_run):
    text = as_text("run", small_run)

    assert "energy per image, pJ" in text
    assert "ADC, per conversion: isaac (node 32 nm, rate 1200 to 1280 MS/s, resolution" in text
    assert "Shafiee et al., ISAAC, ISCA 2016" in text
    assert "array: cells (" in text
    assert "without the digital periphery" in text
    assert "beware: isaac: figures are of node 32 nm, not scaled to 130 nm" in text
    pj = small_run["energy_per_image_pj"]
    assert f"{round(pj['adc']):,}" in text
    assert f"{round(pj['array']):,}" in text


@pytest.fixture(scope="module")
def small_run():
    return run(load({"extends": "trq", "energy": {"node_nm": 130}}), "digits", "digits", images=2,
               adc_model="isaac")  # fmt: skip


def test_the_designs_of_the_page_are_designs(tmp_path):
    (keys,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "mine.yaml").write_text(keys)

    analog = choose(load(str(tmp_path / "mine.yaml")))

    assert analog.adc.name == "survey"
    assert analog.array.on_off_ratio == 40


def test_the_table_of_the_page_is_a_table(tmp_path):
    (text,) = re.findall(r"```\n(charges,.*?)```", PAGE, re.DOTALL)
    (tmp_path / "forms.csv").write_text(text)

    model = choose(load("trq"), str(tmp_path / "forms.csv")).adc

    assert model.conversion_pj(4) == pytest.approx(15.2e-3 / (32 * 2.1e9) * 1e12, rel=1e-4)
    assert model.area_um2(4) == pytest.approx(9100 / 32)
