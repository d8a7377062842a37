"""Stack files as the engine reads them: one reader, one writer, and no text that changes on the way.

The engine (Pulumi 3.259.0, ``sdk/go/common/workspace/loaders.go`` and ``resource/config/object.go``) reads a
stack file by gopkg.in/yaml.v3 3.0.1, writes what it found as YAML, reads that again and hands each key of
``config`` to the program as a text: a mapping or a list as JSON, the rest as it stands. YAML has two versions
in use, and yaml.v3 is neither. So whatever they read differently is refused here, with how to write it;
what is left is the same to every reader.
"""

from isthmus.stack_files.reading import MOST_BYTES, TOP_LEVEL, StackFile, parse, read
from isthmus.stack_files.refusal import Refusal, StackFileError
from isthmus.stack_files.writing import write

__all__ = ["MOST_BYTES", "TOP_LEVEL", "Refusal", "StackFile", "StackFileError", "parse", "read", "write"]
