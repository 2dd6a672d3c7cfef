"""Set-up never uses an unverified file, goes on after an interruption, and says what went wrong."""

import base64
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "setup"))

import fetch  # noqa: E402
import setup  # noqa: E402

WHEEL = "tinypackage-1.0-py3-none-any.whl"


def write_wheel(folder: Path) -> Path:
    """Write a package of one module, large enough to be cut."""
    module = "\n".join(f"value_{n} = {hashlib.sha256(bytes([n])).hexdigest()!r}" for n in range(99))
    about = "tinypackage-1.0.dist-info"
    files = {
        "tinypackage.py": module,
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: tinypackage\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{name},sha256={digest.decode()},{len(text)}\n"
    files[f"{about}/RECORD"] = record
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / WHEEL, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return folder / WHEEL


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the small tool environment once; the tests link to it."""
    deps = tmp_path_factory.mktemp("tools")
    assert fetch.Fetcher(deps).tools_python.exists()
    return deps / "tools"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip take packages from a folder, and from nowhere else."""
    folder = tmp_path / "registry"
    write_wheel(folder)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def deps(tmp_path: Path, tools: Path) -> Path:
    """Make an empty cache folder."""
    folder = tmp_path / "deps"
    folder.mkdir()
    (folder / "tools").symlink_to(tools)
    return folder


def archive(sha256: str) -> fetch.Archive:
    return fetch.Archive("pip", "tinypackage==1.0", WHEEL, sha256)


def test_fetches_a_verified_file_once(registry: Path, deps: Path) -> None:
    pinned = archive(fetch.sha256_of(registry / WHEEL))
    path = fetch.Fetcher(deps).fetch(pinned)
    (registry / WHEEL).unlink()
    assert fetch.Fetcher(deps).fetch(pinned) == path
    assert fetch.sha256_of(path) == pinned.sha256


def test_refuses_a_file_with_another_checksum(registry: Path, deps: Path) -> None:
    wrong = "0" * 64
    with pytest.raises(fetch.SetupError) as caught:
        fetch.Fetcher(deps).fetch(archive(wrong))
    assert wrong in str(caught.value)
    assert fetch.sha256_of(registry / WHEEL) in str(caught.value)
    assert not (deps / "downloads" / WHEEL).exists()


def test_refuses_a_cut_file_and_takes_the_whole_one_later(registry: Path, deps: Path) -> None:
    whole = (registry / WHEEL).read_bytes()
    pinned = archive(hashlib.sha256(whole).hexdigest())
    (registry / WHEEL).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(fetch.SetupError):
        fetch.Fetcher(deps).fetch(pinned)
    assert not (deps / "downloads" / WHEEL).exists()
    (registry / WHEEL).write_bytes(whole)
    assert fetch.Fetcher(deps).fetch(pinned).read_bytes() == whole


def test_replaces_a_cached_file_that_was_damaged(registry: Path, deps: Path) -> None:
    pinned = archive(fetch.sha256_of(registry / WHEEL))
    path = fetch.Fetcher(deps).fetch(pinned)
    path.write_bytes(b"damaged")
    assert fetch.sha256_of(fetch.Fetcher(deps).fetch(pinned)) == pinned.sha256


def test_says_what_to_do_without_a_network(deps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(fetch.SetupError) as caught:
        fetch.Fetcher(deps).fetch(archive("0" * 64))
    assert "download of tinypackage==1.0 failed" in str(caught.value)
    assert "Check the network" in str(caught.value)
    assert "./dev setup" in str(caught.value)
    assert f"copy {WHEEL}" in str(caught.value)
    assert str(deps / "downloads") in str(caught.value)


def test_takes_a_file_that_was_brought_by_hand(
    registry: Path, deps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = (registry / WHEEL).read_bytes()
    (deps / "downloads").mkdir()
    (deps / "downloads" / WHEEL).write_bytes(brought)
    monkeypatch.setenv("PIP_FIND_LINKS", "/nonexistent")
    pinned = archive(hashlib.sha256(brought).hexdigest())
    assert fetch.Fetcher(deps).fetch(pinned).read_bytes() == brought


def test_says_when_the_disk_is_full(tmp_path: Path) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))

    write = f"open({str(tmp_path / 'large')!r}, 'wb').write(bytes(9999))"
    with pytest.raises(fetch.SetupError) as caught:
        fetch.run([sys.executable, "-c", write], "a large file", preexec_fn=no_room)
    assert "The disk is full" in str(caught.value)


def step(target: Path, make: Callable[[Path], None], fingerprint: str = "1") -> setup.Step:
    return setup.Step("a step", target, fingerprint, make)


def test_an_interrupted_step_leaves_nothing_and_is_made_again(tmp_path: Path) -> None:
    target = tmp_path / "thing"

    def interrupted(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setup.run_step(step(target, interrupted))
    assert not target.exists()
    setup.run_step(step(target, lambda folder: (folder / "whole").touch()))
    assert sorted(path.name for path in target.iterdir()) == [".complete", ".files", "whole"]


def test_a_finished_step_is_made_again_only_when_its_pins_change(tmp_path: Path) -> None:
    target = tmp_path / "thing"
    made: list[Path] = []
    for fingerprint in ("1", "1", "2", "2"):
        setup.run_step(step(target, made.append, fingerprint))
    assert len(made) == 2


def make_whole(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "one.so").write_text("the content of one")
    (folder / "two.h").write_text("the content of two")


def test_a_result_that_was_cut_or_lost_a_file_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "thing"
    made = step(target, make_whole)
    setup.run_step(made)
    (target / "lib" / "one.so").write_text("the con")
    setup.run_step(made)
    assert (target / "lib" / "one.so").read_text() == "the content of one"
    (target / "two.h").unlink()
    setup.run_step(made)
    assert (target / "two.h").exists()
    assert "lib/one.so is damaged; made again" in capsys.readouterr().out


def test_verify_finds_a_changed_byte(tmp_path: Path) -> None:
    target = tmp_path / "thing"
    made = step(target, make_whole)
    setup.run_step(made)
    (target / "two.h").write_text("the content of tw0")
    setup.run_step(made)
    assert (target / "two.h").read_text() == "the content of tw0"
    setup.run_step(made, verify=True)
    assert (target / "two.h").read_text() == "the content of two"


def test_a_linked_environment_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "bin").mkdir(parents=True)
    venv = tmp_path / ".venv"
    assert not setup.is_linked(venv)
    venv.symlink_to(other)
    assert not setup.is_linked(venv) and not venv.is_symlink()
    (other / "bin" / "python").touch()
    venv.symlink_to(other)
    assert setup.is_linked(venv) and venv.is_symlink()


def test_one_line_a_step_with_its_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        setup.run_step(step(tmp_path / "thing", make_whole))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [["a", "step", "done"], ["a", "step", "up"]]
    assert all(line.endswith(" s") for line in lines)


def test_killed_at_any_moment_it_goes_on_to_the_same_result(
    registry: Path, deps: Path, tmp_path: Path
) -> None:
    digest = fetch.sha256_of(registry / WHEEL)
    script = tmp_path / "steps.py"
    script.write_text(f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(ROOT / "tools" / "setup")!r})
