"""``isthmus front``: recommendations by plain HTTP, before one or more Triton servers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="front", help="Recommendations by plain HTTP, for any application.", no_args_is_help=True
)


@app.callback()
def _front() -> None: ...


@app.command()
def run(
    triton: Annotated[
        list[str] | None,
        typer.Option(
            help="A Triton server, grpc://HOST:8001; again for that of another site.", show_default=False
        ),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="YAML file of settings; options go over it.", show_default=False)
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="File of API keys, see `isthmus front key`.", show_default=False)
    ] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Let everybody ask, without a key.")] = False,
    guard: Annotated[
        Path | None, typer.Option(help="YAML file of rules on answers.", show_default=False)
    ] = None,
    spool: Annotated[
        Path | None, typer.Option(help="Folder in which feedback waits for a store.", show_default=False)
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(help="Where finished feedback is brought to: s3://BUCKET/PREFIX/.", show_default=False),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on.", show_default="8080")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            envvar="PSEUDONYM_KEY",
            show_envvar=True,
            help="Key of the private site that makes pseudonyms; absent: callers send pseudonyms.",
        ),
    ] = None,
) -> None:
    """Answer by HTTP until SIGTERM, and then what was begun.

    Example:  isthmus front run --triton grpc://127.0.0.1:8001 --anonymous
    """
    from serving.front.run import run as answer
    from serving.front.settings import read_settings

    given = {
        "triton": triton or None,
        "keys": keys and str(keys),
        "anonymous": anonymous,
        "guard": guard and str(guard),
        "spool": spool and {"folder": str(spool)},
        "store": store and {"url": store},
        "host": host,
        "port": port,
    }
    checked = read_settings(settings, given)
    pseudonym = None
    if key is not None:
        from training.transfer.pseudonym import Pseudonyms

        pseudonym = Pseudonyms(key).customer
    answer(checked, pseudonym)


@app.command("key")
def make_key(
    name: Annotated[str, typer.Argument(help="Who the caller is.")],
    file: Annotated[Path, typer.Option(help="File of keys; it is made where it is missing.")] = Path(
        "keys.yaml"
    ),
) -> None:
    """Make an API key for a caller, print it this once, and keep its hash in a file.

    Example:  isthmus front key shop --file keys.yaml
    """
    from serving.front.callers import add_key

    print(add_key(file, name))


@app.command()
def openapi() -> None:
    """Print the OpenAPI document.

    Example:  isthmus front openapi > openapi.json
    """
    import json

    from serving.front.app import Front, build
    from serving.front.settings import FrontSettings

    settings = FrontSettings(triton=("grpc://127.0.0.1:8001",), anonymous=True)
    print(json.dumps(build(Front(settings)).openapi(), indent=2))
