"""Settings, from environment variables SOLIEU_* alone. `.env.example` explains each for an operator."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs between installations. A process needs only the ones that it uses."""

    model_config = SettingsConfigDict(env_prefix="SOLIEU_", frozen=True)

    kafka_bootstrap: str = "127.0.0.1:19092"
    database_url: str = ""
    admin_database_url: str = ""
    database_passwords: dict[str, SecretStr] = Field(default_factory=dict)
    vault: str = ""
    master_key: SecretStr = SecretStr("")
    schema_registry_url: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    proxies: str = "127.0.0.1"
    instance: str = "1"
    administrator_token: SecretStr = SecretStr("")
    compiler_token: SecretStr = SecretStr("")
    operator_token: SecretStr = SecretStr("")
    intake_url: str = "http://127.0.0.1:18001"
    catalogue_url: str = "http://127.0.0.1:18002"
    audit_url: str = "http://127.0.0.1:18004"
    policy_url: str = "http://127.0.0.1:18005"
    console_url: str = "http://127.0.0.1:18007"
    validation_url: str = "http://127.0.0.1:18008"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_from: str = ""
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    webhook_networks: str = ""


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings()
