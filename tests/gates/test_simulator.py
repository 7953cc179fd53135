"""The bit-parallel simulator against plain evaluation, on netlists of all sorts of cells."""

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.gates.program import compile_netlist
from hwgen.gates.simulator import LANES, Simulator, pack_lanes, unpack_lanes
from tests.gates.cells import GATES, REGISTERS, Reference, flat, library, random_netlist

PLAIN = list(GATES)
FLIP_FLOPS = [name for name in REGISTERS if name.startswith("DFF")]
CYCLES = 25


def played(netlist, seed, *, cycles=CYCLES, words=1):
    """Play random inputs: the simulator, and the inputs of each cycle by name, (stimuli,)."""
    rng = np.random.default_rng(seed)
    simulator = Simulator(compile_netlist(netlist, library()), words=words)
    stimuli = simulator.stimuli
    names = [name for name, port in netlist.ports.items() if port.direction == "input"]
    inputs = []
    for _ in range(cycles):
        given = {name: rng.integers(0, 2, stimuli) for name in names if name != "clk"}
        inputs.append(given)
        for name, values in given.items():
            simulator.set(name, values)
        simulator.cycle()
    return simulator, inputs


def expected(netlist, inputs, stimuli):
    toggles = high = 0
    for k in stimuli:
        reference = Reference(netlist, library())
        for given in inputs:
            reference.cycle({name: values[k] for name, values in given.items()})
        toggles, high = toggles + reference.toggles, high + reference.high
    return toggles, high


def compare(netlist, seed, monkeypatch):
    """Compare the counts of two stimuli with the reference: no other ones are counted."""
    simulator, inputs = played(netlist, seed)
    alone = Simulator(simulator.program)
    chosen = (3, 60)
    mask = sum(np.uint64(1) << np.uint64(k) for k in chosen)
    monkeypatch.setattr("hwgen.gates.simulator.EVERY", mask)
    for given in inputs:
        for name, values in given.items():
            alone.set(name, values)
        alone.cycle()
    toggles, high = expected(netlist, inputs, chosen)
    activity = alone.activity()

    used = [net for net, name in enumerate(netlist.nets) if name not in "01"]
    np.testing.assert_array_equal(activity.toggles[used], toggles[used])
    np.testing.assert_array_equal(activity.half_cycles_high[used], high[used])
    assert toggles[used].sum() > 0


@pytest.mark.parametrize("kind", [*GATES, *REGISTERS, "ICG"])
def test_every_cell_alone(kind, monkeypatch):
    pins = [pin for pin in library().cells[kind].pins if pin not in ("Q", "QN", "M")]
    clocked = kind.startswith("DFF") or kind == "ICG"
    nets = {pin: "clk" if pin == "C" and clocked else pin.lower() for pin in pins}
    outputs = {pin: pin.lower() for pin in ("Q", "QN") if pin in library().cells[kind].pins}
    netlist = flat(["clk", *sorted({*nets.values()} - {"clk"})], [], {"g": (kind, nets | outputs)})

    compare(netlist, 1, monkeypatch)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "kinds",
    [
        [*PLAIN, "DFF"],
        [*PLAIN, *FLIP_FLOPS],
        [*PLAIN, *FLIP_FLOPS, "DLAT", "DLATR"],
        [*PLAIN, *FLIP_FLOPS, "ICG", "ICG", "DLAT"],
    ],
    ids=["one edge", "all flip-flops", "latches", "clock gates"],
)
def test_random_netlists(kinds, seed, monkeypatch):
    rng = np.random.default_rng(seed)

    compare(random_netlist(rng, gates=60, kinds=kinds), seed, monkeypatch)


ONE_CELL = {"gate": ("ICG", {"C": "clk", "E": "e", "Q": "g"})}
LATCH_AND = {
    "latch": ("DLATR", {"G": "clk", "D": "e", "R": "1", "Q": "m"}),
    "nand": ("NAND2", {"A": "clk", "B": "m", "Q": "n"}),
    "inv": ("INV", {"A": "n", "Q": "g"}),
}


@pytest.mark.parametrize("gate", [ONE_CELL, LATCH_AND], ids=["one cell", "latch and AND"])
def test_a_gated_clock_moves_only_where_its_gate_is_open(gate):
    gates = gate | {"ff": ("DFF", {"C": "g", "D": "d", "Q": "q"})}
    netlist = flat(["clk", "e", "d"], [], gates)
    simulator = Simulator(compile_netlist(netlist, library()))
    simulator.set("e", np.arange(LANES) % 4 == 0)
    simulator.cycle(counted=False)
    for k in range(10):
        simulator.set("d", k % 2)
        simulator.cycle()

    toggles = dict(zip(netlist.nets, simulator.activity().toggles.tolist(), strict=True))
    assert toggles["clk"] == 2 * 10 * LANES
    assert toggles["g"] == toggles["clk"] // 4
    assert not simulator.program.code.high.repeats  # the gate's latch is closed
    assert toggles["q"] == 8 * LANES // 4  # the first two edges find zeros
    assert simulator.get("d").tolist() == [1] * LANES


