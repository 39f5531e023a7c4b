"""Every setting of engine and services is in the cluster's ConfigMaps, or is kept out of them for a reason; and what is
there is good."""

import functools
import json
import os
import subprocess
import sys

import pytest

from aiservice.settings import Settings as ServiceSettings
from engine.networks import parse_networks
from engine.settings import Settings
from tests.k8s.built import K8S, OVERLAYS, SERVICES, built, overlay, settings_of
from tools.layout import ROOT

GIVEN_BY_FILE = {"APP_ADMIN_KEY", "MONGO_URI", "S3_KEY_ID", "S3_SECRET_KEY", "APP_KEY"}
"""Secrets: a file of a Secret holds them, and the setting that names it is there (`..._FILE`)."""

SECRET_TO_ALL = {"OTEL_EXPORTER_OTLP_HEADERS"}
"""What authenticates with a collector of one's own: an overlay that has one adds it from a Secret."""

IN_THE_IMAGE = {"APP_WEB"}
"""Where the image has it."""

FOLDERS = {
    "digit-recognition": ("services/digit_recognition", "digit_recognition.settings", "DigitSettings", "DIGIT_"),
    "face-analyzer": ("services/face_analyzer", "face_analyzer.settings", "FaceSettings", "FACE_"),
    "object-detection": ("services/object_detection", "object_detection.settings", "ModelSettings", "OBJECT_"),
    "digit-training": ("services/digit_recognition/training", "digit_training.settings", "Settings", ""),
}
S3 = {"S3_URL", "S3_ZONE"}


def names_of(model: "type[Settings] | type[ServiceSettings]", prefix: str = "") -> set[str]:
    """The variables of a model."""
    fields = model.model_fields.items()
    return {
        str(field.validation_alias) if field.validation_alias else f"{prefix}{name}".upper() for name, field in fields
    }


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_setting_of_the_engine_is_there(name: str) -> None:
    there = set(settings_of(overlay(name), "engine"))
    wanted = names_of(Settings)
    assert wanted - there == (GIVEN_BY_FILE | IN_THE_IMAGE | SECRET_TO_ALL) & wanted
    assert there <= wanted
    assert {f"{each}_FILE" for each in GIVEN_BY_FILE & wanted} <= there


@pytest.mark.parametrize("name", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_a_service_is_there(name: str, service: str) -> None:
    there = set(settings_of(overlay(name), service)) - {"POD_IP"}
    wanted = names_of(ServiceSettings, "APP_") | own_of(service)
    assert wanted - there == (GIVEN_BY_FILE | SECRET_TO_ALL) & wanted - there
    assert there - wanted <= GIVEN_BY_FILE


@functools.cache
def own_of(service: str) -> set[str]:
    """The variables that only this service has."""
    if service not in FOLDERS:
        return set()
    folder, module, model, prefix = FOLDERS[service]
    program = (
        f"import importlib, json; fields = importlib.import_module('{module}').{model}.model_fields;"
        f"print(json.dumps(['{prefix}' + name for name in fields]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / folder)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return {name.upper() for name in json.loads(done.stdout)} | (S3 if service.startswith("digit") else set())


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_engine_takes_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in settings_of(overlay(name), "engine").items():
        monkeypatch.setenv(key, value)
    settings = Settings(_env_file=None)
    assert settings.host == "0.0.0.0" and settings.app_port == 8080
    assert (settings.reg_db_type, settings.reg_storage_type) == ("mongo", "s3")
    assert settings.app_auth == ("off" if name == "local" else "keys")


@pytest.mark.parametrize("name", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_takes_them_and_listens_where_it_is_called(
    name: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = settings_of(overlay(name), service)
    for key, value in found.items():
        monkeypatch.setenv(key, value.replace("$(POD_IP)", "10.2.3.4"))
    settings = ServiceSettings(_env_file=None)
    assert settings.host == "0.0.0.0" and settings.port == SERVICES[service]
    assert settings.engine == "http://engine:8080"
    assert settings.service == f"http://10.2.3.4:{SERVICES[service]}"


def test_services_are_where_the_engine_takes_them_from() -> None:
    """A pod's address is in one of the networks of APP_SERVICE_NETWORKS, by default any private one."""
    for name in OVERLAYS:
        networks = settings_of(overlay(name), "engine")["APP_SERVICE_NETWORKS"]
        assert parse_networks(networks)


def test_a_canary_has_settings_of_its_own() -> None:
    objects = built(K8S / "canaries" / "digit-recognition")
    named = [each["metadata"]["name"] for each in objects if each["kind"] == "ConfigMap"]
    assert len(named) == 1 and named[0].startswith("digit-recognition-settings-canary-")
