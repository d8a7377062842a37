"""The protocol's ``LanguageRuntime``, one method for each call."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc

from rehearsal.engine.language_host import interpreter
from rehearsal.engine.language_host.children import Children
from rehearsal.engine.language_host.interpreter import NoInterpreter, Options
from rehearsal.engine.language_host.stubs import language_pb2, language_pb2_grpc, plugin_pb2

_RUNNER = Path(__file__).with_name("program.py")
_ERROR_SHOWN = 32


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers one engine; its children are the programs and the plugins that it runs."""

    def __init__(self, engine_address: str, children: Children) -> None:
        self._engine_address = engine_address
        self._children = children

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002 - the protocol's names
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:  # noqa: N802
        found = [plugin_pb2.PluginDependency(**plugin) for plugin in self._plugins(request, context)]
        return language_pb2.GetRequiredPluginsResponse(plugins=found)

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: N802
        found = [plugin_pb2.PackageDependency(**plugin) for plugin in self._plugins(request, context)]
        return language_pb2.GetRequiredPackagesResponse(packages=found)

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        # Both options have defaults, so there is nothing to ask.
        return language_pb2.RuntimeOptionsResponse()

    def About(self, request: Any, context: Any) -> Any:  # noqa: N802
        python = self._python(request.info, context)
        version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True)
        options = Options.of(dict(request.info.options))
        return language_pb2.AboutResponse(
            executable=str(python),
            version=version.stdout.removeprefix("Python ").strip(),
            metadata={"toolchain": options.toolchain, "language host": "isthmus"},
        )

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802
        python = self._python(request.info, context)
        found = [
            language_pb2.DependencyInfo(name=name, version=version)
            for name, version in interpreter.packages(python)
        ]
        return language_pb2.GetProgramDependenciesResponse(dependencies=found)

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        root, program, options = self._where(request.info)
        folder = Path(request.directory or program)
        try:
            commands = interpreter.install_commands(options, root, folder)
        except NoInterpreter as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        for command in commands:
            status = 0
            for field, chunk in self._stream(command, folder, dict(os.environ), context):
                if field == "exitcode":
                    status = chunk
                else:
                    yield language_pb2.InstallDependenciesResponse(**{field: chunk})
            if status != 0:
                context.abort(grpc.StatusCode.INTERNAL, f"`{' '.join(command)}` ended with status {status}")

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        root, program, options = self._where(request.info)
        try:
            python = interpreter.choose(options, root, program)
        except NoInterpreter as error:
            return language_pb2.RunResponse(error=str(error))
        process = self._children.start(
            self._program_command(python, request, root, program),
            folder=Path(request.pwd or program),
            environment={
                **os.environ,
                "PULUMI_CONFIG": json.dumps(dict(request.config)),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
                "PYTHONUNBUFFERED": "1",
            },
        )
        context.add_callback(lambda: self._children.stop(process))
        status = self._children.wait(process)
        if status == _ERROR_SHOWN:
            return language_pb2.RunResponse(bail=True)
        if status < 0:
            return language_pb2.RunResponse(error=f"The program was ended by signal {-status}.")
        return language_pb2.RunResponse(
            error=f"The program ended with exit status {status}." if status else ""
        )

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        python = self._python(request.info, context)
        program = request.info.program_directory or request.program
        module = ["-m", "pulumi.policy"] if request.kind == "analyzer" else []
        # A policy pack's runner wants the engine's address before the program; a plugin's own
        # arguments follow it.
        engine, rest = (
            (list(request.args[:1]), list(request.args[1:])) if module else ([], list(request.args))
        )
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        environment.update(entry.split("=", 1) for entry in request.env if "=" in entry)
        command = [str(python), "-u", *module, *engine, program, *rest]
        for field, chunk in self._stream(command, Path(request.pwd or program), environment, context):
            yield language_pb2.RunPluginResponse(**{field: chunk})

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        from google.protobuf import empty_pb2

        self._children.stop_all()
        return empty_pb2.Empty()

    def _program_command(self, python: Path, request: Any, root: Path, program: Path) -> list[str]:
        return [
            str(python),
            "-u",
            str(_RUNNER),
            *("--host", str(os.getpid())),
            *("--monitor", request.monitor_address),
            *("--engine", self._engine_address),
            *("--project", request.project),
            *("--stack", request.stack),
            *("--organization", request.organization or "organization"),
            *("--root", str(root)),
            *("--parallel", str(request.parallel)),
            *("--dry_run", "true" if request.dryRun else "false"),
            *("--pwd", request.pwd or str(program)),
            str(program / (request.info.entry_point or ".")),
            *request.args,
        ]

    def _plugins(self, request: Any, context: Any) -> list[dict[str, Any]]:
        return list(interpreter.plugins(self._python(request.info, context)))

    def _python(self, info: Any, context: Any) -> Path:
        root, program, options = self._where(info)
        try:
            return interpreter.choose(options, root, program)
        except NoInterpreter as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise

    @staticmethod
    def _where(info: Any) -> tuple[Path, Path, Options]:
        program = Path(info.program_directory or ".").absolute()
        root = Path(info.root_directory).absolute() if info.root_directory else program
        return root, program, Options.of(dict(info.options))

    def _stream(
        self, command: list[str], folder: Path, environment: dict[str, str], context: Any
    ) -> Iterator[tuple[str, Any]]:
        """Run a command; its output as it comes (``stdout``, ``stderr``), its status last (``exitcode``)."""
        process = self._children.start(
            command, folder=folder, environment=environment, output=subprocess.PIPE, errors=subprocess.PIPE
        )
        context.add_callback(lambda: self._children.stop(process))
        chunks: queue.Queue[tuple[str, bytes]] = queue.Queue()

        def pump(field: str, stream: Any) -> None:
            for chunk in iter(lambda: stream.read1(65536), b""):
                chunks.put((field, chunk))
            chunks.put((field, b""))

        for field, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
            threading.Thread(target=pump, args=(field, stream), daemon=True).start()
        ended = 0
        while ended < 2:
            field, chunk = chunks.get()
            if chunk:
                yield field, chunk
            else:
                ended += 1
        yield "exitcode", self._children.wait(process)
