"""config.toml and the environment as frozen settings; an error names the key, the value and what is allowed.

Environment variables win over the file: DESK_TELEGRAM__TOKEN is `token` in `[telegram]`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.domain.errors import ConfigError


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("要写时区名，例如 Asia/Shanghai") from error
    return name


def _clock(text: str) -> time:
    """A time of day without a zone: the station's own is meant."""
    made = time.fromisoformat(text.strip())
    if made.tzinfo is not None:
        raise ValueError("a time with a zone")
    return made


def _span(text: str) -> str:
    try:
        start, end = (_clock(part) for part in text.split("-"))
    except ValueError as error:
        raise ValueError("要写成 09:00-12:00") from error
    if start >= end:
        raise ValueError("结束要晚于开始")
    return text


def _overnight(text: str) -> str:
    try:
        _start, _end = (_clock(part) for part in text.split("-"))
    except ValueError as error:
        raise ValueError("要写成 21:30-08:00") from error
    return text


def _name(text: str) -> str:
    if not text or text.strip() != text:
        raise ValueError("不能为空，前后不能有空格")
    return text


def _long_enough(secret: SecretStr) -> SecretStr:
    if 0 < len(secret.get_secret_value()) < 16:
        raise ValueError("至少 16 个字符，或者留空")
    return secret


_PREFIX = "DESK_"
Positive = Annotated[float, Field(gt=0, le=10_000)]
Share = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, AfterValidator(_name), Field(max_length=40)]
Span = Annotated[str, AfterValidator(_span)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StationConfig(_Section):
    """The legal service station that answers."""

    id: Name = "station"
    name: Name = "公共法律服务站"
    region: str = ""
    phone: str = ""


class HoursConfig(_Section):
    """Working time on the State Council's calendar; `extra_*` correct it for years it does not know."""

    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    spans: Annotated[tuple[Span, ...], Field(min_length=1)] = ("09:00-12:00", "14:00-18:00")
    quiet: Annotated[str, AfterValidator(_overnight)] = "21:30-08:00"
    extra_holidays: tuple[date, ...] = ()
    extra_workdays: tuple[date, ...] = ()


class PromiseConfig(_Section):
    """Hours, except where the name says minutes or days."""

    answer_hours: Positive = 24
    urgent_hours: Positive = 1
    warning_hours: Positive = 4
    lease_minutes: Positive = 60
    lease_nudge_minutes: Positive = 15
    window_warning_minutes: Positive = 30
    ask_solved_hours: Positive = 24
    no_reaction_days: Positive = 3
    auto_close_days: Positive = 7
    form_waiting_minutes: Positive = 30

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lease_nudge_minutes >= self.lease_minutes:
            raise ValueError("lease_nudge_minutes 要小于 lease_minutes，不然一接单就催")
        if self.no_reaction_days >= self.auto_close_days:
            raise ValueError("no_reaction_days 要小于 auto_close_days")
        return self


class FaqConfig(_Section):
    """The curated answers. The two precisions decide when the bot answers and when it suggests."""

    folder: Path = Path("faq")
    answer_precision: Share = 0.97
    suggest_precision: Share = 0.5
    grace_days: Annotated[int, Field(ge=0, le=365)] = 30
    signed_only: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.suggest_precision > self.answer_precision:
            raise ValueError("suggest_precision 不能大于 answer_precision")
        return self


class WebConfig(_Section):
    """The web chat."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""
    max_upload_mb: Annotated[int, Field(ge=1, le=20)] = 10
    metrics_token: Annotated[SecretStr, AfterValidator(_long_enough)] = SecretStr("")


class TelegramConfig(_Section):
    """Telegram runs when there is a token."""

    token: SecretStr = SecretStr("")
    token_file: Path | None = None
    base_url: str = "https://api.telegram.org"
    webhook_url: str = ""
    webhook_secret: SecretStr = SecretStr("")
    poll_timeout: Annotated[int, Field(ge=0, le=50)] = 30
    messages_per_second: Positive = 30
    group_per_minute: Positive = 20

    def secret_token(self) -> str:
        """The token itself, from the environment, the file named by token_file, or config.toml."""
        if self.token_file is not None and not self.token.get_secret_value():
            try:
                return self.token_file.read_text("utf-8").strip()
            except OSError as error:
                raise ConfigError(f"telegram.token_file: 读不到文件 {self.token_file}。") from error
        return self.token.get_secret_value()


class LimitsConfig(_Section):
    """How much one person, and all of them together, may put in."""

    burst_seconds: Annotated[float, Field(ge=0, le=30)] = 2.0
    burst_patience_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
    waiting_messages: Annotated[int, Field(ge=5, le=1000)] = 60
    waiting_in_all: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    messages_at_once: Annotated[int, Field(ge=5, le=100_000)] = 30
    messages_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 30
    live_cases: Annotated[int, Field(ge=1, le=20)] = 5


class LogConfig(_Section):
    """Where the log goes: one line a turn to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    name: Name = "法律问答台"
    database_url: str = "sqlite:///var/desk.sqlite3"
    key_file: Path = Path("var/secret.key")
    key: SecretStr = SecretStr("")
    regions: tuple[Name, ...] = ()
    invite_hours: Positive = 72
    station: StationConfig = StationConfig()
    hours: HoursConfig = HoursConfig()
    promise: PromiseConfig = PromiseConfig()
    faq: FaqConfig = FaqConfig()
    web: WebConfig = WebConfig()
    telegram: TelegramConfig = TelegramConfig()
    limits: LimitsConfig = LimitsConfig()
    log: LogConfig = LogConfig()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """Environment first, then the file."""
        file = settings_cls.model_config.get("toml_file")
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file))


