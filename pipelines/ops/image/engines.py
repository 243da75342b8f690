"""What builds and runs images here: Docker, podman, or Debian's buildah where no engine runs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.ops.demo_settings import ROOT
from pipelines.ops.errors import ServiceError

TAG = "localhost/shopmlops:tried"
DEBIAN = "docker.io/library/debian:bookworm-slim"
OWN_DEBIAN = "localhost/debian:bookworm-slim"
MIRROR = "http://deb.debian.org/debian"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
ENTRY = ("tini", "--", "deploy/image/start")
USER = "10001:10001"
INSTALL = "Install Docker or podman; or as root: apt-get update && apt-get install -y buildah debootstrap"


@dataclass(frozen=True)
class Container:
    """What a container is started with: its environment, and the folder that it keeps things in."""

    name: str
    environment: Mapping[str, str]
    state: Path


def told(*command: str | Path) -> str:
    """Run a command and return what it says; what it complains about is the error."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise ServiceError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout.strip()


def works(*command: str) -> bool:
    """Tell whether a command is there and succeeds."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True).returncode == 0  # noqa: S603


def arguments(base: str, revision: str) -> list[str]:
    """Return what every builder is told: the base, the revision, and the certificates that this machine trusts."""
    secret = [f"--secret=id=ca,src={CERTIFICATES}"] if CERTIFICATES.exists() else []
    return [f"--build-arg=BASE={base}", f"--build-arg=CODE_REVISION={revision}", *secret, f"--tag={TAG}", "."]


@dataclass(frozen=True)
class Docker:
    """Docker, or podman, which takes the same words."""

    name: str

    def base(self) -> str:
        """Fetch the base, and return it with its digest."""
        told(self.name, "pull", "--quiet", DEBIAN)
        return told(self.name, "image", "inspect", "--format", "{{index .RepoDigests 0}}", DEBIAN)

    def build(self, base: str, revision: str) -> None:
        """Build the image."""
        form = ["--format=docker"] if self.name == "podman" else []  # the other form knows no health check
        told(self.name, "build", *form, *arguments(base, revision))

    def digest(self) -> str:
        """Return what names this very image."""
        return told(self.name, "image", "inspect", "--format", "{{.Id}}", TAG)

    def size(self) -> int:
        """Return how many bytes it takes."""
        return int(told(self.name, "image", "inspect", "--format", "{{.Size}}", TAG))

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Nothing needs to be laid out."""
        yield

    def command(self, container: Container, words: Sequence[str], entry: Sequence[str] = ENTRY) -> list[str]:
        """Return the command line that runs something in a container, on a root that cannot be written."""
        told = [f"--env={name}={value}" for name, value in container.environment.items()]
        places = ["--read-only", "--tmpfs=/tmp", f"--volume={container.state}:/state"]
        limits = ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=host"]
        start = f"--entrypoint={entry[0]}"
        name = f"--name=shopmlops-tried-{container.name}-{os.getpid()}"
        return [self.name, "run", "--rm", name, *limits, *places, *told, start, TAG, *entry[1:], *words]


class Buildah:
    """Debian's buildah with chroot isolation, as root; what it built runs by the kernel's own means."""

    name = "buildah"

    def base(self) -> str:
        """Make a Debian of Debian's own packages, once, and return it by its digest."""
        if not works("buildah", "inspect", "--type=image", OWN_DEBIAN):
            with tempfile.TemporaryDirectory(prefix="shopmlops-debian-") as folder:
                told("debootstrap", "--variant=minbase", "bookworm", Path(folder) / "root", MIRROR)
                made = told("buildah", "from", "scratch")
                told("buildah", "add", "--quiet", made, Path(folder) / "root", "/")
                told("buildah", "commit", "--quiet", "--rm", made, OWN_DEBIAN)
        return told("buildah", "images", "--quiet", "--no-trunc", OWN_DEBIAN)

    def build(self, base: str, revision: str) -> None:
        """Build the image, in the form that knows a health check."""
        form = ["--isolation=chroot", "--format=docker", "--layers", "--pull-never"]
        told("buildah", "bud", *form, *arguments(base, revision))

    def digest(self) -> str:
        """Return what names this very image."""
        return str(json.loads(told("buildah", "inspect", "--type=image", TAG))["FromImageDigest"])

    def size(self) -> int:
        """Return how many bytes its files take."""
        return int(told("du", "--summarize", "--bytes", "--one-file-system", self.root).split()[0])

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Lay the image's files out for as long as it runs."""
        made = told("buildah", "from", "--pull-never", TAG)
        try:
            self.root = told("buildah", "mount", made)
            configured = json.loads(told("buildah", "inspect", "--type=image", TAG))["Docker"]["config"]
            self.environment = dict(each.split("=", 1) for each in configured["Env"])
            yield
        finally:
            told("buildah", "rm", made)

    def command(self, container: Container, words: Sequence[str], entry: Sequence[str] = ENTRY) -> list[str]:
        """Return the command line that mounts what a container sees, its root read-only, and becomes its program."""
        root, tmp = shlex.quote(self.root), container.state.parent / f"tmp-{container.name}"
        tmp.mkdir(exist_ok=True)
        tmp.chmod(0o1777)
        mounts = [
            f"mount --bind {root} {root}",
            f"mount --bind /dev {root}/dev",
            f"mount -t proc proc {root}/proc",
            f"mount --bind {shlex.quote(str(tmp))} {root}/tmp",  # noqa: S108 (the container's own)
            f"mount --bind {shlex.quote(str(container.state))} {root}/state",
            f"mount -o remount,ro,bind {root}",
        ]
        settings = [f"{name}={value}" for name, value in (self.environment | dict(container.environment)).items()]
        program = ["/usr/bin/env", "-i", *settings, "sh", "-c", 'cd /app && exec "$@"', "sh", *entry, *words]
        enter = f"exec chroot --userspec={USER} {root} {shlex.join(program)}"
        return ["unshare", "--mount", "sh", "-ec", "; ".join([*mounts, enter])]


def find() -> Docker | Buildah:
    """Return the first engine that works here, or say what to install."""
    for name in ("docker", "podman"):
        if works(name, "info"):
            return Docker(name)
    if os.geteuid() == 0 and works("buildah", "version") and works("debootstrap", "--version"):
        return Buildah()
    raise ServiceError(f"No engine runs here that builds images. {INSTALL}")
