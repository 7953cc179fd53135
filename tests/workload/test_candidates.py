"""The tables to choose from: all legal ones, each once, the exact ones first."""

import numpy as np
import pytest

from hwgen.config import load
from hwgen.workload.array.readout import Readout
from hwgen.workload.calibration.candidates import every_twin
from hwgen_models.search import check_ranges, twin_ranges
from hwgen_models.spec import TileSpec


def test_lists_every_legal_table_once():
    candidates = every_twin(TileSpec(search="twin-range"))

    # 2^8 is beyond 128: nine truncations; 2^payload_0 up to 2^7 leave 9 truncations of the rest.
    assert len(candidates) == len(set(candidates.tables)) == 9 + 9 * sum(range(1, 9))


@pytest.mark.parametrize("bits", [2, 3, 5])
def test_lists_what_the_table_port_accepts(bits):
    spec = TileSpec(
        rows=16, columns=30, columns_per_lane=10, search="twin-range", readout_bits=bits,
        saturate=True, x_elements=8,
    )  # fmt: skip
    legal = set()
    numbers = range(bits + 1)
    for payload_0, cut_0, payload_1, cut_1 in np.ndindex(*[len(numbers)] * 4):
        table = twin_ranges(payload_0, cut_0, payload_1, cut_1)
        try:
            used = check_ranges(table, bits=bits, bound=spec.bound)
        except ValueError:
            continue
        legal.add(tuple((one.payload, one.truncation) for one in used))

    # A second range that is never entered can be anything; it is listed once.
    listed = [
        table[: 1 + (2 ** table[0].payload <= spec.bound)] for table in every_twin(spec).tables
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == legal


def test_exact_tables_come_first_and_the_plain_search_before_all():
    candidates = every_twin(TileSpec(search="twin-range"))

    assert candidates.tables[0] == ((8, 0), (8, 0))
    assert candidates.lossless[:9].all()
    assert not candidates.lossless[9:].any()
    powers = (candidates.errors**2).sum(axis=1)
    assert (np.diff(powers) >= 0).all()


def test_reads_with_a_table_for_each_slice_and_plane():
    spec = load("trq").spec
    candidates = every_twin(spec)
    numbers = np.random.default_rng(3).integers(0, len(candidates), (7, 8))

    readout = candidates.readout(numbers)
    expected = Readout.by_context(spec, readout.tables)

    assert readout.tables[2][5] == candidates.tables[numbers[2, 5]]
    np.testing.assert_array_equal(readout.values, expected.values)
    np.testing.assert_array_equal(readout.decisions, expected.decisions)
