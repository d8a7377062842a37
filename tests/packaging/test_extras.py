"""Each extra, installed into an empty environment, is all that its part of the project needs."""

from __future__ import annotations

import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from isthmus.cli import extras
from isthmus.cli.main import app
from tests.packaging.installed import ROOT, Installer, isthmus, made, run

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

BELONGING = {
    "client": ["isthmus_client"],
    "serving-pull": ["serving.pull", "serving.repository"],
    "serving": [
        *(
            "serving",
            "-serving.components",
            "-serving.edge",
            "-serving.front",
            "-serving.models",
            "-serving.optimise",
        ),
    ],
    "edge": ["serving.edge.runtime"],
    "front": ["serving.front"],
    "training": ["training", "-training.components", "serving.optimise"],
    # The policy pack is run from a clone, by the group policy of the lock.
    "estate": [
        *("infra", "-infra.__main__"),
        *("-infra.policy.pack", "-infra.policy.by_type", "-infra.policy.engine_stack"),
        *("training.components", "serving.components"),
    ],
    # Its own; it brings the three above.
    "rehearsal": ["rehearsal"],
}
"""Extra -> packages whose every module it must import, and with a minus what of them it need not."""

IMPORT = """
import importlib, pkgutil, sys
without = tuple(name[1:] for name in sys.argv[1:] if name.startswith("-"))
for package in (name for name in sys.argv[1:] if not name.startswith("-")):
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, f"{package}.", onerror=print):
        if not module.name.startswith(without or ("-",)) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory) -> Installer:
    return made(tmp_path_factory.mktemp("wheels"))


def belonging_comes(installer: Installer, extra: str, folder: Path) -> Path:
    """Install an extra and import what belongs to it; returns the environment's Python."""
    python = installer.install(f"isthmus[{extra}]", folder)
    done = run(python, "-c", IMPORT, *BELONGING[extra])
    assert done.returncode == 0, done.stderr[-2000:]
    return python


def test_an_application_gets_the_client_alone(installer: Installer, tmp_path: Path) -> None:
    python = installer.install("isthmus-client", tmp_path / "env")
    done = run(
        python, "-c", "import sys, isthmus_client; print({'tritonclient', 'grpc', 'gevent'} & {*sys.modules})"
    )
    assert (done.returncode, done.stdout) == (0, "set()\n"), done.stderr
    lists = tmp_path.glob("env/lib/python*/site-packages/isthmus*.dist-info/RECORD")
    tops = {line.split("/")[0] for record in lists for line in record.read_text().splitlines()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"isthmus_client"}
    refused = "import isthmus_client as c\ntry: c.Recommender('nowhere')\nexcept c.ClientError as e: print(e)"
    assert "is not the address of a Triton server" in run(python, "-c", refused).stdout


EVERY_COMMAND = """
import sys
from isthmus.cli.main import main
for command in sys.argv[1:]:
    sys.argv = ["isthmus", command]
    try:
        main()
    except SystemExit as left:
        print(command, left.code)
"""


def test_without_an_extra_each_command_says_what_installs_it(installer: Installer, tmp_path: Path) -> None:
    python = installer.install("isthmus", tmp_path / "env")
    done = run(python, "-c", EVERY_COMMAND, *extras.NEEDED)
    assert done.stdout.splitlines() == [f"{command} 1" for command in extras.NEEDED], done.stderr
    sentences = " ".join(done.stderr.split()).split("isthmus: ")[1:]
    for (command, extra), sentence in zip(extras.NEEDED.items(), sentences, strict=True):
        assert sentence.startswith(f"isthmus {command} needs the extra {extra} (the module ")
        assert sentence.strip().endswith(f"is not installed): pip install 'isthmus[{extra}]'")
    assert isthmus(python, "--version").returncode == 0
    assert isthmus(python, "train", "--help").returncode == 0


def test_the_extra_client_asks(installer: Installer, tmp_path: Path) -> None:
    python = belonging_comes(installer, "client", tmp_path / "env")
    # The application of README.md, which holds the key.
    assert run(python, "-c", "from training.transfer.pseudonym import Pseudonyms").returncode == 0


def test_the_extra_serving_serves_and_asks(installer: Installer, tmp_path: Path) -> None:
    python = belonging_comes(installer, "serving", tmp_path / "env")
    asked = ("recommend", "1", "--url", "grpc://127.0.0.1:9", "--pseudonyms")
    done = isthmus(python, *asked)
    assert done.returncode == 1, done.stderr
    assert "no Triton server answers at 127.0.0.1:9" in " ".join(done.stderr.split())


def test_the_extra_edge_answers_without_what_trains(installer: Installer, tmp_path: Path) -> None:
    python = belonging_comes(installer, "edge", tmp_path / "env")
    done = isthmus(python, "edge", "run", "none.edge", "--trusted-keys", "none")
    assert "none.edge is not there" in " ".join(done.stderr.split())
    done = isthmus(python, "edge", "pack", "release", "--out", "b.edge", "--signing-key", "none")
    assert "isthmus edge pack needs the extra training" in " ".join(done.stderr.split())


def test_the_extra_estate_checks_settings(installer: Installer, tmp_path: Path) -> None:
    python = belonging_comes(installer, "estate", tmp_path / "env")
    done = isthmus(python, "settings", "check", "prod", cwd=ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.parametrize("extra", ["training", "rehearsal"])
def test_each_further_extra_is_whole(installer: Installer, extra: str, tmp_path: Path) -> None:
    belonging_comes(installer, extra, tmp_path / "env")


def test_the_table_of_modules_is_that_of_the_distribution() -> None:
    """Compared with what installed distributions say that they hold."""
    modules = {"isthmus-client": {"isthmus_client"}}  # installed as a path to this tree
    for module, distributions in packages_distributions().items():
        for distribution in distributions:
            modules.setdefault(distribution.lower().replace("_", "-"), set()).add(module)
    for extra, listed in extras.MODULES.items():
        required = everywhere(extra)
        named = {module.partition(".")[0] for module in listed.split()}
        for distribution in required:
            assert modules[distribution] & named, f"{distribution} of {extra} has no module in the table"
        assert named <= set().union(*(modules[distribution] for distribution in required)), extra


def everywhere(extra: str) -> set[str]:
    """Distributions that an extra installs here on top of the base, without those of one system alone."""
    found: set[str] = set()
    for text in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(text)
        if requirement.name == "isthmus":
            found = found.union(*(everywhere(further) for further in requirement.extras))
        elif requirement.marker is None or requirement.name == "tensorflow-cpu":
            found.add(requirement.name)
    return found


def test_each_command_has_an_extra() -> None:
    groups = {group.name for group in app.registered_groups}
    assert extras.NEEDED.keys() == {command.name for command in app.registered_commands} | groups
    assert {*extras.NEEDED.values()} <= extras.MODULES.keys()


def test_all_is_every_extra_but_those_for_gpus_and_clusters() -> None:
    (text,) = PROJECT["optional-dependencies"]["all"]
    other = {
        "all",
        "gpu",
        "spark",
        "data-stage-by-spark",
        "training-without-tensorflow",
        "serving-pull",
    }  # serving brings the last
    assert Requirement(text).extras == PROJECT["optional-dependencies"].keys() - other


def test_the_client_and_the_servers_ports_agree() -> None:
    from isthmus_client.transport import HTTP_PORT
    from serving.server.ports import HTTP

    assert str(HTTP) == HTTP_PORT
