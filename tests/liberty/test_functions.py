"""Boolean expressions, and what registers and outputs of cells are."""

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.liberty.functions import (
    Constant,
    FlipFlop,
    Gate,
    Latch,
    Not,
    Variable,
    behaviour,
    expression,
    parse,
)

A, B, C, D = map(Variable, "ABCD")
OUTPUT = 'pin (Q) { direction : output; function : "IQ"; }'
INPUTS = "pin (D) { direction : input; } pin (CK) { direction : input; }"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", A),
        ("!A", Not(A)),
        ("A'", Not(A)),
        ("!A'", A),
        ("! ! A", A),
        ("A''", A),
        ("A&B", Gate("&", (A, B))),
        ("A * B", Gate("&", (A, B))),
        ("A B", Gate("&", (A, B))),
        ("A\tB C", Gate("&", (A, B, C))),
        ("A|B", Gate("|", (A, B))),
        ("A+B", Gate("|", (A, B))),
        ("A^B", Gate("^", (A, B))),
        ("0", Constant(value=False)),
        ("1", Constant(value=True)),
        ("(1)", Constant(value=True)),
        ("((A))", A),
        ("!(A B)", Not(Gate("&", (A, B)))),
        ("(A B)'", Not(Gate("&", (A, B)))),
        # Inversion, then XOR, then AND, then OR.
        ("A+B*C", Gate("|", (A, Gate("&", (B, C))))),
        ("A*B^C", Gate("&", (A, Gate("^", (B, C))))),
        ("A^B C", Gate("&", (Gate("^", (A, B)), C))),
        ("A+B^C", Gate("|", (A, Gate("^", (B, C))))),
        ("!A^B'", Gate("^", (Not(A), Not(B)))),
        ("A B+C D", Gate("|", (Gate("&", (A, B)), Gate("&", (C, D))))),
        ("A (B+C)", Gate("&", (A, Gate("|", (B, C))))),
        ("(A)(B)", Gate("&", (A, B))),
        ("A'B", Gate("&", (Not(A), B))),
        ("A !B", Gate("&", (A, Not(B)))),
        ("A1[3] & n.x", Gate("&", (Variable("A1[3]"), Variable("n.x")))),
        (r"\"1A\" + _0", Gate("|", (Variable("1A"), Variable("_0")))),
        ("  A\n + B ", Gate("|", (A, B))),
    ],
)
def test_expressions_are_read_as_the_manual_has_it(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "A &", "& A", "A ! ", "!", "'", "(A", "A)", "()", "A ? B", "2", "1A", "A || B"),
        *("A ~ B", "A & + B", "A = B", "A, B", "1.0", "A\0", "é", "A[1:0]"),
    ],
)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(ValueError, match=r"^must be a boolean expression$"):
        parse(text)


def test_a_long_expression_is_read_and_a_deep_one_is_refused():
    assert len(parse("+".join(["A"] * 5000)).operands) == 5000
    assert parse("!" * 5001 + "A" + "'" * 5000) == Not(A)
    assert parse("(" * 100 + "A" + ")" * 100) == A
    assert len(parse("(A) " * 200).operands) == 200
    with pytest.raises(ValueError, match="must have at most 100 parentheses"):
        parse("(" * 101 + "A" + ")" * 101)


def test_a_bad_expression_of_a_file_is_one_line(cell):
    group = next(cell('\npin (Y) { function : "A &"; }').group.groups("pin"))

    with pytest.raises(UserError) as raised:
        expression(group, "function")
    assert str(raised.value) == (
        "a.lib: line 4: pin (Y): function: must be a boolean expression, not 'A &'"
    )
    assert expression(group, "three_state") is None


def test_a_truth_table_counts_its_first_input_fastest():
    table = parse("A & !B").truth_table()

    assert table.dtype == bool
    assert table.tolist() == [False, True, False, False]
    assert parse("A & !B").truth_table(("B", "A")).tolist() == [False, False, True, False]
    assert parse("1").truth_table().tolist() == [True]
    assert parse("0").truth_table(("A",)).tolist() == [False, False]


def test_inputs_come_once_in_order_of_appearance():
    assert parse("B & A | B ^ !C | 1").inputs == ("B", "A", "C")


