"""How notices leave the office, from environment variables SOLIEU_* alone. `.env.example` explains each."""

from __future__ import annotations

from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DeliverySettings(BaseSettings):
    """The mail server to hand mails to, and the networks in which web hooks may be."""

    model_config = SettingsConfigDict(env_prefix="SOLIEU_", frozen=True)

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_from: str = ""
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    webhook_networks: str = ""
