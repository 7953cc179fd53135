"""Small components that have everything in them that emission must cope with."""

from amaranth import Array, Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Adder", "Counter", "Enumerated", "Lanes", "Machine", "Operators", "Registers", "Wide"]


class Adder(wiring.Component):
    """Add a constant, one cycle later.

    Parameters
    ----------
    step : int
        What to add.
    """

    def __init__(self, step=1):
        self.step = step
        super().__init__({"i": In(8), "o": Out(8)})

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.o.eq(self.i + self.step)
        return m


class Lane(wiring.Component):
    """Two adders in a row."""

    def __init__(self, step):
        self.step = step
        super().__init__({"i": In(8), "o": Out(8), "spare": In(3), "unused": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.first = first = Adder()
        m.submodules.second = second = Adder(self.step)
        m.d.comb += [first.i.eq(self.i), second.i.eq(first.o), self.o.eq(second.o)]
        return m


class Lanes(wiring.Component):
    """Lanes beside each other: `steps` says which of them are alike."""

    def __init__(self, steps):
        self.lanes = [Lane(step) for step in steps]
        super().__init__({"i": In(stream.Signature(8)), "o": Out(8).array(len(steps))})

    def elaborate(self, platform):
        m = Module()
        for k, lane in enumerate(self.lanes):
            m.submodules[f"lane_{k}"] = lane
            m.d.comb += [lane.i.eq(self.i.payload + k), self.o[k].eq(lane.o)]
        m.d.comb += self.i.ready.eq(1)
        return m


class Operators(wiring.Component):
    """Every operator on unsigned and signed operands of unequal widths."""

    def __init__(self):
        a, b, s, t = 8, 5, signed(6), signed(4)
        self.cases = {
            "add": lambda: a_ + b_,
            "add_signed": lambda: s_ + t_,
            "add_mixed": lambda: a_ + t_,
            "add_narrow": lambda: (a_ + a_)[:8],
            "add_many": lambda: (a_ + b_) + (s_ + t_),
            "sub": lambda: a_ - b_,
            "sub_signed": lambda: t_ - s_,
            "sub_masked": lambda: (b_ - a_) & 0x1FFF,
            "mul": lambda: a_ * b_,
            "mul_signed": lambda: s_ * t_,
            "neg": lambda: -a_,
            "neg_signed": lambda: -s_,
            "invert": lambda: ~a_,
            "invert_wide": lambda: ~b_ | a_,
            "invert_signed": lambda: ~s_,
            "logic": lambda: (a_ & b_) | (a_ ^ ~b_),
            "logic_signed": lambda: (s_ & t_) ^ s_,
            "shift": lambda: a_ << k_,
            "shift_signed": lambda: s_ << k_,
            "shift_const": lambda: (a_ << 3) | (s_ << 1),
            "right": lambda: a_ >> k_,
            "right_signed": lambda: s_ >> k_,
            "right_in_sum": lambda: (s_ >> k_) + a_,
            "right_const": lambda: (a_ >> 2) + (s_ >> 1),
            "one_bit": lambda: a_.bit_select(k_, 1),
            "one_bit_beyond": lambda: b_.bit_select(k_, 1),
            "bits": lambda: a_.bit_select(k_, 3),
            "words": lambda: Cat(a_, a_).word_select(k_, 4),
            "less": lambda: Cat(a_ < b_, a_ <= b_, a_ > b_, a_ >= b_, a_ == b_, a_ != b_),
            "less_signed": lambda: Cat(s_ < t_, s_ <= t_, s_ > t_, s_ >= t_, s_ == t_, s_ != t_),
            "less_mixed": lambda: Cat(a_ < s_, t_ < a_, (s_ + t_) < b_, a_ < -3, s_ < -3),
            "less_as_unsigned": lambda: Cat(s_.as_unsigned() < p_.as_unsigned(), s_ < p_),
            "not_less": lambda: ~(a_ < b_),
            "reduce": lambda: Cat(a_.any(), a_.all(), a_.xor(), s_.bool(), c_.any()),
            "mux": lambda: Mux(c_, a_, s_),
            "mux_signed": lambda: Mux(a_ < b_, s_, t_) + a_,
            "mux_mux": lambda: Mux(c_, Mux(k_[0], a_, b_), Mux(k_[1], b_, a_)),
            "mux_not": lambda: Mux(~c_, a_, b_),
            "mux_bits": lambda: Cat(Mux(c_, 1, 0), Mux(c_, 0, 1), Mux(c_, k_[0], 0)),
            "cat": lambda: Cat(a_[2:5], Const(5, 3), s_[-1], b_, a_[0]),
            "repeat": lambda: Cat(s_[-1].replicate(5), c_.replicate(3)),
            "constants": lambda: Cat(a_ & 0, b_ | 0x1F, c_ & ~Const(0, 1), (a_ >= 0), (a_ < 0)),
            "array": lambda: Array([a_, b_, s_])[k_],
            "slice_of_sum": lambda: (a_ + b_)[2:7],
            "divide": lambda: a_[:1],
        }
        a_, b_, s_, t_ = Signal(a), Signal(b), Signal(s), Signal(t)
        k_, c_, p_ = Signal(3), Signal(), Signal(signed(6))
        members = {
            "a": In(a), "b": In(b), "s": In(s), "t": In(t), "k": In(3), "c": In(1),
            "p": In(signed(6)),
        }  # fmt: skip
        self.inputs = {"a": a_, "b": b_, "s": s_, "t": t_, "k": k_, "c": c_, "p": p_}
        self.values = {name: case() for name, case in self.cases.items()}
        members |= {f"o_{name}": Out(value.shape()) for name, value in self.values.items()}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        for name, inner in self.inputs.items():
            m.d.comb += inner.eq(getattr(self, name))
        for name, value in self.values.items():
            m.d.comb += getattr(self, f"o_{name}").eq(value)
        return m


class Machine(wiring.Component):
    """A state machine, chains of conditions, switches with and without wildcards."""

    i: In(8)
    go: In(1)
    chosen: Out(4)
    held: Out(8)
    parts: Out(12)
    waiting: Out(1)
    wild: Out(3)
    edge: Out(2)

    def elaborate(self, platform):
        m = Module()
        with m.FSM(name="phase"):
            with m.State("Rest"):
                m.d.comb += self.waiting.eq(1)
                with m.If(self.go):
                    m.d.sync += self.held.eq(self.i)
                    m.next = "Work"
            with m.State("Work"):
                m.d.sync += self.held.eq(self.held - 1)
                with m.If(self.held == 0):
                    m.next = "Rest"
                with m.Elif(self.i[7]):
                    m.next = "Halt"
            with m.State("Halt"), m.If(~self.go):
                m.next = "Rest"
        with m.Switch(self.i):
            with m.Case("1-------"):
                m.d.comb += self.wild.eq(1)
            with m.Case("01--1---", 7):
                m.d.comb += self.wild.eq(2)
            with m.Case(3):
                m.d.comb += self.wild.eq(3)
            with m.Default():
                m.d.comb += self.wild.eq(4)
        with m.If(self.i[0]):
            m.d.comb += self.chosen.eq(self.i[:4])
        with m.Elif(self.i[1] & self.go):
            m.d.comb += self.chosen[1:3].eq(self.i[4:])
        with m.Else():
            m.d.comb += self.chosen.eq(9)
        m.d.comb += self.parts[:4].eq(self.i[4:])
        m.d.comb += self.parts[8:].eq(~self.i[:4])
        with m.If(self.go):
            m.d.comb += self.parts[4].eq(1)
        for k in range(2):
            with m.If(self.i[k]):
                m.d.sync += self.edge.bit_select(self.i[k + 1], 1).eq(k)
        return m


class Registers(wiring.Component):
    """Registers with and without reset, a struct, a port that is a keyword, a name used twice."""

    payload: In(data.StructLayout({"low": 3, "high": signed(5)}))
    load: In(1)
    release: In(1)
    output: Out(signed(6))
    kept: Out(3)
    count: Out(4, init=9)

    def elaborate(self, platform):
        m = Module()
        kept = Signal(3, reset_less=True)
        first, second = Signal(4, name="twice"), Signal(4, name="twice", init=3)
        m.d.sync += [first.eq(second + 1), second.eq(first ^ self.count)]
        m.d.comb += self.kept.eq(kept)
        with m.If(self.load):
            m.d.sync += [kept.eq(self.payload.low), self.output.eq(self.payload.high + 1)]
        with m.Elif(self.release):
            m.d.sync += self.count.eq(self.count + second[1:])
        return m


class Mode(enum.Enum, shape=2):
    """States of `Enumerated`."""

    OFF = 0
    SLOW = 1
    FAST = 2


class Enumerated(wiring.Component):
    """A state register of an enumeration."""

    i: In(1)
    o: Out(1)

    def elaborate(self, platform):
        m = Module()
        mode = Signal(Mode)
        m.d.comb += self.o.eq(mode == Mode.FAST)
        with m.Switch(mode):
            with m.Case(Mode.OFF):
                m.d.sync += mode.eq(Mux(self.i, Mode.SLOW, Mode.OFF))
            with m.Case(Mode.SLOW):
                m.d.sync += mode.eq(Mode.FAST)
            with m.Default():
                m.d.sync += mode.eq(Mode.OFF)
        return m


class Counter(wiring.Component):
    """Looks at its own reset."""

    o: Out(4)
    quiet: Out(1)

    def elaborate(self, platform):
        from amaranth import ResetSignal

        m = Module()
        m.d.sync += self.o.eq(self.o + 1)
        m.d.comb += self.quiet.eq(ResetSignal() | (self.o == 0))
        return m


class Wide(wiring.Component):
    """Sums over many bits, and a vector that is computed bit by bit."""

    i: In(24)
    total: Out(range(25))
    lowest: Out(24)

    def elaborate(self, platform):
        m = Module()
        sums = list(self.i)
        while len(sums) > 1:
            sums = [a + b for a, b in zip(sums[::2], sums[1::2], strict=False)] + sums[
                len(sums) // 2 * 2 :
            ]
        below = Const(0, 1)
        bits = []
        for bit in self.i:
            bits.append(bit & ~below)
            below = below | bit
        trial = Signal(24)
        m.d.comb += [self.total.eq(sums[0]), trial.eq(Cat(bits)), self.lowest.eq(trial << 1)]
        return m
