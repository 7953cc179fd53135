"""Train and quantise the digits network: ``python -m hwgen.workload.train_digits``.

Writes the two embedded files anew, the same every time: the images with their fixed split and the
integer network. Needs scikit-learn for the images (extra ``train``); training is plain numpy in
double precision and takes a few seconds. Another machine's linear algebra may round differently
and end in slightly different weights; the images are always the same.

The settings were chosen by four-fold cross-validation on training and calibration images
(99.4 % in integer arithmetic); test images took no part in any choice.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen.workload import digits
from hwgen.workload.parts import CALIBRATION, TEST, TRAIN
from hwgen_models.matrix import Dense
from hwgen_models.network import INPUT, Network
from hwgen_models.requantise import Fixed

__all__ = ["embed", "main", "quantise", "train"]

SPLIT_SEED = 2024
TEST_IMAGES = 500
CALIBRATION_IMAGES = 200

WIDTHS = (64, 160, 64, 10)  # 160 rows do not fit a 128-row array: two row tiles chain
SEED = 1
EPOCHS = 400
BATCH = 64
LEARNING_RATE = 2e-3  # falls to zero along half a cosine
WEIGHT_DECAY = 0.1  # decoupled (AdamW), or unused channels would fade to nothing
DROPOUT = 0.2
WARPS = 16  # random views of the images in one epoch
ANGLE = 0.07  # spread of rotation and shear, radians
ZOOM = 0.05  # spread of the scale
SHIFT = 0.7  # largest shift, pixels

MULTIPLIER_BITS = 15
LOGIT_LIMIT = 2**15 - 1

Floats = NDArray[np.float64]


def embed() -> dict[str, NDArray]:
    """Arrays of the data file: scikit-learn's digits as bytes, with their split."""
    try:
        from sklearn.datasets import load_digits  # an extra; only this needs it
    except ModuleNotFoundError:
        raise SystemExit("scikit-learn is missing: pip install 'hwgen[train]'") from None

    source = load_digits()
    split = np.full(len(source.target), TRAIN, dtype=np.uint8)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(split))
    split[order[:TEST_IMAGES]] = TEST
    split[order[TEST_IMAGES : TEST_IMAGES + CALIBRATION_IMAGES]] = CALIBRATION
    return {
        "images": np.round(source.images * (255 / 16)).astype(np.uint8)[..., np.newaxis],
        "labels": source.target.astype(np.uint8),
        "split": split,
    }


def warp(rng: np.random.Generator) -> Floats:
    """Matrix that slightly turns, shears, scales and shifts flat 8 x 8 images, bilinearly."""
    y, x = np.mgrid[:8, :8].reshape(2, -1) - 3.5
    angle, shear = rng.normal(0, ANGLE, 2)
    zoom = 1 + rng.normal(0, ZOOM)
    down, right = rng.uniform(-SHIFT, SHIFT, 2)
    sine, cosine = zoom * np.sin(angle), zoom * np.cos(angle)
    from_y = cosine * y + (sine + shear) * x + down
    from_x = -sine * y + cosine * x + right
    near_y = np.maximum(0, 1 - np.abs(from_y - y[:, np.newaxis]))
    near_x = np.maximum(0, 1 - np.abs(from_x - x[:, np.newaxis]))
    return near_y * near_x


def forward(x: Floats, weights: list[Floats], biases: list[Floats]) -> list[Floats]:
    """Activations in front of every layer, then the logits."""
    activations = [x]
    for last, (weight, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        sums = activations[-1] @ weight + bias
        activations.append(sums if last == len(weights) else np.maximum(sums, 0))
    return activations


def gradients(
    x: Floats,
    targets: Floats,
    weights: list[Floats],
    biases: list[Floats],
    rng: np.random.Generator,
) -> list[Floats]:
    """Gradients of the cross-entropy of one batch under dropout: of weights, then of biases."""
    kept, activations = [], [x]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        sums = np.maximum(activations[-1] @ weight + bias, 0)
        kept.append((rng.random(sums.shape) > DROPOUT) / (1 - DROPOUT))
        activations.append(sums * kept[-1])
    logits = activations[-1] @ weights[-1] + biases[-1]
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)

    error = (chances - targets) / len(x)
    of_weights, of_biases = [], []
    for layer in reversed(range(len(weights))):
        of_weights.append(activations[layer].T @ error)
        of_biases.append(error.sum(axis=0))
        if layer:
            error = error @ weights[layer].T * (activations[layer] > 0) * kept[layer - 1]
    return of_weights[::-1] + of_biases[::-1]


