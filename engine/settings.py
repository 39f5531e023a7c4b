"""Every variable of the environment that the engine reads. A `.env` file in the working directory is read too."""

import ipaddress
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from aiservice.protocol.receiver import check_endpoint, parse_headers
from engine.networks import Network, parse_networks

MAX_SECONDS = 3_650 * 86_400
MIN_ADMIN_KEY = 32
_SECRET = frozenset(["mongo_uri", "s3_secret_key", "app_admin_key", "otel_exporter_otlp_headers"])  # are not shown
_DOORS = ("app_admin_key", "app_admin_key_file", "app_oidc_issuer", "app_oidc_audience")
_BUILT_PAGE = Path(__file__).resolve().parent.parent / "webapp" / "dist"
_LOOPBACK_NAMES = frozenset(["localhost", "ip6-localhost"])


class Settings(BaseSettings):
    """The settings, with their defaults. Names are upper case in the environment."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", case_sensitive=False)

    app_host: str = Field(default="127.0.0.1", description="address to listen on")
    app_port: int = Field(default=8080, ge=0, le=65_535, description="port to listen on; 0 takes a free one")
    app_log: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level that is logged"
    )
    app_log_format: Literal["text", "json"] = Field(default="text", description="how lines of the log are written")
    app_engine: str | None = Field(default=None, description="the engine's URL as services reach it")
    app_external_url: str | None = Field(default=None, description="the engine's URL as clients reach it")
    app_cron: float = Field(
        default=300.0, gt=0, le=MAX_SECONDS, allow_inf_nan=False, description="seconds between clean-ups"
    )
    app_lifespan: float = Field(
        default=1800.0, ge=0, le=MAX_SECONDS, allow_inf_nan=False, description="seconds that an ended task is kept"
    )
    app_auth: Literal["", "off", "keys"] = Field(
        default="", description="`keys`: ask for API keys; `off`: listen on any address without"
    )
    app_admin_key: SecretStr | None = Field(default=None, description="a key that may do all, to make others with")
    app_admin_key_file: Path | None = Field(
        default=None, description="a file with APP_ADMIN_KEY, read again when it changes"
    )
    app_oidc_issuer: str | None = Field(default=None, description="OpenID Connect issuer whose tokens are taken")
    app_oidc_audience: str | None = Field(default=None, description="`aud` that the tokens must have")
    app_oidc_scopes: str = Field(default="scope", min_length=1, description="claim with the scopes; dots lead inside")
    app_oidc_owner: str = Field(default="sub", min_length=1, description="claim with the owner; dots lead inside")
    app_allowed_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(), description="networks that `http` nodes may reach although they are not public"
    )
    app_service_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(), description="networks where services may be; without any they may be anywhere"
    )
    app_audit_days: float = Field(
        default=90.0, gt=0, le=36_500, allow_inf_nan=False, description="days that rows of the audit log are kept"
    )
    app_web: Path | None = Field(default=None, description="folder of the built web page; by default webapp/dist")
    app_max_tasks: int = Field(default=100_000, ge=1, description="running tasks above which no more are taken (429)")
    app_max_requests: int = Field(
        default=1_000, ge=1, description="submissions that are taken at the same time; more are refused (503)"
    )
    app_max_calls: int = Field(default=1_000, ge=1, description="calls under way at the same time, in all")
    app_max_service_calls: int = Field(default=256, ge=1, description="calls under way at the same time at one address")
    reg_db_type: Literal["sqlite", "memory", "mongo"] = Field(default="sqlite", description="where tasks are kept")
    mongo_uri: str = Field(default="mongodb://127.0.0.1:27017", description="where MongoDB is")
    mongo_uri_file: Path | None = Field(default=None, description="a file with MONGO_URI, read again when it changes")
    mongo_db: str = Field(default="engine", pattern=r"^[A-Za-z0-9_-]{1,60}$", description="the database's name")
    reg_storage_type: Literal["local", "s3"] = Field(default="local", description="where binaries are kept")
    s3_url: str | None = Field(default=None, description="the object store's URL; without one that of AWS in S3_ZONE")
    s3_zone: str = Field(default="us-east-1", min_length=1, description="the object store's region")
    s3_key_id: str | None = Field(default=None, description="the access key's id; without one botocore looks for it")
    s3_secret_key: SecretStr | None = Field(default=None, description="the secret that belongs to S3_KEY_ID")
    s3_key_id_file: Path | None = Field(default=None, description="a file with S3_KEY_ID, read again when it changes")
    s3_secret_key_file: Path | None = Field(
        default=None, description="a file with S3_SECRET_KEY, read again when it changes"
    )
    s3_bucket: str = Field(
        default="engine",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        description="the bucket; made where it is missing",
    )
    s3_redirect: bool = Field(
        default=False, description="send who downloads a binary on to the object store, by a URL that ends soon"
    )
    reg_local_data: Path = Field(default=Path("data"), description="folder of the embedded stores")
    reg_sqlite_sync: Literal["full", "normal"] = Field(
        default="full", description="`full` survives a power cut, `normal` a killed process"
    )

    otel_exporter_otlp_endpoint: str | None = Field(
        default=None, description="where traces go, like http://jaeger:4318 (OTLP over HTTP); unset: there are none"
    )
    otel_exporter_otlp_headers: SecretStr | None = Field(default=None, description="name=value,... sent with traces")
    otel_service_name: str = Field(default="engine", min_length=1, description="the engine's name in traces")
    otel_traces_sampler_arg: float = Field(
        default=0.1, ge=0, le=1, allow_inf_nan=False, description="share of the tasks that are traced"
    )

    @field_validator(
        "app_log", "app_log_format", "reg_db_type", "reg_storage_type", "reg_sqlite_sync", "app_auth", mode="before"
    )
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator(
        *("s3_url", "s3_key_id", "s3_secret_key", "s3_key_id_file", "s3_secret_key_file", *_DOORS),
        *("otel_exporter_otlp_endpoint", "otel_exporter_otlp_headers"),
        mode="before",
    )
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return value or None

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _receiver(cls, value: str | None) -> str | None:
        return None if value is None else check_endpoint(value)

    @field_validator("otel_exporter_otlp_headers")
    @classmethod
    def _pairs(cls, value: SecretStr | None) -> SecretStr | None:
        parse_headers("" if value is None else value.get_secret_value())
        return value

    @property
    def otel_headers(self) -> dict[str, str]:
        """The headers that are sent with traces."""
        headers = self.otel_exporter_otlp_headers
        return {} if headers is None else parse_headers(headers.get_secret_value())

    @field_validator("mongo_uri")
    @classmethod
    def _mongo(cls, value: str) -> str:
        if not value.startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("must start with mongodb:// or mongodb+srv://")
        return value

    @field_validator("app_engine", "app_external_url", "s3_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("app_allowed_networks", "app_service_networks", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        return parse_networks(value) if isinstance(value, str) else value

    @field_validator("app_admin_key")
    @classmethod
    def _admin_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_admin_key(value.get_secret_value()):
            raise ValueError(f"must have {MIN_ADMIN_KEY} characters or more, all of them printable ASCII, no blanks")
        return value

    @field_validator("app_oidc_issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        if value is None:
            return None
        url = urlsplit(value)
        if (
            url.query
            or url.fragment
            or not (url.scheme == "https" and url.hostname or url.scheme == "http" and is_loopback(url.hostname or ""))
        ):
            raise ValueError("must start with https:// (http:// on loopback only), and have no query")
        return value

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.app_oidc_issuer is not None and self.app_oidc_audience is None:
            raise PydanticCustomError("audience", "APP_OIDC_ISSUER needs APP_OIDC_AUDIENCE beside it")
        if self.app_auth == "off" and self.keys:
            raise PydanticCustomError("off", "APP_AUTH=off asks for no keys, and others of the settings ask for some")
        return self

    @property
    def keys(self) -> bool:
        """Whether the engine asks for API keys or tokens."""
        others = (self.app_admin_key, self.app_admin_key_file, self.app_oidc_issuer)
        return self.app_auth == "keys" or any(other is not None for other in others)

    @property
    def web_folder(self) -> Path | None:
        """Where the web page lies; None where it was not built."""
        folder = self.app_web if self.app_web is not None else _BUILT_PAGE
        return folder if (folder / "index.html").is_file() else None

    @property
    def host(self) -> str:
        """Where the engine really listens: only on loopback, unless it asks for keys, or `APP_AUTH=off` says that
        others may come without."""
        if self.keys or self.app_auth == "off" or is_loopback(self.app_host):
            return self.app_host
        return "127.0.0.1"

    @property
    def local_url(self) -> str:
        """The engine's URL on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.app_port}"

    @property
    def engine_url(self) -> str:
        """The engine's URL as services reach it."""
        return self.app_engine or self.local_url

    @cached_property
    def external_url(self) -> str:
        """The engine's URL as clients reach it."""
        return self.app_external_url or self.local_url


class WrongSettings(ValueError):
    """A variable has a value that cannot be used; the text names it and says what is wanted."""


def read_settings() -> Settings:
    """Read the environment. Raises WrongSettings with a sentence for every wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        raise WrongSettings("\n".join(_sentence(dict(fault)) for fault in error.errors())) from error


def _sentence(fault: dict[str, Any]) -> str:
    if not fault["loc"]:
        return str(fault["msg"])
    name = str(fault["loc"][0])
    reason = str(fault["msg"]).removeprefix("Value error, ")
    field = Settings.model_fields.get(name)
    about = f" ({field.description})" if field else ""
    given = "" if name in _SECRET else f"={fault['input']!r}"
    return f"{name.upper()}{given} cannot be used: {reason}{about}"


def is_admin_key(text: str) -> bool:
    """Whether it can be the first admin's key: long enough, and such as can stand in a header."""
    return len(text) >= MIN_ADMIN_KEY and all("!" <= character <= "~" for character in text)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
