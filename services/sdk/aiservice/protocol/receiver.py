"""The settings that say where traces go, as OpenTelemetry names them, checked."""

from urllib.parse import unquote, urlsplit


def parse_headers(text: str) -> dict[str, str]:
    """Headers as `OTEL_EXPORTER_OTLP_HEADERS` has them: `name=value,name=value`, percent-encoded. Raises ValueError."""
    headers = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (part.strip() for part in pair.partition("="))
        value = unquote(value)
        if not equals or not name or not name.isascii() or any(ord(c) < 32 or ord(c) > 126 for c in name + value):
            raise ValueError("it must be name=value, and so on with commas between")
        headers[unquote(name)] = value
    return headers


def check_endpoint(text: str) -> str:
    """The URL that `OTEL_EXPORTER_OTLP_ENDPOINT` names. Raises ValueError."""
    wrong = ValueError("it must be a URL like http://jaeger:4318")
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None
    if not good or parts.query or parts.fragment or parts.username is not None:
        raise wrong
    return text.rstrip("/")
