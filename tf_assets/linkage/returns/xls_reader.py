"""The script that `confined` runs: an XLS on standard input, its visible sheets as Arrow on standard output.

Each sheet is eight bytes of length and an Arrow stream. It imports nothing of this project, so that it starts quickly.
"""

import io
import resource
import sys

MOST_BYTES = 2 * 2**30
"""Address space, of which the interpreter and the libraries reserve a part (ours)."""

MOST_SECONDS = 30
MOST_OUTPUT_BYTES = 256 * 2**20


def main() -> None:
    """Read and write; any fault ends the process with a code that is not 0."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import fastexcel
    import pyarrow as pa

    reader = fastexcel.read_excel(sys.stdin.buffer.read())
    written = 0
    for at in range(len(reader.sheet_names)):
        sheet = reader.load_sheet(at, header_row=None, skip_rows=0, dtypes="string")
        if sheet.visible != "visible" or not sheet.width:
            continue
        batch = sheet.to_arrow()
        buffer = io.BytesIO()
        with pa.ipc.new_stream(buffer, batch.schema) as stream:
            stream.write_batch(batch)
        written += buffer.tell()
        if written > MOST_OUTPUT_BYTES:
            sys.exit(3)
        sys.stdout.buffer.write(buffer.tell().to_bytes(8, "big") + buffer.getvalue())


if __name__ == "__main__":
    main()
