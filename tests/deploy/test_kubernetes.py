"""The cluster's files: valid by Kubernetes' own schemas, restricted, probed, limited, one with the Procfile."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/kubernetes"
OLDEST = "1.29"
FILES = [path for path in sorted(FOLDER.rglob("*.yaml")) if path.name != "kustomization.yaml"]
OBJECTS = [(path, each) for path in FILES for each in yaml.safe_load_all(path.read_text())]
NAMED = [pytest.param(each, id=f"{each['kind']} {each['metadata']['name']}") for _, each in OBJECTS]
PODS = {"Deployment": ("template",), "Job": ("template",), "CronJob": ("jobTemplate", "spec", "template")}
PROCESSES = set(re.findall(r"^(\w+): ", (ROOT / "Procfile").read_text(), re.MULTILINE)) - {"release"}


def pod_of(thing):
    found = thing["spec"]
    for step in PODS[thing["kind"]]:
        found = found[step]
    return found["spec"]


RUNS = [pytest.param(each, id=each["metadata"]["name"]) for _, each in OBJECTS if each["kind"] in PODS]
DEPLOYED = {each["metadata"]["name"]: each for _, each in OBJECTS if each["kind"] == "Deployment"}


@pytest.mark.parametrize("version", [OLDEST, "1.37"])
@pytest.mark.parametrize("thing", NAMED)
def test_it_is_valid(thing, version):
    kubernetes_validate.validate(thing, version, strict=True)


def test_every_file_of_the_base_is_listed():
    listed = yaml.safe_load((FOLDER / "base/kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == sorted(path.name for path in FILES if path.parent.name == "base")


def test_it_deploys_every_process_of_the_procfile():
    assert DEPLOYED.keys() == PROCESSES
    assert {name: pod_of(each)["containers"][0]["args"] for name, each in DEPLOYED.items()} == {
        name: [name] for name in PROCESSES
    }


@pytest.mark.parametrize("thing", RUNS)
def test_nobody_is_root_nothing_is_written_and_everything_is_limited(thing):
    pod = pod_of(thing)
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] and container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/tmp", "/state"}


@pytest.mark.parametrize("thing", RUNS)
def test_the_signing_key_and_the_clusters_token_are_only_where_they_are_needed(thing):
    pod, name = pod_of(thing), thing["metadata"]["name"]
    secrets = {each["secretRef"]["name"] for each in pod["containers"][0]["envFrom"] if "secretRef" in each}
    assert ("shopmlops-signing" in secrets) is name.startswith("train")
    assert pod.get("automountServiceAccountToken", True) is (name == "worker")


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_every_process_is_probed(name):
    (container,) = pod_of(DEPLOYED[name])["containers"]
    assert "livenessProbe" in container
    assert ("readinessProbe" in container) is ("startupProbe" in container) is (name == "web")


def test_only_the_ingress_reaches_us_and_only_web():
    policies = {each["metadata"]["name"]: each["spec"] for _, each in OBJECTS if each["kind"] == "NetworkPolicy"}
    assert "ingress" not in policies["shopmlops"] and "Ingress" in policies["shopmlops"]["policyTypes"]
    labels = {label for each in DEPLOYED.values() for label in each["spec"]["template"]["metadata"]["labels"].items()}
    assert policies["shopmlops"]["podSelector"]["matchLabels"].items() <= labels
    assert policies["web"]["podSelector"]["matchLabels"] == DEPLOYED["web"]["spec"]["selector"]["matchLabels"]


def test_workers_may_make_the_jobs_that_the_settings_name_and_no_more():
    settings = next(each["data"] for _, each in OBJECTS if each["kind"] == "ConfigMap")
    (role,) = (each for _, each in OBJECTS if each["kind"] == "Role")
    assert role["rules"][0]["resourceNames"] == [settings["TRAINING_CRONJOB"]]
    assert {rule["resources"][0]: rule["verbs"] for rule in role["rules"]} == {
        "cronjobs": ["get"],
        "jobs": ["create", "get", "delete"],
    }


def test_every_setting_is_one_of_ours():
    known = set(re.findall(r"^([A-Z_]+)=", (ROOT / "env.example").read_text(), re.MULTILINE))
    settings = next(each["data"] for _, each in OBJECTS if each["kind"] == "ConfigMap")
    assert settings.keys() <= known


def test_the_digest_that_an_overlay_names_is_what_versions_are_told():
    kubectl = shutil.which("kubectl")
    if not kubectl:
        pytest.skip("needs kubectl")
    told = subprocess.run([kubectl, "kustomize", FOLDER / "example"], capture_output=True, text=True, check=True)
    digest = yaml.safe_load((FOLDER / "example/kustomization.yaml").read_text())["images"][0]["digest"]
    for thing in filter(None, yaml.safe_load_all(told.stdout)):
        if thing["kind"] in PODS:
            (container,) = pod_of(thing)["containers"]
            assert container["image"].endswith(f"@{digest}"), json.dumps(container)
            assert {"name": "IMAGE_DIGEST", "value": digest} in container["env"]
