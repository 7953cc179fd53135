"""Statements of processes: what they assign and read, and how lists of them are rewritten."""

from collections.abc import Callable, Iterable, Iterator

from hwgen.emit.rtlil import Assign, Case, Const, Slice, Spec, Switch, cut, join, width_of

__all__ = [
    "Body",
    "assigns",
    "decided",
    "decision",
    "is_if",
    "map_body",
    "matches",
    "merged",
    "overwritten",
    "read_by",
    "switches",
]

Body = list[Assign | Switch]


def assigns(body: Body) -> Iterator[Assign]:
    """Yield every assignment, those in switches too."""
    for statement in body:
        if isinstance(statement, Assign):
            yield statement
        else:
            for case in statement.cases:
                yield from assigns(case.body)


def switches(body: Body) -> Iterator[Switch]:
    """Yield every switch, those in others too."""
    for statement in body:
        if isinstance(statement, Switch):
            yield statement
            for case in statement.cases:
                yield from switches(case.body)


def read_by(body: Iterable[Assign | Switch]) -> Iterator[Spec]:
    """Yield everything that statements read."""
    for statement in body:
        if isinstance(statement, Assign):
            yield statement.value
        else:
            yield statement.selector
            for case in statement.cases:
                yield from read_by(case.body)


def map_body(
    body: Body, read: Callable[[Spec], Spec], written: Callable[[Spec], Spec] = lambda spec: spec
) -> Body:
    """Return statements with every spec that they read and write replaced."""
    return [
        Assign(written(statement.target), read(statement.value))
        if isinstance(statement, Assign)
        else Switch(
            read(statement.selector),
            [Case(c.patterns, map_body(c.body, read, written)) for c in statement.cases],
        )
        for statement in body
    ]


def overwritten(value: Spec, assign: Assign) -> Spec:
    """Return a value after an assignment to all of it or to a part."""
    (target,) = assign.target
    assert isinstance(target, Slice)
    above = target.low + target.width
    rest = cut(value, above, max(0, width_of(value) - above))
    return join([*cut(value, 0, target.low), *assign.value, *rest])


def decided(body: Body) -> Body:
    """Carry out what constants decide, drop statements that do nothing."""
    kept: Body = []
    for statement in body:
        if isinstance(statement, Assign):
            todo: Body = [statement]
        else:
            selector, cases = _undecided(statement)
            cases = [Case(case.patterns, decided(case.body)) for case in cases]
            always = cases and not cases[0].patterns
            todo = cases[0].body if always else [*_switch(selector, cases)]
        for following in todo:
            if isinstance(following, Assign):
                (target,) = following.target
                assert isinstance(target, Slice)
                kept = _without(kept, target)
            kept.append(following)
    return kept


def _undecided(switch: Switch) -> tuple[Spec, list[Case]]:
    """Leave constants out of a selector, and patterns that cannot match or that others cover."""
    known: dict[int, str] = {}
    place = 0
    for chunk in switch.selector:
        if isinstance(chunk, Const):
            known |= {place + k: str(chunk.value >> k & 1) for k in range(chunk.width)}
        place += chunk.width
    cases: list[Case] = []
    seen: list[str] = []
    for case in switch.cases:
        patterns: list[str] = []
        for pattern in case.patterns:
            bits = dict(enumerate(reversed(pattern)))
            possible = all(bits[k] in {"-", bit} for k, bit in known.items())
            rest = "".join(bits[k] for k in sorted(bits, reverse=True) if k not in known)
            if possible and not any(matches(earlier, rest) for earlier in seen):
                patterns.append(rest)
                seen.append(rest)
        if any(set(pattern) <= {"-"} for pattern in patterns):
            patterns = []  # matches whatever is left
        elif case.patterns and not patterns:
            continue
        cases.append(Case(tuple(patterns), case.body))
        if not patterns:
            break
    return join([chunk for chunk in switch.selector if isinstance(chunk, Slice)]), cases


def _switch(selector: Spec, cases: list[Case]) -> list[Switch]:
    """Return a switch without the cases at its end that do nothing, or none at all."""
    while cases and not cases[-1].body:
        cases.pop()
    return [Switch(selector, cases)] if cases else []


def _without(body: Body, part: Slice) -> Body:
    """Return statements with everything removed that they assign to some bits.

    Whoever assigns to them afterwards hides it anyway; but Yosys 0.70, when it reads a register's
    ``if (a) begin if (b) y <= 1; y <= 0; end``, lets the inner condition win.
    """
    kept: Body = []
    for statement in body:
        if isinstance(statement, Switch):
            cases = [Case(case.patterns, _without(case.body, part)) for case in statement.cases]
            kept += _switch(statement.selector, cases)
            continue
        (target,) = statement.target
        assert isinstance(target, Slice)
        first = max(part.low, target.low)
        last = min(part.low + part.width, target.low + target.width)
        if target.wire != part.wire or first >= last:
            kept.append(statement)
            continue
        for low, high in ((target.low, first), (last, target.low + target.width)):
            if low < high:
                value = cut(statement.value, low - target.low, high - low)
                kept.append(Assign((Slice(target.wire, low, high - low),), value))
    return kept


def matches(pattern: str, bits: str) -> bool:
    """Tell whether bits fit a pattern, in which ``-`` stands for either."""
    return all(p in {"-", b} for p, b in zip(pattern, bits, strict=True))


def is_if(switch: Switch) -> bool:
    """Tell whether every case looks at one bit only."""
    return all(
        len(case.patterns) <= 1
        and all(len(pattern.replace("-", "")) == 1 for pattern in case.patterns)
        for case in switch.cases
    )


def decision(body: Body) -> Spec | None:
    """Return what a process decides on first."""
    return next((s.selector for s in body if isinstance(s, Switch)), None)


def merged(bodies: Iterable[Body]) -> Body:
    """Put statements for different targets into one list, sharing decisions.

    Statements for the same target stay in order, and nothing that is assigned is read, so the
    result does what the lists did.
    """
    found: Body = []
    for body in bodies:
        twins = _twins(found, body)
        added = at = 0
        for statement, twin in zip(body, twins, strict=True):
            if twin is not None:
                at = twin + added
                found[at] = _joined(found[at], statement)
            else:
                following = [t for t in twins if t is not None and t + added >= at]
                end = min(following) + added if following else len(found)
                while at < end and (isinstance(statement, Switch) or isinstance(found[at], Assign)):
                    at += 1
                found.insert(at, statement)
                added += 1
            at += 1
    return found


def _twins(merged: Body, body: Body) -> list[int | None]:
    """Return where every statement of a body finds its decision, in ascending order."""
    twins: list[int | None] = []
    start = 0
    for statement in body:
        twin = _find(merged, start, statement) if isinstance(statement, Switch) else None
        twins.append(twin)
        start = start if twin is None else twin + 1
    return twins


def _find(body: Body, start: int, switch: Switch) -> int | None:
    """Return where a switch with the same decision is, from `start` on."""
    for k in range(start, len(body)):
        other = body[k]
        if isinstance(other, Switch) and other.selector == switch.selector:
            few, many = sorted((switch.cases, other.cases), key=len)
            if all(a.patterns == b.patterns for a, b in zip(few, many, strict=False)):
                return k
    return None


def _joined(one: Switch, other: Switch) -> Switch:
    """Return a switch that does what two of them do, one's cases being the first of the other's."""
    cases = []
    for k in range(max(len(one.cases), len(other.cases))):
        twins = [switch.cases[k] for switch in (one, other) if k < len(switch.cases)]
        cases.append(Case(twins[0].patterns, merged([case.body for case in twins])))
    return Switch(one.selector, cases)