import fetch, setup

deps = Path(sys.argv[1])
wheel = fetch.Archive("pip", "tinypackage==1.0", {WHEEL!r}, {digest!r})

def make(folder):
    path = fetch.Fetcher(deps).fetch(wheel)
    for n in range(20):
        (folder / f"{{n}}.txt").write_bytes(path.read_bytes())
        time.sleep(0.004)

with setup.locked(deps / ".lock"):
    for name in ("one", "two", "three"):
        setup.run_step(setup.Step(name, deps / name, "1", make))
""")
    command = [sys.executable, "-B", str(script), str(deps)]
    moments = random.Random(7)
    for _ in range(12):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(moments.uniform(0.05, 1.2))
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        for name in ("one", "two", "three"):
            # A step is there whole, or it is not there.
            assert len(list((deps / name).glob("*.txt"))) in (0, 20)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("one", "two", "three"):
        assert setup.damage_of(deps / name, read_all=True) == ""
        assert len(list((deps / name).glob("*.txt"))) == 20
    assert not list(deps.glob(".*.partial"))


def test_every_pin_has_a_whole_checksum() -> None:
    for name in fetch.json.loads(fetch.PINS_FILE.read_text(encoding="utf-8")):
        for pinned in fetch.load_pin(name).archives:
            assert len(pinned.sha256) == 64, pinned.spec
            assert int(pinned.sha256, 16) > 0


def test_ctrl_c_ends_with_a_word_and_the_next_run_goes_on(tmp_path: Path) -> None:
    deps = tmp_path / "deps"
    command = [
        sys.executable,
        "-B",
        str(ROOT / "tools" / "setup" / "setup.py"),
        "--deps",
        str(deps),
        "--native-only",
    ]
    # A registry that accepts and never answers.
    listener = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import socket, time; s = socket.create_server(('127.0.0.1', 0));"
            "print(s.getsockname()[1], flush=True); time.sleep(300)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert listener.stdout is not None
    port = listener.stdout.readline().strip()
    environment = dict(
        os.environ, PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL=f"http://127.0.0.1:{port}/simple"
    )
    running = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        while not (deps / "downloads" / "partial").exists():
            assert running.poll() is None
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=60)
        assert running.returncode == 130
        assert "interrupted; run it again" in said
        assert not list(deps.glob("arrow-*"))
    finally:
        listener.kill()
        listener.wait()


def test_of_spark_only_what_sql_needs_is_kept() -> None:
    kept = ["pyspark/sql/session.py", "deps/bin/spark-class", "lib/py4j-0.10.9.9-src.zip"]
    kept += ["deps/jars/spark-sql_2.13-4.1.4.jar", "deps/jars/hive-storage-api-2.8.1.jar"]
    left_out = ["pyspark/sql/tests/test_x.py", "deps/examples/a.jar", "PKG-INFO"]
    left_out += ["deps/jars/rocksdbjni-9.8.4.jar", "deps/jars/spark-mllib_2.13-4.1.4.jar"]
    assert [name for name in kept + left_out if setup.is_needed_by_spark(name)] == kept
