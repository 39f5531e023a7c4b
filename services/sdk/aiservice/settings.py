"""Every variable that a service reads from its environment or from `.env`, with its default and what it means."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from yarl import URL

from aiservice.protocol.receiver import check_endpoint, parse_headers


class WrongSetting(Exception):
    """A variable has a value that cannot be used; the text is a sentence that names it."""


def _web_address(text: str) -> str:
    try:
        url = URL(text)
        good = url.scheme in ("http", "https") and bool(url.host) and not url.query_string and not url.user
    except ValueError:
        good = False
    if not good:
        raise ValueError("it must be a URL like http://host:8080")
    return text.rstrip("/")


def _pairs(text: SecretStr) -> SecretStr:
    parse_headers(text.get_secret_value())
    return text


Receiver = Annotated[str, AfterValidator(check_endpoint)]
Pairs = Annotated[SecretStr, AfterValidator(_pairs)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(BaseSettings):
    """The settings of one service."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(
        8080, ge=0, le=65_535, description="port to listen on, else the service's own; 0 takes a free one"
    )
    log: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    log_format: Literal["text", "json"] = Field("text", description="how lines of the log are written")
    engine: WebAddress | None = Field(None, description="URL of the engine, to announce the operations to")
    service: WebAddress | None = Field(None, description="URL under which the engine reaches this service")
    key: SecretStr | None = Field(None, description="API key with the scope `service`, sent with announcements")
    key_file: Path | None = Field(None, description="a file with APP_KEY, read again when it changes")
    notify_cron: float = Field(30.0, gt=0, le=86_400, description="seconds between two announcements")
    workers: int | None = Field(None, ge=1, le=256, description="calls that run at once; else what the service says")
    queue: int = Field(64, ge=0, le=100_000, description="calls that may wait for a worker; one more is answered 429")
    lifespan: float = Field(600.0, gt=0, le=31_536_000, description="seconds that a result of direct use is kept")
    grace: float = Field(60.0, ge=0, le=86_400, description="seconds after SIGTERM for finishing what was taken")
    max_body: int = Field(2 << 30, ge=1, description="bytes of a request at most")
    max_json: int = Field(10 << 20, ge=1, description="bytes of JSON in a request at most")
    max_pixels: int = Field(40_000_000, ge=1, description="pixels of a picture at most")
    upload_pause: float = Field(60.0, gt=0, le=86_400, description="seconds between two pieces of an upload at most")
    tmp: str | None = Field(None, description="folder for files of calls; else the system's temporary folder")
    otel_endpoint: Receiver | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="where traces go, like http://jaeger:4318 (OTLP over HTTP); unset: there are none",
    )
    otel_pairs: Pairs | None = Field(
        None, validation_alias="OTEL_EXPORTER_OTLP_HEADERS", description="name=value,... sent with traces"
    )
    otel_name: str | None = Field(
        None, validation_alias="OTEL_SERVICE_NAME", description="name in traces, else the service's own"
    )

    @property
    def otel_headers(self) -> dict[str, str]:
        """The headers that are sent with traces."""
        return {} if self.otel_pairs is None else parse_headers(self.otel_pairs.get_secret_value())


def read_settings(port: int = 8080) -> Settings:
    """Read them; `port` is taken where APP_PORT does not say another. Raises WrongSetting."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "the environment"
        name = name if name.startswith("OTEL_") or not first["loc"] else f"APP_{name}"
        message = first["msg"].removeprefix("Value error, ")
        given = "" if name == "OTEL_EXPORTER_OTLP_HEADERS" else f", not {first['input']!r}"
        raise WrongSetting(f"{name} is wrong: {message}{given}") from None
    except UnicodeDecodeError:
        raise WrongSetting("the file .env is wrong: it is not UTF-8") from None
    return settings if "port" in settings.model_fields_set else settings.model_copy(update={"port": port})
