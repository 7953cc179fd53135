"""Names and files of networks and images, and one line for everything that is wrong with them."""

import re

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.workload.images import codes_of
from hwgen.workload.inputs import calibration_images, load_images, load_network
from hwgen.workload.parts import CALIBRATION, TEST


def refuses(call, message):
    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        call()


def test_gives_each_part_its_own_images(small):
    test = load_images(small.data_file, part=TEST)
    calibration = load_images(small.data_file, part=CALIBRATION)

    assert (len(test), len(calibration)) == (30, 10)
    shared = (test.pixels[:, np.newaxis] == calibration.pixels).all(axis=(2, 3, 4))
    assert not shared.any()


def test_files_without_split_give_all_images(tmp_path):
    inputs = np.arange(24, dtype=np.uint8).reshape(4, 6)
    np.savez(tmp_path / "data.npz", inputs=inputs)

    for part in (TEST, CALIBRATION):
        images = load_images(str(tmp_path / "data.npz"), part=part, images=3)
        np.testing.assert_array_equal(images.pixels, inputs[:3])
        assert images.labels is None
        assert images.top1(np.zeros((3, 2))) is None


def test_most_is_a_limit_and_images_an_order(small):
    assert len(load_images(small.data_file, most=7)) == 7
    assert len(load_images(small.data_file, most=70)) == 30
    assert len(load_images(small.data_file, images=8, most=7)) == 8


def test_refuses_unknown_names():
    refuses(
        lambda: load_network("mnist"),
        "--network: must be `digits` or .tflite, .onnx or .npz, not 'mnist'",
    )
    refuses(
        lambda: load_images("net.tflite"),
        "--data: must be `digits` or an .npz file, not 'net.tflite'",
    )
    refuses(lambda: load_network("no.npz"), "no.npz: must be a file, not missing")


@pytest.mark.parametrize("images", [0, -1, 31])
def test_refuses_more_or_fewer_images_than_there_are(small, images):
    refuses(
        lambda: load_images(small.data_file, images=images),
        f"--images: must be between 1 and 30, not {images}",
    )


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"labels": np.zeros(3, dtype=int)}, "inputs or images must be in the file, not missing"),
        (
            {"inputs": np.array([["a"]])},
            "inputs must be numbers with one row per image, not <U1 (1, 1)",
        ),
        (
            {"images": np.zeros((2, 3))},
            "images must be uint8 with one row per image, not float64 (2, 3)",
        ),
        (
            {"images": np.zeros(3, dtype=np.uint8)},
            "images must be uint8 with one row per image, not uint8 (3,)",
        ),
        (
            {"inputs": np.zeros((2, 3), dtype=np.uint8), "labels": np.zeros(3, dtype=int)},
            "labels must be 2 integers, not int64 (3,)",
        ),
        (
            {"inputs": np.zeros((2, 3), dtype=np.uint8), "split": np.array([2, 3])},
            "split must be 0, 1 or 2, not 2 to 3",
        ),
        (
            {"inputs": np.zeros((2, 3), dtype=np.uint8), "split": np.array([1, 1])},
            "split must mark images with 2, not none",
        ),
        (
            {"inputs": np.zeros((2, 3), dtype=np.uint8), "mean": np.zeros(1)},
            "mean, std must be absent beside inputs, not given",
        ),
        (
            {"images": np.zeros((2, 3), dtype=np.uint8), "mean": np.zeros(1)},
            "std must be one number per channel beside the other, but is not",
        ),
        (
            {
                "images": np.zeros((2, 3), dtype=np.uint8),
                "mean": np.zeros(1),
                "std": np.zeros(1),
            },
            "mean and std must be finite, std positive, one each per channel",
        ),
    ],
)
def test_refuses_data_that_is_none(tmp_path, arrays, message):
    file = tmp_path / "data.npz"
    np.savez(file, **arrays)

    refuses(lambda: load_images(str(file)), f"{file}: {message}")


def test_refuses_a_network_that_is_none(small):
    refuses(
        lambda: load_network(small.data_file),
        f"{small.data_file}: format must be 'hwgen-network 1', not 'no `format`'",
    )


def test_damaged_files_take_one_line(small):
    whole = (small.folder / "network.npz").read_bytes()
    rng = np.random.default_rng(3)
    broken = small.folder / "broken.npz"
    texts = [b"", b"not an archive", whole[:100], whole[: len(whole) // 2], whole[:-30]]
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 20):
            damaged[place] = rng.integers(0, 256)
        texts.append(bytes(damaged))
    for text in texts:
        broken.write_bytes(text)
        with pytest.raises(UserError, match=rf"^{re.escape(str(broken))}: [^\n]+$") as refused:
            load_network(str(broken))
        assert "trust" not in str(refused.value)


def test_refuses_a_single_array(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")

    with pytest.raises(
        UserError, match=r"must be a readable \.npz archive, not damaged or something else$"
    ):
        load_network(str(tmp_path / "one.npz"))


def test_refuses_images_that_the_network_cannot_take(tmp_path, small):
    file = tmp_path / "other.npz"
    for pixels, labels, message in (
        (5, 0, "images must have the 12 values that layer fc0 takes, not 5"),
        (12, 3, "labels must be between 0 and 2, not 3"),
        (12, -1, "labels must be between 0 and 2, not -1"),
    ):
        np.savez(file, inputs=np.zeros((1, pixels), dtype=np.uint8), labels=np.array([labels]))

        refuses(
            lambda: codes_of(small.network, load_images(str(file))),
            f"{file}: {message}",
        )


def test_complaints_name_the_option_that_the_images_are_from():
    for read, option in ((load_images, "--data"), (calibration_images, "--calibration")):
        with pytest.raises(UserError, match=f"^{option}: must be `digits` or an .npz file, not"):
            read("nope")
