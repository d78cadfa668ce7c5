"""Where settings come from, and how a bad one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ritournelle.errors import SettingsError
from ritournelle.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(**overrides: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(**overrides)
    return str(caught.value)


def test_the_defaults() -> None:
    settings = load_settings()
    assert settings.source.url == "http://127.0.0.1:9000"
    assert settings.warehouse_url == f"duckdb:///{Path.cwd() / '.ritournelle' / 'warehouse.duckdb'}"
    assert settings.landing_folder == Path(".ritournelle/landing")
    assert settings.registry_folder == Path(".ritournelle/registry")


def test_arguments_over_environment_over_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("ritournelle.toml").write_text(
        'home = "from-file"\n[source]\nconcurrency = 2\nretries = 2\npage_size = 2\n', encoding="utf-8"
    )
    monkeypatch.setenv("RITOURNELLE_SOURCE__RETRIES", "3")
    monkeypatch.setenv("RITOURNELLE_SOURCE__PAGE_SIZE", "3")
    settings = load_settings(source={"page_size": 4})
    assert (settings.home, settings.source.concurrency) == (Path("from-file"), 2)
    assert (settings.source.retries, settings.source.page_size) == (3, 4)


def test_a_warehouse_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_WAREHOUSE__URL", "duckdb:////data/music.duckdb")
    assert load_settings().warehouse_url == "duckdb:////data/music.duckdb"


def test_the_url_loses_its_slash() -> None:
    assert load_settings(source={"url": "https://music.example/"}).source.url == "https://music.example"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SOURCE__URL", "music.example", "'music.example' must start with http:// or https://"),
        ("SOURCE__TIME_ZONE", "Europe/Atlantis", "'Europe/Atlantis' is not an IANA time zone"),
        ("SOURCE__TIME_ZONE", "../etc/passwd", "is not an IANA time zone"),
        ("SOURCE__CONCURRENCY", "0", "greater than or equal to 1"),
        ("SOURCE__CONCURRENCY", "many", "valid integer"),
        ("SOURCE__PAGE_SIZE", "101", "less than or equal to 100"),
        ("SOURCE__RETRIES", "-1", "greater than or equal to 0"),
        ("SOURCE__TIMEOUT_SECONDS", "0", "greater than 0"),
        ("SOURCE__TIMEOUT_SECONDS", "nan", "finite number"),
        ("SOURCE__MAX_VANISHED_SHARE", "1.5", "less than or equal to 1"),
        ("LANDING__RETENTION_DAYS", "0", "greater than or equal to 1"),
        ("SOURCE__COLOUR", "red", "there is no such setting"),
        ("SOURCE__TIMEOUT", "3", "there is no such setting; did you mean RITOURNELLE_SOURCE__TIMEOUT_SECONDS?"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"RITOURNELLE_{name}", value)
    message = refusal()
    assert f"{name.lower().replace('__', '.')} (RITOURNELLE_{name})" in message
    assert words in message


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RITOURNELLE_WAREHUOSE__URL", "RITOURNELLE_WAREHOUSE__URL"),
        ("RITOURNELLE_SOURCE_URL", "RITOURNELLE_SOURCE__URL"),
        ("ritournelle_source_page_size", "RITOURNELLE_SOURCE__PAGE_SIZE"),
        ("RITOURNELLE_ONLINE__STORE__URL", "RITOURNELLE_ONLINE_STORE__URL"),
    ],
)
def test_a_variable_that_would_not_be_read_is_refused(name: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")
    assert refusal().splitlines()[1] == f"  {name}: there is no such setting; did you mean {meant}?"


def test_a_section_that_is_nothing_like_one_is_refused_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_COFFEE__SUGAR", "2")
    assert refusal().splitlines()[1:] == ["  RITOURNELLE_COFFEE__SUGAR: there is no such setting"]


@pytest.mark.parametrize("name", ["RITOURNELLE_LONG_TESTS", "RITOURNELLE_PII_KEY", "RITOURNELLE_TRANSFORM_NOW"])
def test_variables_that_are_no_settings_are_left_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    load_settings()


def test_every_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_SOURCE__RETRIES", "x")
    monkeypatch.setenv("RITOURNELLE_SOURCE__CONCURRENCY", "x")
    message = refusal(surprise=1)
    assert message.splitlines()[0] == "these settings cannot be used:"
    assert len(message.splitlines()) == 4


def test_a_file_that_cannot_be_read() -> None:
    Path("ritournelle.toml").write_text("home = [", encoding="utf-8")
    assert refusal().startswith("the settings cannot be read: ")


def test_an_environment_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_SOURCE", "{not json")
    assert refusal().startswith("the settings cannot be read: ")


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_SOURCE__TOKEN", "s3cret")
    settings = load_settings()
    assert settings.source.token is not None
    assert settings.source.token.get_secret_value() == "s3cret"
    for shown in (repr(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "s3cret" not in shown
    monkeypatch.setenv("RITOURNELLE_SOURCE__RETRIES", "x")
    assert "s3cret" not in refusal()


def test_settings_do_not_change() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.source.retries = 9


def test_every_setting_has_a_sentence() -> None:
    for name, field in Settings.model_fields.items():
        section = field.annotation
        fields = getattr(section, "model_fields", {name: field})
        for inner, described in fields.items():
            assert (described.description or "").endswith("."), f"{name}.{inner}"


def test_what_is_shown_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_SOURCE__URL", "https://ada:pass-word@music.example:8443/app")
    monkeypatch.setenv("RITOURNELLE_SOURCE__TOKEN", "a-token-of-hers")
    monkeypatch.setenv("RITOURNELLE_PRIVACY__KEY", "a-key-of-sixteen-or-more")
    shown = load_settings().shown()
    assert shown.source.url == "https://music.example:8443/app"
    for secret in ("pass-word", "a-token-of-hers", "a-key-of-sixteen"):
        assert secret not in shown.model_dump_json() and secret not in repr(shown)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:pass-word@db:6432/music?sslmode=require", "postgresql://db:6432/music?sslmode=require"),
        ("postgresql://db/music?user=ada&password=pass-word", "postgresql://db/music"),
        (
            "postgresql://ada:pass/wo@rd@db/music?sslpassword=pass-word&sslmode=require",
            "postgresql://db/music?sslmode=require",
        ),
        ("duckdb:////home/ada@work/music?.duckdb", "duckdb:////home/ada@work/music?.duckdb"),
        (None, None),
    ],
)
def test_the_warehouse_is_shown_without_user_and_password(url: str | None, shown: str | None) -> None:
    settings = load_settings(warehouse={"url": url})
    assert settings.shown().warehouse.url == shown
    for text in (repr(settings), settings.shown().model_dump_json()):
        assert not [secret for secret in ("pass-word", "pass/wo", "ada:") if secret in text]