@pytest.mark.parametrize(
    ("dtype", "ones"), [(np.uint64, np.uint64(2**64 - 1)), (np.uint8, np.uint8(255)), (bool, True)]
)
def test_words_are_evaluated_bit_by_bit(dtype, ones):
    rng = np.random.default_rng(3)
    a, b, c = rng.integers(0, int(ones), (3, 50), dtype=np.uint64, endpoint=True).astype(dtype)
    value = parse("!(A & B) ^ (C | 0) & 1'").evaluate({"A": a, "B": b, "C": c}, dtype(ones))

    assert value.dtype == dtype
    np.testing.assert_array_equal(value, 0 * a)
    value = parse("!(A & B) ^ (C | 0) & 1").evaluate({"A": a, "B": b, "C": c}, dtype(ones))
    np.testing.assert_array_equal(value, ~(a & b) ^ c)


def test_plain_integers_are_words_too():
    assert parse("!A ^ B").evaluate({"A": 0b0011, "B": 0b0101}, 0b1111) == 0b1001


def test_random_expressions_read_back_from_their_own_text():
    rng = np.random.default_rng(11)
    for _ in range(200):
        tree = random_expression(rng, depth=5)
        again = parse(str(tree))
        names = tuple("ABCD")
        np.testing.assert_array_equal(again.truth_table(names), tree.truth_table(names))
        assert again.inputs == tree.inputs


def test_a_flip_flop_is_described(cell):
    found = behaviour(
        cell(
            'ff (IQ, "IQN") { clocked_on : "!CK"; next_state : "D S + IQ S\'"; clear : "R";'
            ' preset : "P"; clear_preset_var1 : L; clear_preset_var2 : h; }'
            f"{INPUTS} pin (R, P, S) {{ direction : input; }} {OUTPUT}"
            'pin (QN) { direction : output; function : "!IQN S"; }'
        )
    )

    (register,) = found.registers
    assert register == FlipFlop(
        variables=("IQ", "IQN"),
        clocked_on=Not(Variable("CK")),
        next_state=parse("(D & S) | (IQ & !S)"),
        clear=Variable("R"),
        preset=Variable("P"),
        clear_preset_var1="L",
        clear_preset_var2="H",
    )
    assert set(register.inputs) == {"CK", "D", "S", "IQ", "R", "P"}
    assert found.reads("Q") == ("IQ",)
    assert found.reads("QN") == ("IQN",)
    assert found.unknown == {}
    assert found.clock_gate is None


def test_a_latch_is_described_even_without_data(cell):
    found = behaviour(cell(f'latch (IQ, N) {{ enable : "CK"; data_in : "D"; }} {INPUTS} {OUTPUT}'))
    assert found.registers == (
        Latch(variables=("IQ", "N"), enable=Variable("CK"), data_in=Variable("D")),
    )

    found = behaviour(cell(f'latch (IQ, N) {{ clear : "CK"; preset : "D"; }} {INPUTS} {OUTPUT}'))
    assert (found.registers[0].enable, found.registers[0].data_in) == (None, None)
    assert found.registers[0].clear_preset_var1 == "X"


def test_a_three_state_output_says_when_it_lets_go(cell):
    found = behaviour(
        cell(f"{INPUTS} pin (Z) {{ direction : inout; function : D; three_state : CK'; }}")
    )

    assert found.outputs["Z"].function == Variable("D")
    assert found.outputs["Z"].three_state == Not(Variable("CK"))
    assert found.reads("Z") == ()


GATE = (
    "clock_gating_integrated_cell : latch_posedge_precontrol;"
    'statetable ("CK E T", "M") {{ table : "{}"; }}'
    'pin (M) {{ direction : internal; internal_node : "M"; }}'
    "pin (CK, E, T) {{ direction : input; }}"
    'pin (G) {{ direction : output; state_function : "CK * M"; }}'
)
ROWS = "L L L : - : L, L H - : - : H, L - H : - : H, H - - : - : N"


