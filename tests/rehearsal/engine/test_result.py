"""What is said of an engine command that failed."""

from __future__ import annotations

import pytest

from rehearsal.engine.result import Result, UpdateFailed

GRPC = (
    "E1128 00:23:50.724942   15846 ev_epoll1_linux.cc:373] epoll_wait error: Bad file descriptor\n"
    "I1128 00:20:21.092993    5063 chttp2_transport.cc:1403] ipv4:127.0.0.1:36097: Got goaway\n"
)


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        ("", f"error: the stack is locked\n{GRPC}", "the stack is locked"),
        ("Updating\nerror: no such stack\n\n", GRPC, "no such stack"),
        ("Updating\n", "a plugin's last word\n", "a plugin's last word"),
        ("Updating\n", GRPC, "Updating"),
        ("", GRPC, "exit status 255"),
    ],
)
def test_the_engine_s_own_words_go_before_a_library_s_log(stdout: str, stderr: str, said: str) -> None:
    result = Result("up", "local", status=255, stdout=stdout, stderr=stderr)
    assert str(UpdateFailed(result)) == f"`pulumi up -s local` failed: {said}"
