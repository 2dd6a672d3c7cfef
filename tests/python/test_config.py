"""The configuration in Python is that of every other program."""

import os
from pathlib import Path

import pytest
from conftest import Script

import data_lakehouse as dl
import data_lakehouse.config as configuration
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.errors import InvalidArgumentError, NotFoundError


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the variables of who runs the tests."""
    for name in [name for name in os.environ if name.startswith("LAKEHOUSE_")]:
        monkeypatch.delenv(name)


def test_four_environments() -> None:
    made = {
        "local": configuration.create_local_config(),
        "development": configuration.create_development_config(),
        "staging": configuration.create_staging_config(),
        "production": configuration.create_production_config(),
    }
    for name, config in made.items():
        assert config.environment == name
        assert config["security.enable_authorization"] is (name != "local")
        assert config["storage.allowed_locations"] == (["/data"] if name == "local" else [])


def test_values_have_types(tmp_path: Path) -> None:
    config = LakehouseConfig(
        settings={
            "storage.data_root": tmp_path,
            "storage.target_file_size": "64MiB",
            "storage.allowed_locations": ["/a", "/b"],
            "query.timeout": "30s",
            "query.threads": 2,
            "storage.enable_compression": False,
        }
    )
    assert config["storage.data_root"] == str(tmp_path)
    assert config["storage.target_file_size"] == 64 * 1024**2
    assert config["storage.allowed_locations"] == ["/a", "/b"]
    assert (config["query.timeout"], config["query.threads"]) == (30_000, 2)
    assert config["storage.enable_compression"] is False
    assert config["query.memory_limit"] is None


def test_a_setting_wins_over_a_variable_over_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "lake.yml"
    file.write_text("query:\n  threads: 1\n  max_running: 1\n  max_waiting: 1\n")
    monkeypatch.setenv("LAKEHOUSE_QUERY_MAX_RUNNING", "2")
    monkeypatch.setenv("LAKEHOUSE_QUERY_MAX_WAITING", "2")
    config = LakehouseConfig(file, settings={"query.max_waiting": 3})
    origins = {setting.key: setting.origin for setting in config.explain()}
    assert [config[f"query.{k}"] for k in ("threads", "max_running", "max_waiting")] == [1, 2, 3]
    assert origins["query.threads"] == f"file {file}:2:3"
    assert origins["query.max_running"] == "environment LAKEHOUSE_QUERY_MAX_RUNNING"
    assert (origins["query.max_waiting"], origins["query.timeout"]) == ("flag", "default")


def test_the_promised_keys_are_there(tmp_path: Path) -> None:
    file = tmp_path / "production.yml"
    file.write_text(
        'spark:\n  master: "local[*]"\n  executor_instances: 4\n  executor_memory: "8g"\n'
        "  adaptive_query_execution: true\n"
        'storage:\n  data_root: "/data/lakehouse"\n  compression_codec: "snappy"\n'
        "  enable_compression: true\n"
        'ml:\n  mlflow_tracking_uri: "postgresql://user:pass@localhost:5432/mlflow"\n'
        '  feature_store_root: "/data/feature_store"\n  enable_automl: true\n'
        "security:\n  enable_authentication: true\n  enable_authorization: true\n"
    )
    config = configuration.load_config(file)
    assert config["storage.compression_codec"] == "snappy"
    assert config.get_service_config("spark")["executor_memory"] == 8 * 1024**3
    assert config.get_service_config("ml")["enable_automl"] is True


def test_secrets_are_masked() -> None:
    config = LakehouseConfig(settings={"ml.mlflow_tracking_uri": "postgresql://u:topsecret@h/m"})
    section = config.get_service_config("ml")
    assert section["mlflow_tracking_uri"] == "postgresql://u:topsecret@h/m"
    for shown in (repr(config), repr(section), repr(config.explain())):
        assert "topsecret" not in shown


def test_wrong_configurations_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yml"
    file.write_text("query:\n  thread: 1\n")
    with pytest.raises(InvalidArgumentError) as raised:
        LakehouseConfig(file)
    assert raised.value.code == "LK-1001" and "query.threads" in raised.value.hint
    assert ":2:3" in raised.value.message
    wrong: list[tuple[dict[str, configuration.Value], str]] = [
        ({"query.threads": "many"}, "LK-1002"),
        ({"query.threads": -1}, "LK-1003"),
    ]
    for settings, code in wrong:
        with pytest.raises(InvalidArgumentError) as raised:
            LakehouseConfig(settings=settings)
        assert raised.value.code == code
    with pytest.raises(InvalidArgumentError) as raised:
        LakehouseConfig(environment="produktion")
    assert raised.value.code == "LK-1007"
    with pytest.raises(NotFoundError) as missing:
        LakehouseConfig(tmp_path / "nothing.yml")
    assert missing.value.code == "LK-1004"
    with pytest.raises(NotFoundError) as section:
        LakehouseConfig().get_service_config("ingest")
    assert section.value.code == "LK-7004" and "ingestion" in section.value.hint


def test_a_configuration_does_not_change_after_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKEHOUSE_STORAGE_DATA_ROOT", str(tmp_path / "first"))
    config = LakehouseConfig()
    monkeypatch.setenv("LAKEHOUSE_STORAGE_DATA_ROOT", str(tmp_path / "second"))
    with dl.connect(config) as lakehouse:
        lakehouse.sql("CREATE TABLE t AS SELECT 1 AS a")
    assert (tmp_path / "first" / "main" / "t").is_dir() and not (tmp_path / "second").exists()


def test_variables_reach_the_default_session(run_python: Script, tmp_path: Path) -> None:
    script = (
        "from data_lakehouse import SparkSession\n"
        "SparkSession.builder.getOrCreate().sql('CREATE TABLE t AS SELECT 1 AS a')"
    )
    root = tmp_path / "elsewhere"
    assert run_python(script, LAKEHOUSE_STORAGE_DATA_ROOT=str(root)).stderr == ""
    assert (root / "main" / "t" / "_delta_log").is_dir()
