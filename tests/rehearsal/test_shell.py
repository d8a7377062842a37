"""A shell inside the rehearsal: what ``isthmus env`` sets and puts back, and plain ``pulumi`` in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings import read
from isthmus.cli.commands import env
from rehearsal import sandbox, shell, stack_copy
from rehearsal.estate import Estate, EstateError
from rehearsal.home import INSIDE, VARIABLE, Home
from rehearsal.openstack_services import services

ROOT = Path(__file__).parents[2]
SHELLS = [found for name in ("sh", "bash", "zsh") if (found := shutil.which(name))]
OUTER = {
    "PATH": os.environ["PATH"],
    "AWS_PROFILE": "mine",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": 'it\'s $HOME; `id` "quoted"\nand two lines',
    "OS_CLOUD": "ours",
    "RELEASES_BUCKET": "my-bucket",
    "PULUMI_STACK": "prod",
}


@pytest.mark.parametrize("program", SHELLS)
def test_a_shell_is_put_back_as_it_was(program: str, tmp_path: Path) -> None:
    home = Home(tmp_path / "with space" / "home")
    shell.install(home)
    variables = {**home.variables(), INSIDE: "/clone", "AWS_REGION": "eu-west-1", "RELEASES_BUCKET": "theirs"}
    taken_away = shell.leads_out(OUTER) - set(variables)
    path = shell.with_programs(home, OUTER["PATH"])
    enter = "\n".join(env._entering(variables, path, taken_away, OUTER))
    again = "\n".join(env._entering(variables, path, set(), OUTER | variables))
    leave = "\n".join(env._leaving(shell.NAMES, shell.without_programs(path)))
    assert OUTER["AWS_SECRET_ACCESS_KEY"] not in enter, "what is printed holds no secret of the outer shell"
    show = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    script = f"set -eu\n{show}\n{enter}\n{show}\n{again}\n{leave}\n{show}\n"
    ran = subprocess.run([program, "-c", script], env=OUTER, capture_output=True, text=True, check=True)

    before, inside, after = (json.loads(line) for line in ran.stdout.splitlines())
    own = {"_", "PWD", "OLDPWD", "SHLVL"}
    assert {k: v for k, v in after.items() if k not in own} == {
        k: v for k, v in before.items() if k not in own
    }
    assert {name: inside[name] for name in variables} == variables
    assert not {"AWS_PROFILE", "OS_CLOUD", "PULUMI_STACK"} & set(inside)
    assert not any(OUTER["AWS_SECRET_ACCESS_KEY"] == value for value in inside.values())
    assert shutil.which("pulumi", path=inside["PATH"]) == str(shell.folder(home) / "pulumi")


def test_what_cannot_be_entered_is_false_to_the_shell(tmp_path: Path) -> None:
    """So that ``eval "$(isthmus env)" && pulumi up`` ends there."""
    ran = subprocess.run(
        ["sh", "-c", f'eval "$({sys.executable} -P -m isthmus.cli.main env)" && echo went on'],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != VARIABLE},
        capture_output=True,
        text=True,
    )
    assert "No isthmus project in" in ran.stderr
    assert ran.stdout == ""
    assert ran.returncode != 0


def test_the_clone_of_another_shell_is_said_and_can_be_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = sandbox.project(tmp_path / "project", ROOT)
    monkeypatch.chdir(project)
    monkeypatch.setenv(INSIDE, "/another/clone")
    monkeypatch.setenv(VARIABLE, "/another/clone/.isthmus")
    with pytest.raises(EstateError, match=r"inside the rehearsal of /another/clone, .* `eval"):
        Estate.find()
    assert Estate.find(entering=True).home.root == project / ".isthmus"


@given(st.sampled_from(["-s prod", "-sprod", "-s=prod", "--stack prod", "--stack=prod"]), st.data())
def test_the_stack_and_the_command_are_found_among_all_flags(told: str, data: st.DataObject) -> None:
    flags = st.sampled_from([["--json"], ["--color", "never"], ["-v", "3"], ["-y"], ["--cwd", "up"], []])
    before, between, after = (data.draw(flags) for _ in range(3))
    arguments = [*before, "stack", *between, "rm", *told.split(), *after]
    assert shell._flag_value(arguments, ("-s", "--stack")) == "prod"
    assert list(shell._words(arguments))[:2] == ["stack", "rm"]


@pytest.fixture
def inside(home: Home, project: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A project and the environment of a shell that ``isthmus env`` made there."""
    command = f'eval "$({sys.executable} -P -m isthmus.cli.main env)" && env -0'
    outer = os.environ | {"AWS_PROFILE": "of-nobody"}
    ran = subprocess.run(["sh", "-c", command], cwd=project, env=outer, capture_output=True, check=True)
    pairs = (one.partition("=") for one in ran.stdout.decode().split("\0") if one)
    yield project, {name: value for name, _, value in pairs}
    services.stop(home)


