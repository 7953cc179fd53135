"""Plans of bitstreams: text that is the same everywhere, and the pins of the boards."""

import re

import pytest

from hwgen.config import load
from hwgen.fpga.boards import BOARDS, plan
from hwgen.fpga.exercise import exercise_of
from hwgen.fpga.shrink import shrink

PINS = {
    "icebreaker": {"clk12": "35", "uart_0__tx": "9", "led_g_0": "37", "led_r_0": "11"},
    "ulx3s": {"clk25": "G2", "uart_0__tx": "L4", "led_0": "B2", "led_1": "C2", "led_2": "C1"},
}


@pytest.fixture(scope="module", params=sorted(BOARDS))
def planned(request):
    """A board's name, and two plans of the same test on it."""
    board = BOARDS[request.param]
    exercise = exercise_of(shrink(load("trq"), rows=8, outputs=1), vectors=1, columns=256)
    return request.param, [plan(board, "trq", exercise, seed=7) for _ in range(2)]


def test_a_plan_is_the_same_text_every_time(planned):
    _, (one, other) = planned

    assert one == other
    for text in one.files.values():
        assert not re.search(r"/(home|root|tmp|work)/|\\src", text)


def test_pins_are_those_of_the_board(planned):
    name, (one, _) = planned
    constraints = next(text for file, text in one.files.items() if file.endswith(("pcf", "lpf")))

    for signal, pin in PINS[name].items():
        assert re.search(rf'\b{signal}(_0)?__io"? (SITE )?"?{pin}\b', constraints)
    assert re.search(r"(12\.0|25000000\.0 HZ)", constraints)


def test_the_seed_and_no_more_goes_to_place_and_route(planned):
    _, (one, _) = planned

    assert "--seed 7 " in one.files[one.script]
    assert "--timing-allow-fail" not in one.files[one.script]


def test_memories_are_block_ram(planned):
    _, (one, _) = planned
    text = next(text for file, text in one.files.items() if file.endswith(".il"))

    memories = re.findall(r"((?:^  *attribute .*\n)*)^  memory ", text, re.MULTILINE)
    assert sum("block" in attributes for attributes in memories) == 2 + 3  # lanes, streams
