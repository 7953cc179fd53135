"""The self-test as it is on a board, pins included: good tiles pass, and nothing else does."""

from dataclasses import replace

import pytest
from amaranth import Module

from hwgen.fpga import board_test, self_test
from hwgen.fpga.array import DigitalArray
from hwgen.fpga.board_test import BoardTest
from hwgen.fpga.exercise import exercise_of
from hwgen.fpga.self_test import Player
from tests.emit.designs import VARIANTS
from tests.fpga.board import CLOCK_HZ, exercised, played, tiny

TILES = sorted(name for name, keys in VARIANTS.items() if keys.get("top") != "lane")


def on_board(exercise, **changed):
    return BoardTest("tiny", replace(exercise, **changed), clock_hz=CLOCK_HZ)


def test_a_layer_of_the_network_passes():
    exercise = exercised()
    light, line = played(on_board(exercise))

    assert exercise.layer == "dense_3"
    assert light == "passed"
    assert line == f"hwgen tiny PASS 2 vectors, {exercise.decisions} decisions\r\n"


@pytest.mark.parametrize("variant", TILES)
def test_every_kind_of_tile_passes(variant):
    exercise = exercised(variant)
    light, line = played(on_board(exercise))

    assert light == "passed"
    assert line == f"hwgen tiny PASS 4 vectors, {exercise.decisions} decisions\r\n"


# What must be found


def test_a_flipped_cell_fails():
    exercise = exercised()
    pages = [page.copy() for page in exercise.pages]
    rows = [x >> 8 * element & 0xFF for x in exercise.x for element in range(8)]
    driven = next(row for row in range(32) if rows[32 + row])  # of the second tile
    pages[1][driven, 0] ^= 1

    light, line = played(on_board(exercise, pages=tuple(pages)))

    assert light == "failed"
    assert line.startswith("hwgen tiny FAIL 2 vectors, ")


def test_a_table_that_only_costs_decisions_fails():
    exercise = exercised()
    plain = exercise_of(
        tiny(readout={
            "columns_per_lane": 14,
            "ranges": [{"payload": 4, "truncation": 0}, {"payload": 8, "truncation": 0}],
        }),
        vectors=1,
        columns=32,
    )  # fmt: skip
    assert plain.y == exercise.y

    light, line = played(on_board(exercise, writes=plain.writes))

    assert light == "failed"
    assert line == f"hwgen tiny FAIL 2 vectors, {plain.decisions} decisions\r\n"


def test_a_table_that_loses_bits_fails():
    exercise = exercised()
    lossy = tuple((address, word | 1 << 8) if address >= 0x20 else (address, word)
                  for address, word in exercise.writes)  # fmt: skip

    light, _ = played(on_board(exercise, writes=lossy))

    assert light == "failed"


def test_a_table_that_is_refused_fails_at_once():
    exercise = exercised()
    refused = tuple((address, 0) if address == 0x0C else (address, word)
                    for address, word in exercise.writes)  # fmt: skip

    light, line = played(on_board(exercise, writes=refused), limit=3000)

    assert light == "failed"
    assert line == "hwgen tiny FAIL 0 vectors, 0 decisions\r\n"


def test_a_write_that_does_not_exist_fails_at_once():
    exercise = exercised()
    light, line = played(on_board(exercise, writes=((0x7C, 1),)), limit=3000)

    assert light == "failed"
    assert line == "hwgen tiny FAIL 0 vectors, 0 decisions\r\n"


@pytest.mark.parametrize(
    ("variant", "time"),
    [
        ("tiny", "settle_row"),
        ("tiny", "settle_mux"),
        ("tiny", "settle_dac"),
        ("tiny", "compare_latency"),
        ("active_low", "sample_cycles"),
        ("active_low", "acquire_cycles"),
        ("active_low", "settle_dac"),
        ("active_low", "compare_latency"),
    ],
)
def test_an_array_that_takes_a_cycle_longer_than_the_tile_waits_fails(monkeypatch, variant, time):
    def slow(spec, pages):
        return DigitalArray(replace(spec, **{time: getattr(spec, time) + 1}), pages)

    monkeypatch.setattr(board_test, "DigitalArray", slow)

    assert played(on_board(exercised(variant)))[0] == "failed"


def test_a_comparator_that_answers_early_fails(monkeypatch):
    exercise = exercised("active_low")

    def early(spec, pages):
        return DigitalArray(replace(spec, compare_latency=spec.compare_latency - 1), pages)

    monkeypatch.setattr(board_test, "DigitalArray", early)

    assert played(on_board(exercise))[0] == "failed"


def test_a_tile_that_gives_nothing_fails(monkeypatch):
    class Mute(Player):
        """Has no words."""

        def elaborate(self, platform):
            return Module()

    exercise = exercised()
    monkeypatch.setattr(
        self_test,
        "Player",
        lambda shape, words: (Mute if words is exercise.x else Player)(shape, words),
    )

    light, line = played(on_board(exercise))

    assert light == "failed"
    assert line == "hwgen tiny FAIL 0 vectors, 0 decisions\r\n"
