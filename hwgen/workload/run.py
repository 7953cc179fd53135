"""Bit-exact run of a network through the array and its periphery, and what the readout costs."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design
from hwgen.errors import Mismatch, UserError
from hwgen.mapping.tiles import map_layer
from hwgen.workload.costs import Costs
from hwgen.workload.images import codes_of
from hwgen.workload.inputs import load_images, open_network
from hwgen.workload.integer import integer_run, shapes_of
from hwgen.workload.mappable import obstacle
from hwgen.workload.parts import TEST
from hwgen.workload.reading import LayerReader

__all__ = ["run"]

BATCH = 512  # images worked on at once

Progress = Callable[[int, int, str], None]


def run(
    design: Design,
    network: str,
    data: str,
    *,
    images: int | None = None,
    calibration: str | None = None,
    kernels: str = "reference",
    progress: Progress | None = None,
) -> dict:
    """Run a network on the crossbars of a design and count what that takes.

    A network with layers that cannot be mapped runs in exact integers instead; the result says so.

    Every layer's crossbars are golden tile models with an ideal array; activations between layers
    are requantised as the integer network does. Under lossless tables the sums of every layer are
    checked against the integer product.

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
    progress : callable, optional
        Called with crossbars done, crossbars in all, and the layer.

    Returns
    -------
    dict
        The keys of ``hwgen run --json``, see ``docs/workload.md``.

    Raises
    ------
    UserError
        When a file, a layer or the images do not fit.
    Mismatch
        When a lossless layer differs from the integer product.
    """
    found = open_network(network, calibration=calibration or data, kernels=kernels)
    model = found.network
    chosen = load_images(data, part=TEST, images=images)
    codes = codes_of(model, chosen)
    reason = obstacle(model)
    if reason:
        return integer_run(design, found, reason, (network, data), chosen, codes, progress)
    check_tables(design, [layer.name for layer in model.layers])
    readers = [
        LayerReader(
            map_layer(layer, design.spec, codes=model.codes[layer.sources[0]], where=network),
            [tuple(one) for one in design.ranges(layer.name)] or None,
        )
        for layer in model.layers
    ]
    starts = range(0, len(chosen), BATCH)
    steps = len(starts) * sum(len(reader.tiles) for reader in readers)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, steps, layer.name)

    outputs = []
    for start in starts:
        x = codes[start : start + BATCH].astype(np.int64)
        for layer, reader in zip(model.layers, readers, strict=True):
            sums, exact = reader.read(x, step), layer.accumulate(x)
            if reader.lossless:
                check_exact(layer.name, start, sums, exact)
            reader.compare(sums, exact)
            x = np.asarray(layer.requantise(sums), dtype=np.int64)
        outputs.append(x)

    costs = [reader.costs for reader in readers]
    shapes = [shapes_of(model, layer) for layer in model.layers]
    return {
        "design": design.name,
        "network": network,
        "data": data,
        "images": len(chosen),
        "form": "array",
        "unmapped": None,
        "calibration": found.calibration,
        "calibration_images": found.calibration_images,
        "top1": chosen.top1(np.concatenate(outputs)),
        "top1_integer": chosen.top1(model.run(codes)),
        "products": sum(shape["products"] or 0 for shape in shapes),
        "weights": sum(shape["weights"] or 0 for shape in shapes),
        "lossless": all(reader.lossless for reader in readers),
        **Costs.total(costs).as_json(),
        "layers": {
            reader.mapped.name: {
                "images": len(chosen),
                **shape,
                "row_tiles": reader.mapped.row_tiles,
                "column_tiles": reader.mapped.column_tiles,
                "ranges": [list(one) for one in design.ranges(reader.mapped.name)],
                "lossless": reader.lossless,
                "sqnr_db": reader.sqnr_db,
                "largest_error": reader.largest_error,
                **of_layer.as_json(),
            }
            for shape, reader, of_layer in zip(shapes, readers, costs, strict=True)
        },
    }


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


def check_exact(
    layer: str, first_image: int, sums: NDArray[np.int64], exact: NDArray[np.int64]
) -> None:
    """Refuse a lossless layer that is not exact, with the first case that shows it."""
    wrong = np.argwhere(sums != exact)
    if len(wrong):
        image, output = wrong[0].tolist()
        raise Mismatch(
            f"layer {layer}: output {output} of image {first_image + image} must be "
            f"{exact[image, output]} (integer product), not {sums[image, output]}"
        )
