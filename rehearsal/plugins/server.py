"""A ``Backend`` behind Pulumi's plugin protocol.

The SDK's own server (``pulumi.provider.experimental``) drops the old inputs from Diff and decorates errors
with a stack, so this one sits on the stubs. It owns what is the same for every cloud: secrets, unknowns,
previews, made names, and errors in one sentence.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2

from rehearsal.plugins import autonaming, process_name, wire
from rehearsal.plugins.backend import (
    Backend,
    BackendLost,
    Incomplete,
    Properties,
    Refused,
    Resource,
    UnknownType,
)
from rehearsal.plugins.difference import detailed
from rehearsal.plugins.engine_log import EngineLog
from rehearsal.plugins.protocol import plugin, provider, provider_grpc, status
from rehearsal.plugins.run_note import RunNote
from rehearsal.programs.asked_to_end import AskedToEnd

RECIPE = "CONTRIBUTING.md, 'Add a resource type to the rehearsal'"
# More than any engine asks for at once (4 resources a core by default), so that there is one left for Cancel
# while awaits of jobs hold theirs for minutes. Made as they are needed.
_THREADS = 1024
_GRACE_SECONDS = 30
_MESSAGE_BYTES = 400 * 1024 * 1024  # as the SDK's own channels allow

Answer = TypeVar("Answer")


class Servicer(provider_grpc.ResourceProviderServicer):  # type: ignore[misc]
    """The protocol's calls. Each runs in a thread of its own."""

    def __init__(self, backend: Backend, version: str, folder: Path, log: EngineLog) -> None:
        self._backend = backend
        self._version = version
        self._folder = folder
        self._runs = RunNote(folder)
        self._log = log
        self._seen: set[str] = set()
        self._at_work = 0
        self._idle = threading.Condition()
        self._stopping = False

    # The provider itself

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return plugin.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider.GetSchemaResponse(
            schema=f'{{"name": "{self._backend.package}", "version": "{self._version}"}}'
        )

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            old = wire.decode(request.old_inputs if request.old_inputs.fields else request.olds).values
            new = wire.decode(request.news).values
            # The engine notes the SDK's version in the provider's inputs; it is no property of the cloud.
            old.pop("version", None), new.pop("version", None)
            changed = frozenset(k for k in old.keys() | new.keys() if old.get(k) != new.get(k))
            return _diff_response(old, new, changed, self._backend.replaces_provider(old, new, changed))

        return self._answer(context, request, "DiffConfig", work)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            self._backend.configure(wire.decode(request.args).values)
            return provider.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

        return self._answer(context, request, "Configure", work)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._backend.cancel()
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            arguments = wire.decode(request.args)
            result = self._backend.invoke(request.tok, arguments.values)
            answer = wire.Decoded(result).with_secret_keys(self._backend.secret_results(request.tok))
            return provider.InvokeResponse(**{"return": wire.encode(answer.with_secrets_of(arguments))})

        return self._answer(context, request, "Invoke", work)

    # Resources

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            olds, news = wire.decode(request.olds), wire.decode(request.news)
            type, name = _type(request.urn), _name(request.urn)
            again = request.urn in self._seen
            self._seen.add(request.urn)
            named, made = autonaming.fill(
                self._backend.autonames(type),
                name,
                olds.values,
                news.values,
                b"" if again else request.randomSeed,
            )
            try:
                inputs = self._backend.check(Resource(request.urn, type, name, inputs=named))
            except Refused as refused:
                failure = provider.CheckFailure(property=refused.property, reason=str(refused))
                return provider.CheckResponse(inputs=request.news, failures=[failure])
            return provider.CheckResponse(
                inputs=wire.encode(news.with_values(autonaming.marked(inputs, made)))
            )

        return self._answer(context, request, "Check", work)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            old, new = self._old(request), self._new(request)
            self._check_not_lost(request.urn)
            change = self._backend.diff(old, new)
            changed = change.changed - frozenset(request.ignoreChanges)
            replaces = change.replaces & changed
            before = change.delete_before_replace and not autonaming.all_made(
                self._backend.autonames(old.type), wire.decode(request.news).values
            )
            return _diff_response(old.inputs, new.inputs, changed, replaces, before)

        return self._answer(context, request, "Diff", work)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            decoded = wire.decode(request.properties)
            urn, inputs = request.urn, autonaming.plain(decoded.values)
            resource = Resource(urn, _type(urn), _name(urn), inputs=inputs)
            if request.preview:
                return provider.CreateResponse(
                    properties=self._outputs(resource, self._backend.preview(resource), decoded)
                )
            self._note(resource)
            try:
                created = self._backend.create(resource)
            except Incomplete as incomplete:
                self._runs.made(self._backend.scope(), self._backend.instance())
                outputs = self._outputs(resource, incomplete.created.outputs, decoded)
                raise _InitFailed(
                    str(incomplete), incomplete.created.id, outputs, request.properties
                ) from None
            self._runs.made(self._backend.scope(), self._backend.instance())
            return provider.CreateResponse(
                id=created.id, properties=self._outputs(resource, created.outputs, decoded)
            )

        return self._answer(context, request, "Create", work, changes=not request.preview)

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            inputs, outputs = wire.decode(request.inputs), wire.decode(request.properties)
            made = autonaming.made(inputs.values)
            resource = Resource(
                request.urn,
                _type(request.urn),
                _name(request.urn),
                request.id,
                autonaming.plain(inputs.values),
                autonaming.plain(outputs.values),
            )
            try:
                self._check_not_lost(request.urn)
                found = self._backend.read(resource)
            except BackendLost:
                # Whoever reads takes the cloud's word, and what is made from now on stands.
                self._runs.forget(self._backend.scope())
                found = None
            if found is None:
                return provider.ReadResponse()
            secrets = inputs.with_secrets_of(outputs)
            return provider.ReadResponse(
                id=found.id or request.id,
                inputs=wire.encode(secrets.with_values(autonaming.marked(found.inputs, made))),
                properties=self._outputs(resource, found.outputs, secrets),
            )

        return self._answer(context, request, "Read", work)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            old, new = self._old(request), self._new(request)
            decoded = wire.decode(request.news)
            if request.preview:
                outputs = self._backend.preview_update(old, new)
                if outputs is None:
                    kept = {k: v for k, v in old.outputs.items() if k not in old.inputs or k in new.inputs}
                    outputs = kept | new.inputs
                secrets = decoded.with_secrets_of(wire.decode(request.olds))
                return provider.UpdateResponse(properties=self._outputs(new, outputs, secrets))
            self._check_not_lost(request.urn)
            self._note(new)
            secrets = decoded.with_secrets_of(_secret_outputs_only(wire.decode(request.olds), old.inputs))
            try:
                outputs = self._backend.update(old, new)
            except Incomplete as incomplete:
                partial = self._outputs(new, incomplete.created.outputs, secrets)
                raise _InitFailed(str(incomplete), request.id, partial, request.news) from None
            return provider.UpdateResponse(properties=self._outputs(new, outputs, secrets))

        return self._answer(context, request, "Update", work, changes=not request.preview)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        def work() -> Any:
            outputs = autonaming.plain(wire.decode(request.properties).values)
            inputs = autonaming.plain(wire.decode(request.old_inputs).values)
            resource = Resource(
                request.urn, _type(request.urn), _name(request.urn), request.id, inputs, outputs
            )
            try:
                self._check_not_lost(request.urn)
                self._backend.delete(resource)
            except BackendLost:
                pass  # what forgot everything holds nothing to delete
            return empty_pb2.Empty()

        return self._answer(context, request, "Delete", work, changes=True)

    # What they share

    def stop(self) -> None:
        """Let calls that change the cloud finish, at most for the grace time.

        Those that only ask are not waited for. The engine (v3.259.0, pkg/host/host.go, ReleaseContext; read
        2026-11-28) ends its plugins one after the other and has five seconds for all of them: a plugin that
        lingers leaves none for the next one, of which the engine then says that it exited prematurely.
        """
        self._stopping = True
        self._backend.cancel()
        with self._idle:
            self._idle.wait_for(lambda: self._at_work == 0, timeout=_GRACE_SECONDS)

    def _answer(
        self, context: Any, request: Any, call: str, work: Callable[[], Answer], *, changes: bool = False
    ) -> Answer:
        if changes:
            with self._idle:
                self._at_work += 1
                # Until the engine has the answer, too; it is called at once where the engine is gone.
                self._at_work += context.add_callback(self._is_done)
        try:
            if self._stopping:
                context.abort(grpc.StatusCode.CANCELLED, "The engine is gone.")
            return work()
        except _InitFailed as failed:
            context.abort_with_status(failed.status())
        except UnknownType as unknown:
            text = str(unknown)
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                text if "CONTRIBUTING" in text else f"{text.rstrip('.')}; see {RECIPE}.",
            )
        except (Refused, BackendLost, TimeoutError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            if context.code() is not None:
                raise  # aborted above
            context.abort(grpc.StatusCode.INTERNAL, self._defect(call, request, error))
        finally:
            if changes:
                self._is_done()
        raise AssertionError("abort returned")

    def _is_done(self) -> None:
        with self._idle:
            self._at_work -= 1
            self._idle.notify_all()

    def _defect(self, call: str, request: Any, error: Exception) -> str:
        what = getattr(request, "urn", "") or getattr(request, "tok", "") or "the provider"
        kept = self._folder / "plugin.log"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with kept.open("a", encoding="utf-8") as file:
                file.write(f"{call} {what}\n{''.join(traceback.format_exception(error))}\n")
        except OSError:
            traceback.print_exception(error)
        first = (str(error).splitlines() or [""])[0]
        return (
            f"The rehearsal's {self._backend.package} plugin failed in {call} of {what.rpartition('::')[2]} "
            f"({type(error).__name__}: {first}): a defect of the plugin, with its stack in {kept}."
        )

    def _old(self, request: Any) -> Resource:
        outputs = autonaming.plain(wire.decode(request.olds).values)
        inputs = autonaming.plain(wire.decode(request.old_inputs).values)
        return Resource(request.urn, _type(request.urn), _name(request.urn), request.id, inputs, outputs)

    def _new(self, request: Any) -> Resource:
        outputs = autonaming.plain(wire.decode(request.olds).values)
        inputs = autonaming.plain(wire.decode(request.news).values)
        ignored = tuple(request.ignoreChanges)
        return Resource(
            request.urn, _type(request.urn), _name(request.urn), request.id, inputs, outputs, ignored
        )

    def _outputs(self, resource: Resource, outputs: Properties, secrets: wire.Decoded) -> Any:
        return wire.encode(
            secrets.with_values(outputs).with_secret_keys(self._backend.secret_outputs(resource.type))
        )

    def _check_not_lost(self, urn: str) -> None:
        if self._runs.is_lost(self._backend.scope(), self._backend.instance()):
            raise BackendLost(
                f"What stands in for {self._backend.package} was restarted and has forgotten what this stack "
                f"made ({_name(urn)} among it): run `isthmus rehearse` to rebuild it."
            )

    def _note(self, resource: Resource) -> None:
        text = self._backend.note(resource.type)
        if text:
            self._log.status(resource.urn, text)


class _InitFailed(Exception):
    """Carries a resource that exists but is not ready, in the form the engine keeps in its state."""

    def __init__(self, reason: str, id: str, properties: Any, inputs: Any) -> None:
        super().__init__(reason)
        self.detail = provider.ErrorResourceInitFailed(
            id=id, properties=properties, reasons=[reason], inputs=inputs
        )

    def status(self) -> Any:
        whole = status.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(self))
        whole.details.add().Pack(self.detail)
        answer = grpc.Status()
        answer.code = grpc.StatusCode.UNKNOWN
        answer.details = str(self)
        answer.trailing_metadata = (("grpc-status-details-bin", whole.SerializeToString()),)
        return answer