@pytest.mark.engine
@pytest.mark.long
@pytest.mark.timeout(600)
def test_plain_pulumi_has_every_stack_and_writes_into_no_stack_file(
    inside: tuple[Path, dict[str, str]], home: Home
) -> None:
    project, variables = inside
    stacks = {file: file.read_bytes() for file in (project / "stacks").iterdir()}

    def pulumi(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [shutil.which("pulumi", path=variables["PATH"]) or "", "--non-interactive", *arguments]
        return subprocess.run(
            command, cwd=project, env=variables, capture_output=True, text=True, timeout=120
        )

    there = {one["name"] for one in json.loads(pulumi("stack", "ls", "--json").stdout)}
    assert there == {"dev", "local", "prod", "staging"}
    previewed = pulumi("preview", "-s", "dev", "--json")
    assert json.loads(previewed.stdout)["changeSummary"]["create"] >= 100, previewed.stderr

    # Every command that would write into stacks/ outside of a rehearsal.
    assert "already exists" in pulumi("stack", "init", "prod").stderr
    wrote = pulumi("config", "set", "-s", "prod", "isthmus:budget", "7")
    assert "wrote into the rehearsal's copy of stacks/Pulumi.prod.yaml" in wrote.stderr
    assert pulumi("config", "set", "-s", "dev", "--secret", "isthmus:key", "x").returncode == 0
    assert pulumi("stack", "rm", "--yes", "staging").returncode == 0
    for refused in (
        ("stack", "rename", "-s", "prod", "other"),
        ("stack", "change-secrets-provider", "passphrase"),
    ):
        told = pulumi(*refused)
        assert told.returncode == 1
        assert "would write into stacks/" in told.stderr
    assert {file: file.read_bytes() for file in (project / "stacks").iterdir()} == stacks

    # A changed stack file is what the next command reads; so is a new one.
    prod = project / "stacks" / "Pulumi.prod.yaml"
    prod.write_text(prod.read_text().replace("usd_per_month: 25000", "usd_per_month: 4711"))
    shutil.copy(prod, prod.with_name("Pulumi.other.yaml"))
    for stack in ("prod", "other"):
        assert "4711" in pulumi("config", "get", "-s", stack, "isthmus:budget").stdout
    assert "Traceback" not in pulumi("preview", "-s", "nosuch").stderr
    # The stack of the rehearsal itself, on its own ports, is the one that is meant without a name.
    assert pulumi("stack", "--show-name").stdout.strip() == "local"


def test_the_copy_of_the_local_stack_differs_by_its_ports_and_orders_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    project = sandbox.project(tmp_path / "project", ROOT)
    file = stack_copy.source(project)
    before = file.read_bytes()
    first, second = Home(tmp_path / "a"), Home(tmp_path / "b")
    wished = read(file, "local")
    assert read(stack_copy.write(first, project), "local") == wished
    stack_copy.remember_orders(second, "13608073156700e5")
    other = read(stack_copy.write(second, project), "local")

    assert other.training.orders_version == "13608073156700e5"
    given = {other.aws.endpoint_url, other.openstack.object_store_url, other.openstack.auth_url}
    assert not given & {wished.aws.endpoint_url, wished.openstack.object_store_url, wished.openstack.auth_url}
    assert abs(other.training.base_port - wished.training.base_port) >= wished.training.workers
    aws = {"endpoint_url": wished.aws.endpoint_url}
    openstack = {key: getattr(wished.openstack, key) for key in ("object_store_url", "auth_url")}
    training = {"base_port": wished.training.base_port, "orders_version": wished.training.orders_version}
    same = {
        "aws": other.aws.model_copy(update=aws),
        "openstack": other.openstack.model_copy(update=openstack),
        "training": other.training.model_copy(update=training),
    }
    assert other.model_copy(update=same) == wished
    assert file.read_bytes() == before