def test_a_clock_gate_is_a_latch_and_an_and(cell):
    found = behaviour(cell(GATE.format(ROWS)))

    (latch,) = found.registers
    assert found.clock_gate == "latch_posedge_precontrol"
    assert found.unknown == {}
    assert found.outputs["G"].function == parse("CK & M")
    assert found.reads("G") == ("M",)
    names = ("CK", "E", "T")
    is_open = latch.enable.truth_table(names)
    np.testing.assert_array_equal(is_open, parse("!CK").truth_table(names))
    data, expected = latch.data_in.truth_table(names), parse("E | T").truth_table(names)
    np.testing.assert_array_equal(data[is_open], expected[is_open])


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("L L R : - : L, H - - : - : N", "has edges, or nodes that depend on themselves"),
        ("L - - : L : L, H - - : - : N", "has edges, or nodes that depend on themselves"),
        ("L - - : - : X, H - - : - : N", "has next values besides L, H and N"),
        ("L L - : - : L, H - - : - : N", "does not give each node one next value"),
        ("- L - : - : L, L - - : - : H, H - - : - : N", "does not give each node one next value"),
    ],
)
def test_a_state_table_that_is_no_latch_is_named(cell, rows, reason):
    assert behaviour(cell(GATE.format(rows))).unknown == {"statetable": reason}


@pytest.mark.parametrize(
    ("inside", "unknown"),
    [
        ("pin (Z) { direction : output; }", {"Z": "has no function"}),
        (
            'pin (Z) { direction : output; internal_node : "M"; }',
            {"Z": "reads 'M', which no register keeps"},
        ),
        (
            """ff_bank (I, N, 4) { clocked_on : C; next_state : D; }
            bundle (Q) { members (Q0, Q1); direction : output; function : I; }""",
            {"ff_bank": "is of several bits", "bundle": "is of several bits"},
        ),
        (
            f"ff (IQ, N) {{ clocked_on : CK; clocked_on_also : D; next_state : D; }} {INPUTS}",
            {"ff": "has two clocks (clocked_on_also)"},
        ),
    ],
)
def test_what_is_not_understood_is_named(cell, inside, unknown):
    assert behaviour(cell(inside)).unknown == unknown


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        (
            f"ff (IQ, N) {{ next_state : D; }} {INPUTS}",
            "line 3: ff (IQ, N): clocked_on: must be a boolean expression, not 'missing'",
        ),
        (
            f"latch (IQ, N) {{ enable : CK; }} {INPUTS}",
            "line 3: latch (IQ, N): data_in: must be a boolean expression, not 'missing'",
        ),
        (
            "ff (IQ, N) { clocked_on : CK; next_state : D; clear_preset_var1 : Q; }",
            "line 3: ff (IQ, N): clear_preset_var1: must be L, H, N, T or X, not 'Q'",
        ),
        (
            'statetable ("A", "M") { table : "L:-"; }',
            "line 3: statetable (A, M): table: must have rows of 1 : 1 : 1 values, not 'L:-'",
        ),
        (
            'pin (Y) { direction : output; function : "A B"; }',
            "line 2: cell (c): its functions: must name pins, not 'A'",
        ),
    ],
)
def test_bad_cells_are_one_line(cell, inside, complaint):
    with pytest.raises(UserError) as raised:
        behaviour(cell(inside))
    assert str(raised.value) == f"a.lib: {complaint}"


def test_the_scan_free_twin_of_a_cell_is_left_out(cell):
    twin = "test_cell () { ff (X, Y) { clocked_on : CK; next_state : D; } }"
    own = "ff (IQ, N) { clocked_on : CK; next_state : D; }"

    (register,) = behaviour(cell(f"{twin} {own} {INPUTS} {OUTPUT}")).registers
    assert register.variables == ("IQ", "N")


def random_expression(rng, depth):
    """Make a tree over A to D, with constants."""
    kind = rng.choice(["leaf", "not", "&", "|", "^"]) if depth else "leaf"
    if kind == "leaf":
        if rng.random() < 0.1:
            return Constant(value=bool(rng.integers(2)))
        return Variable(str(rng.choice(list("ABCD"))))
    if kind == "not":
        return Not(random_expression(rng, depth - 1))
    operands = (random_expression(rng, depth - 1) for _ in range(rng.integers(2, 5)))
    return Gate(str(kind), tuple(operands))
