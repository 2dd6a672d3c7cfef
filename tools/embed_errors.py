"""Writes the error pages of a folder as a C++ source: embed_errors.py FOLDER OUTPUT."""

import json
import pathlib
import sys


def page(path: pathlib.Path) -> str:
    first, _, body = path.read_text(encoding="utf-8").partition("\n")
    title = first.removeprefix("#").strip().removeprefix(path.stem).lstrip(":").strip()
    # JSON strings are C++ string literals as long as they hold plain text.
    fields = (json.dumps(text, ensure_ascii=False) for text in (path.stem, title, body.strip()))
    return "      {" + ", ".join(fields) + "},\n"


def main() -> None:
    folder, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    pages = "".join(page(path) for path in sorted(folder.glob("LK-*.md")))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(
        '#include "base/error_pages.h"\n\nnamespace lakehouse {\n\n'
        "const std::vector<ErrorPage>& ErrorPages() {\n"
        "  static const std::vector<ErrorPage> pages = {\n"
        + pages
        + "  };\n  return pages;\n}\n\n}  // namespace lakehouse\n",
        encoding="utf-8",
    )


main()
