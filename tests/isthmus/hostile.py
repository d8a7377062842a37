"""Stack files of people who mean no good, or whose editor did not: bytes, tags, aliases, depths."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

STACKS: Final = Path(__file__).parents[2] / "stacks"
_TAGS: Final = (
    "!!int five",
    "!!float abc",
    "!!timestamp 2011-13-45",
    "!!binary /w==",
    "!!python/object/apply:os.system [exit]",
    "!!python/name:os.system",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "!mine x",
    "! 12",
    "!!str 012",
    "!!null x",
)
_PIECES: Final = (
    *"\t\n :-[]{},#&*!|>'\"%@`?\\~=<.0123456789abyn\x00\x07\x85\u2028é😀\ufeff\r\xa0",
    *("\n  ", " #", ": ", "- ", "|\n", "? ", "<<: *x", "---\n", "...\n", "%YAML 1.1\n", "\\x", "\\0"),
    *("010", "2026-11-24", "1e3", "no", "~", "&x ", "*x", "{a: b}", "- - ", ": :", "9" * 30, "1:30", *_TAGS),
)


def _laughs(levels: int, width: int) -> str:
    lines = ["config:", "  a:l0: &l0 [x]"]
    for level in range(1, levels):
        lines.append(f"  a:l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * width)}]")
    return "\n".join(lines) + "\n"


def _by_hand() -> Iterator[bytes]:
    good = (STACKS / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    place = "log_retention_days: 14"
    for tag in _TAGS:
        yield good.replace(place, f"log_retention_days: {tag}").encode()
    for text in (
        "9" * 5000,
        f"-{'9' * 5000}",
        f"0x{'f' * 5000}",
        f"1e{'9' * 5000}",
        f"0.{'1' * 5000}",
        ".inf",
    ):
        yield good.replace(place, f"log_retention_days: {text}").encode()
    for depth in (39, 60, 3000, 200_000):
        yield f"config:\n  a:b: {'[' * depth}{']' * depth}\n".encode()
        yield f"config:\n  a:b: {'{a: ' * depth}x{'}' * depth}\n".encode()
        yield f"config:\n  a:b: {'- ' * depth}x\n".encode()
        yield b"[" * depth
    yield b"config:\n a:b:\n" + b"".join(b" " * n + b"a:\n" for n in range(2, 900))
    for levels, width in ((30, 9), (400, 2), (3, 3), (4, 9)):
        yield _laughs(levels, width).encode()
    for text in (
        "&x [*x]",
        "&x {a: *x}",
        "*nowhere",
        "&x {<<: *x}",
        "{<<: [*x]}",
        "{<<: 5}",
        "&x &y z",
        "{*x : 1}",
    ):
        yield f"config:\n  a:b: {text}\n".encode()
    for coding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp037", "utf-8-sig", "utf-7"):
        yield good.replace("yours", "déjà").encode(coding)
    for raw in (
        b"",
        b"\n",
        b"---",
        b"# nothing\n",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"config",
        b"config:",
        b"5",
        b"~",
    ):
        yield raw
        yield good.encode() + raw + good.encode()[:80]
    for code in (
        "\x00",
        "\x1b",
        "\x7f",
        "\x80",
        "\x9f",
        "\ud800",
        "\ufffe",
        "\ufeff",
        "\u2029",
        "\U0010ffff",
    ):
        yield good.replace("eu-west-1\n", f"eu-west-1{code}\n").encode("utf-8", "surrogatepass")
        yield good.replace("region: eu", f'region: "{ascii(code)[1:-1]}" #').encode()
    yield good.encode() + b" " * (1 << 20)
    yield good.encode().replace(b"\n", b"\r")
    yield good.encode().replace(b"  ", b"\t")
    yield b"config: " + b"{a: " * 50_000
    yield b"? " * 5000
    yield b"config:\n  " + b"k" * 5000 + b": 1\n"
    yield b"config:\n  a:b: |1000\n    x\n"
    yield b"config:\n" + b"".join(b"  a:k%d: 1\n" % n for n in range(30_000))


def files(count: int, seed: int = 20261127) -> Iterator[bytes]:
    """``count`` of them, the same each time: some made by hand, the rest good files with pieces thrown in."""
    by_hand = list(_by_hand())
    yield from by_hand[:count]
    chance = random.Random(seed)  # noqa: S311 - no secret
    good = [file.read_text(encoding="utf-8") for file in sorted(STACKS.glob("*.yaml"))]
    for _ in range(count - len(by_hand)):
        text = chance.choice(good)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(_PIECES) + text[at + chance.choice((0, 0, 0, 1, 2, 5)) :]
        raw = text.encode("utf-8", "surrogatepass")
        if chance.random() < 0.05:
            at = chance.randrange(len(raw))
            raw = raw[:at] + bytes([chance.randrange(256)]) + raw[at:]
        yield raw