def train(pixels: NDArray[np.uint8], labels: NDArray) -> tuple[list[Floats], list[Floats]]:
    """Weights and biases of the float network, by Adam on warped images."""
    rng = np.random.default_rng(SEED)
    shapes = list(pairwise(WIDTHS))
    weights = [rng.normal(0, np.sqrt(2 / shape[0]), shape) for shape in shapes]
    biases = [np.zeros(shape[1]) for shape in shapes]
    x, targets = pixels / 255, np.eye(WIDTHS[-1])[labels]

    values = weights + biases
    means = [np.zeros_like(value) for value in values]
    squares = [np.zeros_like(value) for value in values]
    batches = len(x) // BATCH
    step = 0
    for _ in range(EPOCHS):
        views = np.empty_like(x)
        for group in np.array_split(rng.permutation(len(x)), WARPS):
            views[group] = x[group] @ warp(rng)
        for batch in rng.permutation(len(x))[: batches * BATCH].reshape(batches, BATCH):
            step += 1
            rate = LEARNING_RATE * (1 + np.cos(np.pi * step / (EPOCHS * batches))) / 2
            slopes = gradients(views[batch], targets[batch], weights, biases, rng)
            for value, mean, square, slope in zip(values, means, squares, slopes, strict=True):
                mean += (1 - 0.9) * (slope - mean)
                square += (1 - 0.999) * (slope**2 - square)
                unbiased = np.sqrt(square / (1 - 0.999**step)) + 1e-8
                value -= rate * (mean / (1 - 0.9**step) / unbiased + WEIGHT_DECAY * value)
    return weights, biases


def quantise(weights: list[Floats], biases: list[Floats], pixels: NDArray[np.uint8]) -> Network:
    """Post-training quantisation: int8 weights per channel, scales from `pixels`.

    The largest weight of a channel becomes +-127. The largest activation that `pixels` cause
    becomes 255 in a hidden layer; logits keep 16 bits, of which those images use half.
    """
    activations = forward(pixels / 255, weights, biases)
    layers = []
    scale_in = 1 / 255
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        hidden = number < len(weights)
        largest = np.abs(activations[number]).max()
        scale_out = largest / 255 if hidden else largest / (LOGIT_LIMIT / 2)
        scale = np.abs(weight).max(axis=0) / 127
        ratio = scale_in * scale / scale_out
        shift = MULTIPLIER_BITS - 1 - np.floor(np.log2(ratio)).astype(np.int64)
        layers.append(
            Dense(
                name=f"dense_{number}",
                sources=(layers[-1].name,) if layers else (INPUT,),
                weights=np.round(weight / scale).astype(np.int8),
                bias=np.round(bias / (scale_in * scale)).astype(np.int32),
                requantise=Fixed(
                    multiplier=np.round(ratio * 2.0**shift).astype(np.int32),
                    shift=shift.astype(np.uint8),
                    low=0 if hidden else -LOGIT_LIMIT - 1,
                    high=255 if hidden else LOGIT_LIMIT,
                ),
            )
        )
        scale_in = scale_out
    return Network.chain(tuple(layers))


def main(arguments: list[str] | None = None) -> None:
    """Write the images and the network; print the accuracy of every part."""
    name = "python -m hwgen.workload.train_digits"
    parser = argparse.ArgumentParser(prog=name, description=main.__doc__)
    parser.add_argument("-o", "--out", type=Path, default=digits.IMAGES.parent, help="folder")
    folder = parser.parse_args(arguments).out

    data = embed()
    pixels = data["images"].reshape(len(data["images"]), -1)
    labels, split = data["labels"], data["split"]
    chosen = split == TRAIN
    network = quantise(*train(pixels[chosen], labels[chosen]), pixels[chosen])

    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / digits.IMAGES.name, **data)
    np.savez(folder / digits.NETWORK.name, **network.to_arrays())
    for name, part in (("train", TRAIN), ("calibration", CALIBRATION), ("test", TEST)):
        of_part = split == part
        right = (network.classify(pixels[of_part]) == labels[of_part]).mean()
        print(  # noqa: T201  # a script
            f"{name}: {of_part.sum()} images, {100 * right:.1f} % in integer arithmetic"
        )


if __name__ == "__main__":
    main()
