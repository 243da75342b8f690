"""Hand a training to the cluster that this process runs in: a Job, made after a CronJob that operators wrote.

Plain HTTPS to the API server, with the pod's own account. What it refuses, or does not say in time, is the machine's
doing: no run begins, no version is blamed, and the training is found again.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import requests
from django.conf import settings

from pipelines.lifecycle.errors import StageError

log = logging.getLogger(__name__)

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SECONDS = (5.0, 15.0)  # to connect, and until it answers
EXISTS = 409
OVER = ("Complete", "Failed")


class ClusterAway(StageError):
    """The cluster did not take a training; it says nothing about the training."""

    retryable = True


def begin(name: str, arguments: list[str]) -> bool:
    """Make a Job of this name with these arguments; False while one of that name waits or runs.

    One that is over makes room, so that the training, still due, gets a new one at its next turn.
    """
    place = f"/apis/batch/v1/namespaces/{told('namespace')}"
    template = ask("GET", f"{place}/cronjobs/{settings.TRAINING_CRONJOB}")["spec"]["jobTemplate"]
    if ask("POST", f"{place}/jobs", job(name, template, arguments)) is not None:
        return True
    if is_over(ask("GET", f"{place}/jobs/{name}")):
        ask("DELETE", f"{place}/jobs/{name}", {"propagationPolicy": "Background"})
        log.info("the job %s is over and makes room", name)
    return False


def job(name: str, template: dict[str, Any], arguments: list[str]) -> dict[str, Any]:
    """Return the Job: the template's, but for its name and what its container is told."""
    containers = template["spec"]["template"]["spec"]["containers"]
    containers[0]["args"] = arguments
    labels = template.get("metadata", {}).get("labels", {})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": template["spec"],
    }


def is_over(job: dict[str, Any]) -> bool:
    """Tell whether a Job ended, well or not."""
    conditions = job.get("status", {}).get("conditions") or []
    return any(one["type"] in OVER and one["status"] == "True" for one in conditions)


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the API server; nothing where what is to be made is there already."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # the cluster is no stranger: no proxy, no other certificates
            answer = session.request(
                method,
                f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}{path}",
                json=body,
                headers={"Authorization": f"Bearer {told('token')}"},
                verify=str(ACCOUNT / "ca.crt"),
                timeout=SECONDS,
                allow_redirects=False,
            )
            if method == "POST" and answer.status_code == EXISTS:
                return None
            if not answer.ok:
                raise ClusterAway(f"The cluster refused {method} {path}: {answer.status_code} {reason(answer)}")
            return answer.json()
    except (requests.RequestException, KeyError, ValueError) as error:
        raise ClusterAway(f"The cluster did not answer {method} {path}: {type(error).__name__}") from error


def reason(answer: requests.Response) -> str:
    """Return why the API server refused, in its own words."""
    try:
        return str(answer.json().get("message", ""))[:200]
    except ValueError:
        return ""


def told(name: str) -> str:
    """Return what the pod is told of its account."""
    try:
        return (ACCOUNT / name).read_text().strip()
    except OSError as error:
        raise ClusterAway(f"This process has no account in a cluster ({name}).") from error
