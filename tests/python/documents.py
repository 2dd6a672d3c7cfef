"""Code blocks of Markdown files."""

from __future__ import annotations

from pathlib import Path


def python_blocks(file: Path, heading: str = "") -> list[str]:
    """Return the Python blocks of a file, or those right below one heading of any level."""
    blocks: list[str] = []
    language: str | None = None
    below = not heading
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith("```"):
            language = line[3:].strip() if language is None else None
            if language == "python" and below:
                blocks.append("")
        elif language is None and line.startswith("#") and heading:
            below = line.lstrip("#").strip().lower() == heading.lower()
        elif language == "python" and below:
            blocks[-1] += line
    return blocks
