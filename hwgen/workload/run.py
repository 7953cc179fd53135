"""Bit-exact run of a network through the array and its periphery, and what the readout costs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen.archive import check_archive, write_archive
from hwgen.config import Design
from hwgen.errors import UserError
from hwgen.mapping.tiles import map_layer
from hwgen.power.analog.accounting import UNKNOWN
from hwgen.power.analog.choose import Work, choose
from hwgen.power.operations import Operations
from hwgen.workload.array.costs import Costs
from hwgen.workload.array.energy import Energy, trees_of
from hwgen.workload.array.nonideal import NonidealReader
from hwgen.workload.array.reading import LayerReader
from hwgen.workload.array.readout import Readout
from hwgen.workload.array.statistics import check_size
from hwgen.workload.images import Images, codes_of, fingerprints, require_other
from hwgen.workload.inputs import calibration_images, load_images, open_network
from hwgen.workload.parts import TEST
from hwgen.workload.shapes import shapes_of
from hwgen_models.matrix import Matrix
from hwgen_models.network import Network

__all__ = ["PATHS", "Product", "readers_of", "run"]

PATHS = ("auto", "bit-sliced", "short-cut")
MARK = b"hwgen run --histograms"  # tells the archive from other files

Progress = Callable[[int, int, str], None]


def run(
    design: Design,
    network: str,
    data: str,
    *,
    images: int | None = None,
    calibration: str | None = None,
    kernels: str = "reference",
    path: str = "auto",
    histograms: Path | None = None,
    adc_model: str | None = None,
    power: Path | None = None,
    progress: Progress | None = None,
) -> dict:
    """Run a network on the crossbars of a design and count what that takes.

    Every matrix product goes through crossbars; what lies between (requantisation, additions,
    pooling) is computed as the integer network does. Where lossless tables are read bit by bit, the
    sums of every layer are checked against the integer product.

    Parameters
    ----------
    design : Design
        Array, readout and tables.
    network, data : str
        ``digits`` or files, as `hwgen.workload.inputs` reads them. Only test images are used.
    images : int, optional
        Take the first so many.
    calibration : str, optional
        Images that a float network is quantised with; the calibration part of `data` by default.
    kernels : str
        Kernels of LiteRT that a TFLite network is rounded as: ``reference`` or ``xnnpack``.
    path : str
        One of `PATHS`, see `hwgen.workload.array.reading`: ``auto`` takes the short cut for layers
        whose tables are lossless.
    histograms : Path, optional
        File to write the counts of every layer to by slice, plane, active rows and bound: ``.npz``,
        see ``docs/workload.md``. A new file, or an earlier one.
    adc_model : str, optional
        What converters cost, in place of what the design says: see `hwgen.power.analog.choose`.
    power : Path, optional
        Report of `hwgen power` on a tile of this design: what an operation of the periphery takes.
    progress : callable, optional
        Called with conversions done, conversions in all (skipped ones included), and the layer.

    Returns
    -------
    dict
        The keys of ``hwgen run --json``, see ``docs/workload.md``.

    Raises
    ------
    UserError
        When a file, a layer or the images do not fit, or `histograms` cannot be written.
    Mismatch
        When a lossless layer differs from the integer product.
    """
    if histograms is not None:
        check_archive(histograms, MARK)
    operations = None if power is None else Operations.read(power)
    if operations is not None:
        operations.check(asdict(design.spec), design.source)
    analog = choose(
        design, adc_model, digital=UNKNOWN if operations is None else operations.digital
    )
    found = open_network(network, calibration=calibration or data, kernels=kernels)
    model = found.network
    chosen = load_images(data, part=TEST, images=images)
    if found.calibration is not None:
        require_other(calibration_images(found.calibration), chosen)
    check_images(design, chosen)
    codes = codes_of(model, chosen)
    readers = readers_of(design, model, where=network, path=path)
    for reader in readers.values():
        analog.check(trees_of(reader.readout))
    product = Product(readers, model, len(chosen), progress)
    outputs = model.run(codes, product)
    if histograms is not None:
        write_archive(histograms, _histograms_of(readers), MARK)

    lossless = all(reader.lossless for reader in readers.values())
    integer = outputs if lossless else model.run(codes)  # the readers found no difference
    costs = Costs.total([reader.costs for reader in readers.values()])
    energies = {
        name: reader.energy(analog, operations, crossbars=costs.crossbars)
        for name, reader in readers.items()
    }
    energy = Energy.total(energies.values())
    work = Work(energy.reads, costs.conversion_cycles(design.spec))
    layers = {
        name: {
            "images": len(chosen),
            **shapes_of(model, reader.mapped.layer),
            **reader.as_json(),
            **_energy_keys(energies[name], len(chosen)),
        }
        for name, reader in readers.items()
    }
    return {
        "design": design.name,
        "network": network,
        "data": data,
        "images": len(chosen),
        "path": path,
        "calibration": found.calibration,
        "calibration_images": found.calibration_images,
        "top1": chosen.top1(outputs),
        "top1_integer": chosen.top1(integer),
        "products": sum(layer["products"] for layer in layers.values()),
        "weights": sum(layer["weights"] for layer in layers.values()),
        "lossless": lossless,
        "sample_hold": design.readout.sample_hold,
        **costs.as_json(),
        **_energy_keys(energy, len(chosen)),
        "energy_model": analog.as_json(work) | {"digital": operations and operations.described()},
        "histogram": np.sum([layer["histogram"] for layer in layers.values()], axis=0).tolist(),
        "histograms": None if histograms is None else str(histograms),
        "layers": layers,
    }


def _energy_keys(energy: Energy, images: int) -> dict[str, object]:
    """Energy of all images, and of one."""
    return {"energy_pj": energy.as_json(), "energy_per_image_pj": energy.as_json(per=images)}


def _histograms_of(readers: dict[str, LayerReader]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Name and content of every array, layer by layer."""
    for name, reader in readers.items():
        statistics = reader.statistics
        yield f"{name}/by_active", statistics.by_active.astype("<i8")
        yield f"{name}/by_bound", statistics.by_bound.astype("<i8")


