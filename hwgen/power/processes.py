"""Processes of standard cells, which Liberty files have no place for, by the libraries' names."""

import re

__all__ = ["node_nm"]

NODES = {
    r"sky130": 130,
    r"sg13": 130,
    r"gf180": 180,
    r"osu0?18": 180,
    r"osu0?35": 350,
    r"osu0?5": 500,
    r"nangate|freepdk45|gscl45": 45,
    r"saed90": 90,
    r"saed32": 32,
    r"freepdk15": 15,
    r"asap7": 7,
}


def node_nm(library: str) -> float | None:
    """Return the process of a library that is known by its name, in nm; None for others.

    >>> node_nm("sky130_fd_sc_hd__tt_025C_1v80"), node_nm("mine")
    (130, None)
    """
    found = (node for name, node in NODES.items() if re.search(name, library, re.IGNORECASE))
    return next(found, None)