def test_a_ripple_counter_divides_in_one_cycle():
    """Every stage is clocked by the one before: edges within a phase follow each other."""
    gates = {
        f"ff{k}": (
            "DFF",
            {"C": f"q{k - 1}" if k else "clk", "D": f"n{k}", "Q": f"p{k}", "QN": f"n{k}"},
        )
        for k in range(4)
    }
    gates |= {f"inv{k}": ("INV", {"A": f"p{k}", "Q": f"q{k}"}) for k in range(4)}
    netlist = flat(["clk"], [], gates)
    simulator = Simulator(compile_netlist(netlist, library()))
    for _ in range(32):
        simulator.cycle()

    toggles = dict(zip(netlist.nets, simulator.activity().toggles.tolist(), strict=True))
    assert [toggles[f"p{k}"] // LANES for k in range(4)] == [32, 16, 8, 4]


def test_cross_coupled_gates_hold_their_value():
    gates = {
        "a": ("NAND2", {"A": "s", "B": "qn", "Q": "q"}),
        "b": ("NAND2", {"A": "r", "B": "q", "Q": "qn"}),
    }
    simulator = Simulator(compile_netlist(flat(["clk", "s", "r"], ["q"], gates), library()))
    seen = []
    for s, r in [(0, 1), (1, 1), (1, 0), (1, 1), (0, 1), (1, 1)]:
        simulator.set("s", s)
        simulator.set("r", r)
        simulator.cycle()
        seen.append(int(simulator.get("q")[0]))

    assert seen == [1, 1, 0, 0, 1, 1]


def test_a_ring_that_oscillates_is_refused():
    gates = {"ring": ("NAND2", {"A": "on", "B": "y", "Q": "y"})}
    simulator = Simulator(compile_netlist(flat(["clk", "on"], ["y"], gates), library()))
    simulator.set("on", np.arange(LANES) == 5)

    with pytest.raises(UserError, match=r"^top: gates must come to rest, not go round a loop"):
        simulator.cycle()


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ({"g": ("TRI", {"A": "a", "E": "a", "Q": "y"})}, r"cell \(TRI\): must be .* three-state Q"),
        ({"g": ("XYZ", {"A": "a"})}, r"small\.lib: must have a cell XYZ, not none"),
        (
            {"g": ("INV", {"A": "a", "Q": "y"}), "h": ("INV", {"A": "a", "Q": "y"})},
            r"net y must have one driver, not h besides another",
        ),
        ({"g": ("BUF", {"A": "y", "Q": "y"})}, r"y must be driven by more than a ring of buffers"),
    ],
)
def test_what_cannot_be_simulated_is_one_line(gates, message):
    with pytest.raises(UserError, match=message) as caught:
        compile_netlist(flat(["clk", "a"], [], gates), library())

    assert "\n" not in str(caught.value)


def test_a_clock_that_is_missing_is_one_line():
    with pytest.raises(UserError, match=r"^top: must have an input ck, not none$"):
        compile_netlist(flat(["clk"], [], {}), library(), clock="ck")


def test_words_do_not_touch_each_other():
    rng = np.random.default_rng(5)
    netlist = random_netlist(rng, gates=40, kinds=[*PLAIN, *FLIP_FLOPS, "ICG"])
    both, inputs = played(netlist, 2, words=2)
    alone = [Simulator(both.program), Simulator(both.program)]
    for given in inputs:
        for word, simulator in enumerate(alone):
            for name, values in given.items():
                simulator.set(name, values[word * LANES : (word + 1) * LANES])
            simulator.cycle()

    np.testing.assert_array_equal(both.state, [one.state[0] for one in alone])
    np.testing.assert_array_equal(
        both.activity().toggles, sum(one.activity().toggles for one in alone)
    )


def test_late_inputs_are_computed_last():
    gates = {
        "early": ("INV", {"A": "a", "Q": "x"}),
        "late": ("NAND2", {"A": "x", "B": "answer", "Q": "y"}),
        "ff": ("DFF", {"C": "clk", "D": "y", "Q": "q"}),
    }
    netlist = flat(["clk", "a", "answer"], ["q"], gates)
    program = compile_netlist(netlist, library(), late=["answer"])
    slots = dict(zip(netlist.nets, program.slot_of.tolist(), strict=True))

    assert program.late == {slots["answer"], slots["y"]}
    assert slots["y"] == max(slots.values())


def test_values_go_through_words_and_back():
    values = np.random.default_rng(1).integers(0, 2**40, 2 * LANES)

    np.testing.assert_array_equal(unpack_lanes(pack_lanes(values, bits=40)), values)


def test_a_reset_that_ends_after_an_edge_holds_through_it():
    netlist = flat(
        ["clk", "rst_n"], ["q"], {"ff": ("DFFR", {"C": "clk", "D": "1", "R": "rst_n", "Q": "q"})}
    )
    simulator = Simulator(compile_netlist(netlist, library()), seed=1)
    seen = []
    for level in (0, 1, 1):
        simulator.set("rst_n", level)
        simulator.cycle()
        seen.append(set(simulator.get("q").tolist()))

    assert seen == [{0}, {0}, {1}]


def test_a_register_that_resets_itself_ends_a_pulse():
    gates = {
        "self": ("SR", {"P": "set", "R": "q", "Q": "q"}),
        "other": ("DFFLL", {"C": "clk", "D": "d", "R": "n", "P": "1", "Q": "y"}),
        "inv": ("INV", {"A": "q", "Q": "n"}),
    }
    netlist = flat(["clk", "set", "d"], ["q", "y"], gates)
    simulator = Simulator(compile_netlist(netlist, library()))
    simulator.set("d", 1)
    for _ in range(2):
        simulator.cycle()
    before = [int(simulator.get(port)[0]) for port in "qy"]
    simulator.set("set", 1)
    simulator.cycle()  # set and reset at once: as before
    simulator.set("set", 0)
    simulator.cycle()

    assert before == [0, 1]
    assert [int(simulator.get(port)[0]) for port in "qy"] == [0, 0]