def readers_of(
    design: Design, network: Network, *, where: str, path: str = "auto"
) -> dict[str, LayerReader]:
    """Put every layer with a matrix product on crossbars, by name.

    Raises
    ------
    UserError
        When a layer or the histograms do not fit, or the path is not one of `PATHS` or needs
        lossless tables.
    """
    if path not in PATHS:
        raise UserError(f"--path: must be {' or '.join(PATHS)}, not {path!r}")
    if not network.matrices:
        raise UserError(f"{where}: must have a layer with weights, not none")
    check_tables(design, [layer.name for layer in network.matrices])
    readers: dict[str, LayerReader] = {}
    for layer in network.matrices:
        codes = network.codes[layer.sources[0]]
        mapped = map_layer(layer, design.spec, codes=codes, where=where)
        readout = Readout.of(design, layer.name)
        why_not = _no_short_cut(design, readout)
        if path == "short-cut" and why_not:
            raise UserError(f"--path: must be bit-sliced for {why_not} {layer.name}, not {path}")
        if design.device.ideal:
            short_cut = path != "bit-sliced" and not why_not
            readers[layer.name] = LayerReader(mapped, readout, short_cut=short_cut)
        else:
            number = sum(len(reader.arrays) for reader in readers.values())
            readers[layer.name] = NonidealReader(mapped, readout, design, first_crossbar=number)
    check_size(design, [reader.extent for reader in readers.values()])
    return readers


def _no_short_cut(design: Design, readout: Readout) -> str | None:
    """Why the sums of a layer have to be worked out bit by bit; None: they need not."""
    if not design.device.ideal:
        return "the non-ideal arrays of layer"
    return None if readout.lossless else "the lossy tables of layer"


def check_tables(design: Design, layers: Sequence[str]) -> None:
    """Refuse tables of layers that the network does not have: they would not be used."""
    if design.tables is None or design.tables.granularity == "network":
        return
    for name in design.tables.layers:
        if name not in layers:
            raise UserError(
                f"{design.source}: tables.layers: must be layers of the network "
                f"({', '.join(layers)}), not {name!r}"
            )


def check_images(design: Design, images: Images) -> None:
    """Refuse to report images that the design's tables were calibrated on."""
    known = set(design.tables.images) if design.tables else set()
    same = sum(one in known for one in fingerprints(images)) if known else 0
    if same:
        raise UserError(
            f"{images.name}: images must be others than those that calibrated {design.source}, "
            f"not {same} of the same"
        )


class Product:
    """The products of a network, read out of crossbars; knows how far the work is.

    Work is measured in conversions, so that the time that remains can be told from what is done.
    """

    def __init__(
        self,
        readers: dict[str, LayerReader],
        network: Network,
        images: int,
        progress: Progress | None = None,
    ) -> None:
        self.readers = readers
        self.progress = progress
        self.done = 0
        self.all = images * sum(
            reader.conversions_per_vector * shapes_of(network, reader.mapped.layer)["vectors"]
            for reader in readers.values()
        )

    def __call__(self, layer: Matrix, vectors: NDArray) -> NDArray[np.int64]:
        """Multiply vectors (groups, vectors, inputs) as `Network.run` wants it."""

        def step(conversions: int) -> None:
            self.done += conversions
            if self.progress is not None:
                self.progress(self.done, self.all, layer.name)

        return self.readers[layer.name].product(vectors, step)