def _secret_outputs_only(olds: wire.Decoded, old_inputs: Properties) -> wire.Decoded:
    """Secrets of the old outputs that no input gave: an input that stopped being secret may be shown."""
    paths = frozenset(path for path in olds.secret_paths if path[0] not in old_inputs)
    return wire.Decoded({}, paths)


def _diff_response(
    old: Properties,
    new: Properties,
    changed: frozenset[str],
    replaces: frozenset[str] = frozenset(),
    delete_before_replace: bool = False,
) -> Any:
    kinds = provider.DiffResponse
    return provider.DiffResponse(
        changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE,
        diffs=sorted(changed),
        replaces=sorted(replaces),
        deleteBeforeReplace=bool(replaces) and delete_before_replace,
        detailedDiff=detailed(old, new, changed, replaces),
        hasDetailedDiff=True,
    )


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def serve(backend: Backend, version: str, folder: Path | None = None) -> None:
    """Serve ``backend`` to the engine until it ends, and print the port for it.

    ``version`` is that of the SDK package that the engine asks for. ``folder`` is for what the plugin notes;
    by default the backend's folder in the rehearsal home. Ends the process when the engine is gone.
    """
    if folder is None:
        from rehearsal.home import Home

        folder = Home.find().root / backend.package
    process_name.call_it(f"pulumi-resource-{backend.package}")
    servicer = Servicer(backend, version, folder, EngineLog(sys.argv[1] if len(sys.argv) > 1 else ""))
    options = [
        ("grpc.max_receive_message_length", _MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(_THREADS), options=options)
    provider_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine gives every plugin a process group of its own, so that Ctrl-C in a terminal does not arrive
    # here: SIGINT is its own way to end a plugin, and it waits five seconds for one that does not take it.
    over = AskedToEnd()
    over.ask_when_orphaned()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    over.wait()
    servicer.stop()
    # Not sys.exit: threads that still wait on a cloud would hold the process.
    os._exit(0)


__all__ = ["RECIPE", "Servicer", "serve"]
