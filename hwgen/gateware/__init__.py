"""The blocks of a tile as Amaranth components with plain integer parameters.

They are used through their own modules (``from hwgen.gateware.lane import Lane``); nothing is
gathered here.
"""

__all__: list[str] = []
