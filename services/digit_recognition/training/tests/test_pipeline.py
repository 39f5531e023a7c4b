"""`python -m digit_training train` in a folder of its own: outside of git, within, and again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from conftest import NINE, TEN, Trained
from digit_recognition.manifest import read_check, read_manifest, read_pointer, sha256_bytes
from digit_recognition.model import load_model
from digit_recognition.places import Folder
from PIL import Image

from digit_training.parameters import Parameters, read_parameters
from digit_training.selection import read_examples


def test_the_model_of_nine_digits_is_promoted_then_the_better_one_of_ten(trained: Trained) -> None:
    assert "promoted: no model was served" in trained.first
    assert "promoted: its accuracy is not worse" in trained.second and "not promoted" not in trained.second
    assert trained.first.count("Running stage") == 5
    assert "Running stage 'fetch'" not in trained.second, "the dataset is the same"
    assert trained.second.count("Running stage") == 4
    assert "epoch 2 of 2: loss" in trained.first, "a line per epoch where there is no terminal"


def test_what_is_served_is_the_model_of_ten_digits_with_all_that_belongs_to_it(trained: Trained) -> None:
    models = trained.project.models
    pointer = read_pointer((models / "served.json").read_bytes())
    data = (models / pointer.manifest).read_bytes()
    assert sha256_bytes(data) == pointer.sha256 and pointer.share is None
    manifest = read_manifest(data)
    assert manifest.name == "mnist_model_0_1_2_3_4_5_6_7_8_9" and manifest.labels == TEN
    assert (models / "mnist_model_0_1_2_3_4_5_6_7_8").is_dir()
    folder = (models / pointer.manifest).parent
    for name, entry in manifest.files.items():
        assert sha256_bytes((folder / name).read_bytes()) == entry.sha256
    assert {"model.keras", "model.h5", "model.tflite", "check.json", "curves.png", "confusion.png"} <= set(
        manifest.files
    )
    load_model(Folder(models), pointer)
    for name in ("curves.png", "confusion.png"):
        with Image.open(folder / name) as picture:
            assert min(picture.size) > 300 and len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_models_are_measured_with_the_same_pictures_of_all_digits(trained: Trained) -> None:
    folders = [trained.project.kept(name) for name in ("nine", "ten")]
    held_out = [read_examples(folder / "selected" / "held_out.npz") for folder in folders]
    assert held_out[0].sha256 == held_out[1].sha256 and len(held_out[0]) == 450
    assert sorted(set(held_out[0].labels.tolist())) == TEN
    learn = [read_examples(folder / "selected" / "learn.npz") for folder in folders]
    assert sorted(set(learn[0].labels.tolist())) == NINE and sorted(set(learn[1].labels.tolist())) == TEN
    assert len(learn[1]) == 1347
    figures = [read_manifest((folder / "release" / "manifest.json").read_bytes()).metrics for folder in folders]
    assert figures[0].per_digit["9"] == 0.0 and figures[1].per_digit["9"] > 0.5
    assert figures[0].accuracy_learned > figures[0].accuracy
    assert figures[1].accuracy_learned == figures[1].accuracy >= 0.9
    assert figures[1].accuracy_low < figures[1].accuracy < figures[1].accuracy_high


def test_run_again_nothing_is_computed(trained: Trained) -> None:
    served = (trained.project.models / "served.json").read_bytes()
    again = trained.project.train()
    assert "Running stage" not in again and again.count("didn't change, skipping") == 5
    assert "the same model is served already" in again
    assert (trained.project.models / "served.json").read_bytes() == served


def test_dvc_compares_the_figures_and_keeps_data_and_models(trained: Trained) -> None:
    difference = json.loads(trained.project.dvc("metrics", "diff", "--json", "HEAD~1", "HEAD"))
    accuracy = difference["metrics.json"]["accuracy"]
    assert accuracy["new"] > accuracy["old"] and accuracy["diff"] > 0.05
    assert "Cache and remote 'store' are in sync" in trained.project.dvc("status", "--cloud")
    assert trained.project.git("status", "--porcelain") == "", "what is made is not in git, and nothing else is left"


def test_the_three_forms_of_a_model_say_the_same(trained: Trained) -> None:
    release = trained.project.kept("ten") / "release"
    check = read_check((release / "check.json").read_bytes())
    assert len(check.pictures) == 20 and {picture.digit for picture in check.pictures} == set(TEN)
    said = trained.project.ask(_ASK_KERAS, str(release))
    interpreter = Interpreter(model_path=str(release / "model.tflite"))
    interpreter.allocate_tensors()
    given, gives = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    for number, picture in enumerate(check.pictures):
        pixels = np.array(picture.pixels, np.float32).reshape(1, 28, 28, 1) / np.float32(255)
        interpreter.set_tensor(given["index"], pixels)
        interpreter.invoke()
        answer = interpreter.get_tensor(gives["index"])[0]
        for other in (said["model.keras"][number], said["model.h5"][number], picture.probabilities):
            assert np.abs(answer - np.array(other)).max() < 1e-3


def test_mlflow_knows_both_runs_and_which_model_is_served(trained: Trained) -> None:
    told = trained.project.ask(_ASK_MLFLOW)
    assert told["served"] == "mnist_model_0_1_2_3_4_5_6_7_8_9" and told["candidate"] is None
    assert sorted(run["model"] for run in told["runs"]) == [
        "mnist_model_0_1_2_3_4_5_6_7_8",
        "mnist_model_0_1_2_3_4_5_6_7_8_9",
    ]
    for run in told["runs"]:
        assert run["epochs"] == [1, 2] and run["seed"] == "7" and 0 < run["accuracy"] <= 1
        assert "release/curves.png" in run["files"] and "release/model.tflite" in run["files"]


def test_the_parameters_that_ship_are_the_defaults() -> None:
    shipped = read_parameters(Path(__file__).resolve().parent.parent / "params.yaml")
    assert shipped.model_copy(update={"mnist": Parameters().mnist}) == Parameters()
    assert len(shipped.mnist.sha256) == 4


_ASK_KERAS = """
import json, sys, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np
folder = sys.argv[1]
pictures = json.load(open(folder + "/check.json"))["pictures"]
given = np.array([picture["pixels"] for picture in pictures], np.float32).reshape(-1, 28, 28, 1) / 255
names = ("model.keras", "model.h5")
said = {name: keras.models.load_model(f"{folder}/{name}", compile=False)(given).numpy().tolist() for name in names}
print(json.dumps(said))
"""

_ASK_MLFLOW = """
import json
from digit_training.settings import Settings
from digit_training.tracking import _alias, client_of
client = client_of(Settings())
names = {str(v.version): v.tags["model"] for v in client.search_model_versions("name = 'digit_recognition'")}
runs = []
for run in client.search_runs([client.get_experiment_by_name("digit_recognition").experiment_id]):
    files = [each.path for each in client.list_artifacts(run.info.run_id, "release")]
    epochs = [each.step for each in client.get_metric_history(run.info.run_id, "train_validation_accuracy")]
    runs.append({"model": run.data.tags["model"], "epochs": epochs, "files": files, **{
        "seed": run.data.params["seed"], "accuracy": run.data.metrics["accuracy"]}})
aliases = {name: names.get(_alias(client, name)) for name in ("served", "candidate")}
print(json.dumps({"runs": runs, **aliases}))
"""
