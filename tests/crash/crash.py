"""Kills the program at random moments and checks that nothing is lost, doubled or half-done.

usage: crash.py BINARY KILLS [--seed S] [--episode I] [--parallel P] [--folder F]

Every choice follows from the seed: the statements, and how long after which acknowledgement a
process is killed. --episode repeats one lake of a run.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from episode import Episode

KILLS_PER_LAKE = 10


def run_episode(seed: int, index: int, kills: int, folder: Path, binary: Path) -> Counter[str]:
    """Run one lake; on a broken promise its folder stays."""
    episode = Episode(f"{seed}/{index}", folder / f"lake-{index}", binary)
    try:
        episode.run(kills)
    except Exception:
        episode.counts["violations"] += 1
        print(f"--- lake {index}, kill {episode.counts['kills']}: {episode.folder} is kept")
        traceback.print_exc()
        print(f"again: ./dev crash {kills} --seed {seed} --episode {index}", flush=True)
    return episode.counts


def summary(counts: Counter[str], lakes: int, seed: int, seconds: float) -> str:
    """Return the closing lines."""
    flying = counts["in flight, applied"] + counts["in flight, not applied"]
    return (
        f"crash: {counts['kills']} kills in {lakes} lakes "
        f"({counts['ended before the kill']} processes ended before theirs), seed {seed}, "
        f"{seconds:.0f} s\n"
        f"  {counts['acknowledged']} statements and {counts['files loaded']} files committed; "
        f"{flying} statements cut: {counts['in flight, applied']} whole, "
        f"{counts['in flight, not applied']} absent and run again\n"
        f"  {counts['versions read']} old versions read; left over: "
        f"{counts['temporary files']} temporary files (gone with the next writer), "
        f"{counts['unreferenced files']} unreferenced data files\n"
        f"  violations: {counts['violations']}"
    )


def main() -> int:
    """Run all lakes, some at a time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--episode", type=int)
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    begin = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="lakehouse-crash-", dir=options.folder))
    print(f"crash: seed {options.seed}, lakes in {folder}", flush=True)
    kills = [
        min(KILLS_PER_LAKE, options.kills - done)
        for done in range(0, options.kills, KILLS_PER_LAKE)
    ]
    indexes = range(len(kills)) if options.episode is None else [options.episode]
    if options.episode is not None:
        kills = [options.kills] * (options.episode + 1)
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(options.parallel) as pool:
        for result in pool.map(
            lambda index: run_episode(options.seed, index, kills[index], folder, options.binary),
            indexes,
        ):
            counts.update(result)
    print(summary(counts, len(indexes), options.seed, time.monotonic() - begin))
    if counts["violations"] > 0:
        return 1
    folder.rmdir()
    if counts["acknowledged"] < options.kills // 2:
        print("crash: hardly anything was committed, so this says nothing")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
