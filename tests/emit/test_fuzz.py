# amaranth: UnusedElaboratable=no
"""Random components: whatever gateware may contain, its Verilog is what Amaranth says."""

import random
import re
import subprocess

import pytest
from amaranth import Array, Cat, ClockDomain, Const, Module, Mux, Shape, Signal, signed, unsigned
from amaranth.back import rtlil
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.emit.hierarchy import take_apart
from hwgen.flow.tools import find_program, iverilog_command, run_yosys
from tests.equivalence import claims, unproven

# Amaranth takes a signed condition for a slip; it is legal all the same.
pytestmark = pytest.mark.filterwarnings("ignore:Signed values in If")

WIDEST = 12  # of an operand; sums and products may be wider
LARGEST = 60  # operators in a component
CYCLES = 200

# Names that must be changed on their way to Verilog, and names that others turn into.
NAMES = ["a", "a", "b_2", "b", "b", "n1", "n2", "unused", "reg", "logic", "rst", "clk", "x.y", "9"]
STATES = ["Idle", "Wait for it", "Go", "idle_", "end"]
TOUGH = ["output", "release", "signed", "i__payload", "state", "n3"]


class Random(wiring.Component):
    """A component that means nothing: the same for the same seed."""

    def __init__(self, *, seed, levels=1):
        self.dice = random.Random(seed)
        self.levels = levels
        self.room = self.dice.randint(5, LARGEST)  # operators still to come
        self.known = []  # what an expression may read
        names = self.dice.sample([*TOUGH, *"pqrstuvw"], 8)
        count = self.dice.randint(1, 4)
        members = {name: In(self.shape()) for name in names[:count]}
        members |= {name: Out(self.shape()) for name in names[count : self.dice.randint(5, 8)]}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        for name, member in self.signature.members.items():
            if member.flow == In:
                self.known.append(getattr(self, name))
        registers = [self.signal() for _ in range(self.dice.randint(0, 4))]
        self.known += registers
        self.children(m)
        members = self.signature.members
        outputs = [getattr(self, name) for name in members if members[name].flow == Out]
        for _ in range(self.dice.randint(0, 3)):
            self.drive(m, m.d.comb, [self.signal() for _ in range(self.dice.randint(1, 3))])
        if self.dice.random() < 0.3:
            self.machine(m)
        clocked = self.dice.randint(0, len(outputs))
        self.known += outputs[:clocked]
        self.drive(m, m.d.sync, registers + outputs[:clocked])
        self.drive(m, m.d.comb, outputs[clocked:])
        return m

    # Parts

    def children(self, m):
        if not self.levels or self.dice.random() < 0.6:
            return
        seeds = [self.dice.randrange(1000)] * 2 + [self.dice.randrange(1000)]
        for k, seed in enumerate(seeds[: self.dice.randint(1, 3)]):
            child = Random(seed=seed, levels=self.levels - 1)
            m.submodules[f"child_{k}" if self.dice.random() < 0.7 else f"{'ab'[k % 2]}{k}"] = child
            outputs = []
            for name, member in child.signature.members.items():
                port = getattr(child, name)
                if member.flow == Out:
                    outputs.append(port)
                elif self.dice.random() < 0.9:
                    m.d.comb += port.eq(self.value())
            self.known += outputs

    def machine(self, m):
        """Add a state machine with a register of its own."""
        states = self.dice.sample(STATES, self.dice.randint(1, 4))
        target = self.signal()
        self.known.append(target)
        with m.FSM(name=self.dice.choice(["fsm", "a"])) as fsm:
            for state in states:
                with m.State(state):
                    for _ in range(self.dice.randint(0, 2)):
                        with m.If(self.value()):
                            m.next = self.dice.choice(states)
                            m.d.sync += self.place(target).eq(self.value())
        self.known.append(fsm.ongoing(self.dice.choice(states)))

    def drive(self, m, domain, targets):
        """Drive signals that do not read each other unless they are registers."""
        for target in targets:
            if isinstance(target, Signal) and target.reset_less:
                domain += target.eq(self.known[0])  # otherwise it would hold what nobody knows
        if targets:
            self.statements(m, domain, targets, depth=self.dice.randint(0, 3))
        self.known += targets

    def statements(self, m, domain, targets, *, depth):
        for _ in range(self.dice.randint(1, 3)):
            kind = self.dice.choice(["if", "switch", "assign"]) if depth else "assign"
            if not self.room:
                return
            if kind == "if":
                with m.If(self.value()):
                    self.statements(m, domain, targets, depth=depth - 1)
                for _ in range(self.dice.randint(0, 2)):
                    with m.Elif(self.value()):
                        self.statements(m, domain, targets, depth=depth - 1)
                if self.dice.random() < 0.5:
                    with m.Else():
                        self.statements(m, domain, targets, depth=depth - 1)
            elif kind == "switch":
                selector = self.operand()[:4]
                with m.Switch(selector):
                    for _ in range(self.dice.randint(1, 4)):
                        with m.Case(*self.patterns(len(selector))):
                            self.statements(m, domain, targets, depth=depth - 1)
                    if self.dice.random() < 0.5:
                        with m.Default():
                            self.statements(m, domain, targets, depth=depth - 1)
            else:
                target = self.dice.choice(targets)
                domain += self.place(target).eq(self.value())

    def patterns(self, width):
        return [
            "".join(self.dice.choices("01-", [5, 5, self.dice.choice([0, 4])], k=width))
            for _ in range(self.dice.choice([0, 1, 1, 1, 2, 3]))
        ]

    def place(self, target):
        """Return a signal, or a part of it, to assign to."""
        if isinstance(target, data.View):
            return self.dice.choice([target.low, target.high, target.as_value()])
        kind, width = self.dice.randrange(8), len(target)
        if kind == 0 and width:
            low, high = sorted(self.dice.choices(range(width + 1), k=2))
            return target[low:high]
        if kind == 1 and width:
            return target.bit_select(self.operand()[:3], self.dice.randint(1, 2))
        if kind == 2 and width > 1:
            return target.word_select(self.operand()[:2], self.dice.randint(1, width // 2))
        if kind == 3 and width > 1:
            return Cat(target[width // 2 :], target[: width // 2])
        return target

    # Values

    def shape(self):
        width = self.dice.choice([1, 1, 1, 2, 3, 4, 5, 7, 8, 9])
        return signed(width) if self.dice.random() < 0.4 else unsigned(width)

    def signal(self):
        name = self.dice.choice(NAMES)
        if self.dice.random() < 0.15:
            return Signal(data.StructLayout({"low": self.shape(), "high": self.shape()}), name=name)
        shape = self.shape() if self.dice.random() < 0.97 else unsigned(0)
        low, high = (
            (-1 << shape.width - 1, (1 << shape.width - 1) - 1)
            if shape.signed
            else (0, (1 << shape.width) - 1)
        )
        return Signal(
            shape,
            name=name,
            init=self.dice.choice([0, low, high, self.dice.randint(low, high)]),
            reset_less=self.dice.random() < 0.15,
        )

    def operand(self, depth=0):
        """Return an operand that is not too wide."""
        value = self.value(depth)
        if 0 < len(value) <= WIDEST and self.dice.random() < 0.9:
            return value
        if not len(value):
            return Cat(value, Const(1))
        low = self.dice.randrange(len(value))
        return value[low : low + self.dice.randint(1, WIDEST)]

    def value(self, depth=3):
        """Return a random expression."""
        if not depth or not self.room or self.dice.random() < 0.2:
            return self.leaf()
        self.room -= 1
        one, two, three = (self.operand(self.dice.randrange(depth)) for _ in range(3))
        bit, few = one.any(), two.as_unsigned()[:3]
        return self.dice.choice([
            lambda: one + two,
            lambda: one - two,
            lambda: one[:6] * two[:6],
            lambda: one[:5].as_signed() * two[:5],
            lambda: -one,
            lambda: +one,
            lambda: abs(one),
            lambda: ~one,
            lambda: one & two,
            lambda: one | two,
            lambda: one ^ two,
            lambda: one == two,
            lambda: one != two,
            lambda: one < two,
            lambda: one <= two,
            lambda: one > two,
            lambda: one >= two,
            lambda: one << few,
            lambda: one >> few,
            lambda: one.shift_left(self.dice.randint(0, 3)),
            lambda: one.shift_right(self.dice.randint(0, 3)),
            lambda: one.rotate_left(self.dice.randint(0, 3)),
            lambda: one.any(),
            lambda: one.all(),
            lambda: one.xor(),
            lambda: one.bool(),
            lambda: one.as_signed(),
            lambda: one.as_unsigned(),
            lambda: Cat(one, two, three)[:WIDEST],
            lambda: one[:3].replicate(self.dice.randint(1, 4)),
            lambda: Mux(bit, two, three),
            lambda: Mux(three, one, two),
            lambda: one.bit_select(few, self.dice.randint(1, 4)),
            lambda: one.word_select(few, self.dice.randint(1, 3)),
            lambda: one[:4].matches(*self.patterns(len(one[:4]))),
            lambda: Array([one, two, three])[few],
            lambda: Array([two, one])[three[:1]],
            lambda: Cat(one, one[-1:].replicate(3)),
        ])()

    def leaf(self):
        if not self.known or self.dice.random() < 0.15:
            return self.dice.choice([
                Const(0, self.dice.randint(1, 4)),
                Const(-1, signed(self.dice.randint(1, 4))),
                Const(self.dice.randrange(16)),
                Const(self.dice.randint(-8, 7), Shape(self.dice.randint(1, 6), signed=True)),
            ])
        known = self.dice.choice(self.known)
        if isinstance(known, data.View):
            return self.dice.choice([known.low, known.high, known.as_value()])
        return known


def emitted(seeds):
    return [
        claim
        for seed in seeds
        for claim in claims(take_apart(Random(seed=seed), design=f"seed{seed}", block="top"))
    ]


def check(seeds, folder):
    found = emitted(seeds)
    (folder / "all.v").write_text("\n".join(claim.text for claim in found))
    command = [*iverilog_command(), "-g2005", "-Wall", "-t", "null", "all.v"]
    lint = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    assert lint.stderr == ""
    assert unproven(found, folder) == {}


def test_random_components_are_what_amaranth_says(folder):
    check(range(60), folder)


class Port:
    """A port of the two modules of a seed, and how a bench calls what is connected to it."""

    def __init__(self, seed, port):
        self.name, self.about = port.name, f"seed{seed}_{port.name}"
        self.is_input = port.direction == "input"
        self.is_shared = port.name in {"clk", "rst"}
        self.size = f"[{port.width - 1}:0]"

    def declared(self):
        if self.is_shared:
            return ""
        if self.is_input:
            return f"  reg {self.size} {self.about};\n"
        return f"  wire {self.size} {self.about}_gold, {self.about}_gate;\n"

    def connected(self, kind):
        wire = self.name if self.is_shared else self.about
        return f".\\{self.name} ({wire}{'' if self.is_input else f'_{kind}'})"

    def driven(self):
        return (
            f"    {self.about} = $random(seed);\n" if self.is_input and not self.is_shared else ""
        )

    def compared(self):
        if self.is_input:
            return ""
        return (
            f"    if ({self.about}_gold !== {self.about}_gate)\n"
            f'      $display("{self.about}: %b, not %b", {self.about}_gate, {self.about}_gold);\n'
        )


def bench(tops):
    """Return a bench that gives the same random inputs to what is and to what should be."""
    ports = {seed: [Port(seed, port) for port in top.ports] for seed, top in tops.items()}
    every = [port for some in ports.values() for port in some]
    instances = [
        f"  {module} {kind}{seed} ({', '.join(port.connected(kind) for port in ports[seed])});\n"
        for seed, top in tops.items()
        for kind, module in (("gold", f"gold{seed}"), ("gate", top.module))
    ]
    return f"""module bench;
  reg clk = 0, rst = 1;
  integer seed = 1, cycle;
{"".join(port.declared() for port in every)}{"".join(instances)}
  task compare; begin
{"".join(port.compared() for port in every)}  end endtask

  initial for (cycle = 0; cycle < {CYCLES}; cycle = cycle + 1) begin
{"".join(port.driven() for port in every)}    #1 if (cycle > 2) compare;
    clk = 1;
    #1 if (cycle > 2) compare;
    rst = cycle < 2 || $random(seed) % 16 == 0;
    #1 if (cycle > 2) compare;
    clk = 0;
  end
endmodule
"""


def test_icarus_reads_the_text_as_yosys_does(folder):
    seeds = range(40)
    gold = [
        rtlil.convert(
            Random(seed=seed),
            name=f"gold{seed}",
            emit_src=False,
            missing_domain=lambda name: ClockDomain(name, async_reset=True),
        )
        for seed in seeds
    ]
    (folder / "gold.il").write_text("\n".join(gold))
    run_yosys("read_rtlil gold.il\nproc\nwrite_verilog -noattr gold.v", folder=folder)
    found = emitted(seeds)
    tops = {}
    for claim in found:
        tops[int(re.search(r"\d+", claim.module)[0])] = claim.block  # the last one is the top
    (folder / "gate.v").write_text("\n".join(claim.text for claim in found))
    (folder / "bench.v").write_text(bench(tops))
    command = [*iverilog_command(), "-g2005", "-o", "bench.vvp"]
    subprocess.run([*command, "gold.v", "gate.v", "bench.v"], cwd=folder, check=True)
    said = subprocess.run(
        [find_program("vvp", "iverilog"), "-n", "bench.vvp"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 3000, 100))
def test_many_random_components_are_what_amaranth_says(start, folder):
    check(range(start, start + 100), folder)
