"""What is counted, for Prometheus; no label holds what a caller wrote."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Metrics:
    """The counters of one front."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "front_requests_total", "Requests.", ("route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "front_request_seconds",
            "From the first byte to the answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge("front_in_flight", "Requests that are being answered.", registry=self.registry)
        self.answered = Counter(
            "front_answers_total", "Answers for customers.", ("answered_from",), registry=self.registry
        )
        # What has not happened yet is 0: a query over a counter that is not there has no answer.
        for source in ("model", "popular"):
            self.answered.labels(source)
        self.hedged = Counter(
            "front_hedged_total", "Questions that went to another site as well.", registry=self.registry
        )
        self.shed = Counter(
            "front_shed_total",
            "Questions that no model was asked, as too many waited for one.",
            registry=self.registry,
        )
        self.failed = Counter(
            "front_site_failures_total", "Tries that failed.", ("site", "error"), registry=self.registry
        )
        self.open = Gauge(
            "front_site_open", "1 while a site is left alone.", ("site",), registry=self.registry
        )
        self.releases = Gauge(
            "front_site_release",
            "1 for the release that a site serves.",
            ("site", "release"),
            registry=self.registry,
        )
        self.taken = Counter(
            "front_guard_taken_total", "Products that a rule took.", ("rule",), registry=self.registry
        )
        self.events = Counter(
            "front_feedback_events_total", "Events on the disk.", ("event",), registry=self.registry
        )
        for event in ("shown", "clicked", "bought"):
            self.events.labels(event)
        self.spooled = Gauge("front_spool_bytes", "Bytes that wait for a store.", registry=self.registry)
        self.oldest = Gauge(
            "front_spool_oldest_seconds",
            "Age of the oldest file that waits for a store.",
            registry=self.registry,
        )
        self.stored = Counter(
            "front_feedback_files_total", "Files of feedback that a store has.", registry=self.registry
        )
        self.store_failures = Counter(
            "front_feedback_store_failures_total",
            "Turns in which a store took no file.",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self.registry)
