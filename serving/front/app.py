"""The application: routes, and what runs beside them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.exceptions import HTTPException

from serving.front.answering import Answering
from serving.front.callers import Callers
from serving.front.feedback import FeedbackDesk
from serving.front.gate import Gate
from serving.front.guard import GuardFile
from serving.front.messages import Feedback, Question, Received, Recommendations
from serving.front.metrics import Metrics
from serving.front.popular import Popular
from serving.front.problems import ProblemDetails, RequestRefused, sentence
from serving.front.settings import FrontSettings
from serving.front.sites import Sites
from serving.front.spool import Spool
from serving.front.store import FeedbackStore

logger = logging.getLogger(__name__)
TICK_S = 1.0


class Front:
    """All that a front is made of, for the time that it runs."""

    def __init__(self, settings: FrontSettings, pseudonym: Callable[[str], str] | None = None) -> None:
        self.settings = settings
        self.draining = False
        self.metrics = Metrics()
        self.callers = Callers(settings)
        self.guard = GuardFile(None if settings.guard is None else Path(settings.guard))
        self.popular = Popular(settings.popular)
        self.sites = Sites(settings, pseudonym, self.metrics)
        self.spool = None if settings.spool is None else Spool(settings.spool)
        self.store = (
            None
            if settings.store is None or settings.spool is None
            else FeedbackStore(settings.store, Path(settings.spool.folder), self.metrics)
        )
        self.answering = Answering(self.sites, self.popular, self.guard, self.metrics)
        self.desk = FeedbackDesk(self.spool, pseudonym, self.metrics)

    @asynccontextmanager
    async def running(self, _: FastAPI) -> AsyncIterator[None]:
        """Keep the popular products, the guard and the spool up to date; at the end, empty the spool."""
        await self.popular.refresh(self.sites)
        await self.sites.look_at_releases()
        beside = asyncio.create_task(self._beside())
        if self.store is not None:
            self.store.start()
        try:
            yield
        finally:
            beside.cancel()
            with suppress(asyncio.CancelledError):
                await beside
            if self.spool is not None:
                await self.spool.close()
            if self.store is not None:
                await asyncio.to_thread(self.store.finish)
            await self.sites.close()
            await self.callers.close()

    async def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Whether questions are answered here, in whatever way, and what of it stands."""
        sites = await self.sites.ready()
        able = any(sites.values()) or bool(self.popular.products)
        said = {"draining": self.draining, "sites": sites, "popular": len(self.popular.products)}
        return able and not self.draining, said

    def scrape(self) -> bytes:
        """The metrics as they are now."""
        for site in self.sites.sites:
            self.metrics.open.labels(site.name).set(site.breaker.state == "opened")
        self.metrics.releases.clear()
        for name, release in self.sites.releases.items():
            self.metrics.releases.labels(name, release).set(1)
        if self.spool is not None:
            self.spool.look()
            self.metrics.spooled.set(self.spool.size)
        if self.store is not None:
            self.metrics.oldest.set(self.store.oldest_s())
        return self.metrics.text()

    async def _beside(self) -> None:
        loop = asyncio.get_running_loop()
        next_list = loop.time() + self.settings.popular.every_s
        while True:
            await asyncio.sleep(TICK_S)
            try:
                self.guard.look()
                if self.spool is not None:
                    await self.spool.tick()
                if loop.time() >= next_list or not self.popular.products:
                    next_list = loop.time() + self.settings.popular.every_s
                    await self.popular.refresh(self.sites)
                    await self.sites.look_at_releases()
            except Exception:
                logger.exception("what runs beside the requests failed, and is tried again")


def build(front: Front) -> FastAPI:
    """The application of a front."""
    app = FastAPI(
        title="isthmus front",
        version="1",
        summary="What a customer should see next.",
        docs_url=None,
        redoc_url=None,
        lifespan=front.running,
        responses={
            "default": {
                "model": ProblemDetails,
                "description": "Refused, as RFC 9457 says it (application/problem+json).",
            }
        },
    )
    _questions(app, front)
    _health(app, front)

    @app.exception_handler(RequestValidationError)
    async def _refused(_: Request, error: RequestValidationError) -> Response:
        raise RequestRefused(422, sentence(error.errors()))

    @app.exception_handler(HTTPException)
    async def _other(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            raise RequestRefused(404, "there is nothing at this path; /openapi.json lists what there is")
        if error.status_code == 405:
            raise RequestRefused(
                405,
                f"this path takes no {request.method[:20]}; /openapi.json says what it takes",
                error.headers,
            )
        if error.status_code == 400:
            raise RequestRefused(
                400, "the body is no JSON; send an object as the OpenAPI document at /openapi.json shows it"
            )
        raise RequestRefused(error.status_code, HTTPStatus(error.status_code).phrase.lower(), error.headers)

    _as_problems(app)
    app.add_middleware(
        Gate, settings=front.settings, callers=front.callers, metrics=front.metrics, drain=front
    )
    return app


def _as_problems(app: FastAPI) -> None:
    """Let the document tell refusals by their own media type, which FastAPI has no argument for."""
    document = app.openapi()
    for path in document["paths"].values():
        for operation in path.values():
            content = operation["responses"]["default"]["content"]
            if "application/json" in content:
                content["application/problem+json"] = content.pop("application/json")


def _questions(app: FastAPI, front: Front) -> None:
    # Who asks is found out by the gate, before a body is read; here it is told to readers of the document.
    told = [
        Security(APIKeyHeader(name="X-API-Key", auto_error=False)),
        Security(HTTPBearer(auto_error=False)),
    ]

    @app.post("/v1/recommendations", dependencies=told, responses={200: {"model": Recommendations}})
    async def recommendations(question: Question) -> Response:
        """Recommend products to one or several customers."""
        answer = await front.answering.answer(question)
        return Response(
            answer.model_dump_json(by_alias=True, exclude_none=not question.explain),
            media_type="application/json",
        )

    @app.post("/v1/feedback", dependencies=told, status_code=202)
    async def feedback(request: Request, feedback: Feedback) -> Received:
        """Tell what customers were shown, clicked or bought; sent again by the same key, it counts once."""
        return await front.desk.take(request.state.noted.caller, feedback)


def _health(app: FastAPI, front: Front) -> None:
    @app.get("/livez")
    async def livez() -> dict[str, str]:
        """Whether the process runs: if this fails, restart it."""
        return {"status": "alive"}

    @app.get("/readyz", responses={503: {"description": "Send no questions here."}})
    async def readyz(response: Response) -> dict[str, Any]:
        """Whether questions are answered here, and what of it stands."""
        ready, said = await front.readiness()
        response.status_code = 200 if ready else 503
        return {"ready": ready, **said}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """For Prometheus."""
        return Response(front.scrape(), media_type="text/plain; version=0.0.4; charset=utf-8")
