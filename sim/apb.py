"""APB master (AMBA 3) for the table port."""

from bench import Bench

__all__ = ["Apb", "SlaveError"]

STEPS_LIMIT = 64  # wait states before a slave counts as dead


class SlaveError(Exception):
    """The slave answered with an error."""


class Apb:
    """Reads and writes registers by the names that the manifest gives them.

    Parameters
    ----------
    bench : Bench
        A module with the pins ``paddr`` ... ``pslverr``.
    registers : list of dict
        The manifest's ``registers``.
    """

    def __init__(self, bench: Bench, registers: list[dict]) -> None:
        self.bench = bench
        self.addresses = {register["name"]: register["address"] for register in registers}

    async def write(self, register: str | int, value: int) -> None:
        """Write a register; `SlaveError` when the slave answers with an error."""
        await self._transfer(register, pwrite=1, pwdata=value)

    async def read(self, register: str | int) -> int:
        """Read a register; `SlaveError` when the slave answers with an error."""
        return await self._transfer(register, pwrite=0)

    async def _transfer(self, register: str | int, **pins: int) -> int:
        bench = self.bench
        address = self.addresses[register] if isinstance(register, str) else register
        await bench.step(psel=1, penable=0, paddr=address, **pins)
        await bench.step(penable=1)
        for _ in range(STEPS_LIMIT):
            if bench.read("pready"):
                break
            await bench.step()
        else:
            raise AssertionError(f"{register}: expected pready within {STEPS_LIMIT} cycles")
        data, error = bench.read("prdata"), bench.read("pslverr")
        await bench.step(psel=0, penable=0, pwrite=0)
        if error:
            raise SlaveError(register)
        return data
