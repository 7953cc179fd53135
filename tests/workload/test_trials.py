"""Trials of tables: the accuracy of a run, and what one layer's errors do."""

import numpy as np
import pytest

from hwgen.config import load
from hwgen.mapping.tiles import map_layer
from hwgen.workload.array.readout import Readout
from hwgen.workload.calibration.trials import Trials
from hwgen.workload.images import codes_of
from hwgen.workload.inputs import load_images
from hwgen.workload.parts import TEST
from hwgen.workload.run import run
from hwgen_models.network import Network


@pytest.fixture
def case(small, small_design):
    """Trials on the test images, and a design by which each layer errs in its own way."""
    names = ("fc0", "fc1", "fc2")
    tables = {
        name: {"ranges": [[2, cut], [5, 4]]} for name, cut in zip(names, (0, 1, 2), strict=True)
    }
    design = load(small_design | {"tables": {"layers": tables}})
    images = load_images(small.data_file, part=TEST)
    layers = {
        layer.name: map_layer(layer, design.spec, codes=small.network.codes[layer.sources[0]])
        for layer in small.network.matrices
    }
    codes = codes_of(small.network, images)
    readouts = {name: Readout.of(design, name) for name in names}
    return Trials(small.network, layers, codes, images.labels), readouts, design


def test_points_lost_are_those_of_a_run(small, case):
    trials, readouts, design = case

    ran = run(design, small.network_file, small.data_file)

    lost = 100 * (ran["top1_integer"] - ran["top1"])
    assert trials.points_lost(readouts) == pytest.approx(lost)
    assert lost > 0


def test_exact_tables_lose_nothing(case):
    trials, readouts, _ = case
    perfect = dict.fromkeys(readouts, Readout.perfect(readouts["fc0"].spec))

    trials.points_lost(readouts)

    assert trials.points_lost(perfect) == 0


@pytest.mark.parametrize("batch", [1, 7, 30])
def test_a_trial_ends_early_only_when_it_is_lost(case, batch, monkeypatch):
    trials, readouts, _ = case
    monkeypatch.setitem(vars(trials.network), "batch", batch)  # a cached property
    lost = trials.points_lost(readouts)
    images = []
    run_whole = Network.run
    monkeypatch.setattr(
        Network,
        "run",
        lambda self, x, *product: images.append(len(x)) or run_whole(self, x, *product),
    )

    assert trials.points_lost(readouts, most=lost) == lost
    assert sum(images) == 30
    assert trials.points_lost(readouts, most=lost - 1) == np.inf
    images.clear()
    assert trials.points_lost(readouts, most=0) == np.inf
    assert (sum(images) < 30) == (batch < 30)


def test_the_disturbance_of_a_layer(small, case):
    trials, readouts, _ = case

    exact = small.network.run(trials.codes).astype(float)
    only_fc1 = Trials(small.network, trials.layers, trials.codes, trials.labels)
    only_fc1._load({"fc1": readouts["fc1"]})
    moved = small.network.run(trials.codes, only_fc1._product) - exact

    assert trials.disturbance("fc1", readouts["fc1"], 30) == pytest.approx(
        (moved**2).mean() / exact.var()
    )
    assert trials.disturbance("fc1", Readout.perfect(readouts["fc1"].spec), 30) == 0