def load_config(path: Path) -> Config:
    """Read and check; ConfigError says which key of which file is wrong, and how to mend it."""
    if not path.exists():
        raise ConfigError(f"没有找到配置文件 {path}。复制一份：cp config.example.toml {path}")
    try:
        tomllib.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} 读不懂：{str(error)[:200]}") from None
    except OSError as error:
        raise ConfigError(f"{path} 读不了（{error.strerror}）；请检查路径和权限。") from error
    _check_environment()

    class _Loaded(Config):
        model_config = SettingsConfigDict(toml_file=path)

    try:
        return _Loaded()
    except ValidationError as error:
        lines = [_explain(details, path) for details in _innermost(error.errors())]
        raise ConfigError("\n".join(lines)) from None
    except SettingsError as error:
        raise ConfigError(_unreadable(str(error))) from None


def _check_environment() -> None:
    """A misspelt name would otherwise be passed over in silence, and a token with it."""
    for name in os.environ:
        prefix, first = name[:5].upper(), name[5:].partition("__")[0].lower()
        if prefix == _PREFIX and first not in Config.model_fields:
            raise ConfigError(f"环境变量 {name}：没有 {first} 这一项。{_nearest((first,))}")


def _unreadable(error: str) -> str:
    found = re.search(r'field "(\w+)"', error)
    name = f"{_PREFIX}{found[1].upper()}" if found else f"{_PREFIX}…"
    return f'环境变量 {name} 读不懂：要写 JSON，例如 ["甲", "乙"]；单独一项写成 {name}__名称。'


def _innermost(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """A wrong item of a list also makes the list wrong; only the item is worth saying."""
    places = [details["loc"] for details in errors]
    return [d for d in errors if not any(p != d["loc"] and p[: len(d["loc"])] == d["loc"] for p in places)]


def _explain(details: ErrorDetails, path: Path) -> str:
    key = ".".join(str(part) for part in details["loc"])
    where = f"环境变量或 {path}" if _from_env(details["loc"]) else str(path)
    if details["type"] == "extra_forbidden":
        return f"{where}：没有 {key} 这一项。{_nearest(details['loc'])}"
    secret = key in ("telegram", "key") or any(word in key for word in ("token", "secret", "url"))
    shown = (
        "" if secret or isinstance(details["input"], dict) else f"（现在是 {_short(repr(details['input']))}）"
    )
    return f"{where}：{key} 不对{shown}：{_words(details)}"


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:100] + "…"


def _from_env(loc: tuple[int | str, ...]) -> bool:
    name = _PREFIX + "__".join(str(part).upper() for part in loc if isinstance(part, str))
    return name in {key.upper() for key in os.environ}


def _nearest(loc: tuple[int | str, ...]) -> str:
    model: type[BaseModel] = Config
    for part in loc[:-1]:
        field = model.model_fields.get(str(part))
        annotation = field.annotation if field is not None else None
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    near = difflib.get_close_matches(str(loc[-1]), list(model.model_fields), 1, 0.4)
    prefix = "".join(f"{part}." for part in loc[:-1])
    if near:
        return f"是不是 {prefix}{near[0]}？"
    return "可用的有：" + "、".join(prefix + name for name in model.model_fields)


_BOUNDS = {
    "gt": "大于", "ge": "不小于", "lt": "小于", "le": "不大于", "max_length": "最长", "min_length": "至少",
}  # fmt: skip
_TYPES = {
    "int": "要写整数", "float": "要写数字", "bool": "要写 true 或 false", "string": "要写文字（加引号）",
    "date": "要写日期，如 2027-01-01", "tuple": '要写列表，如 ["甲", "乙"]', "path": "要写路径（加引号）",
    "model": "要写成一节 [名称]",
}  # fmt: skip


def _words(details: ErrorDetails) -> str:
    context: dict[str, Any] = details.get("ctx") or {}
    kind = details["type"]
    if kind == "value_error":
        return str(context.get("error", details["msg"]))
    if kind == "literal_error":
        return f"只能是 {context['expected']}".replace(" or ", " 或 ")
    bounds = [f"{word} {context[name]}" for name, word in _BOUNDS.items() if name in context]
    if bounds:
        return "要" + "，".join(bounds)
    return next((text for word, text in _TYPES.items() if kind.startswith(word)), details["msg"])
