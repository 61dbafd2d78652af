"""Settings that services share, from environment variables SOLIEU_* alone. `.env.example` explains each of them."""

from __future__ import annotations

from functools import cache

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kernel.cluster import Cluster, Mechanism, Protocol


class Settings(BaseSettings):
    """What differs between installations. A process needs only the ones that it uses."""

    model_config = SettingsConfigDict(env_prefix="SOLIEU_", frozen=True)

    kafka_bootstrap: str = "127.0.0.1:19092"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_security_protocol: Protocol = Protocol.SASL_PLAINTEXT
    kafka_sasl_mechanism: Mechanism = Mechanism.PLAIN
    kafka_ssl_cafile: str = ""
    database_url: str = ""
    database_disk: str = ""
    admin_database_url: str = ""
    database_passwords: dict[str, SecretStr] = Field(default_factory=dict)
    vault: str = ""
    master_key: SecretStr = SecretStr("")
    schema_registry_url: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    proxies: str = ""
    instance: str = "1"
    administrator_token: SecretStr = SecretStr("")
    administrator_token_sha256: str = ""
    compiler_token: SecretStr = SecretStr("")
    operator_token: SecretStr = SecretStr("")
    intake_url: str = "http://127.0.0.1:18001"
    catalogue_url: str = "http://127.0.0.1:18002"
    grdp_url: str = "http://127.0.0.1:18003"
    audit_url: str = "http://127.0.0.1:18004"
    policy_url: str = "http://127.0.0.1:18005"
    notification_url: str = "http://127.0.0.1:18006"
    console_url: str = "http://127.0.0.1:18007"
    validation_url: str = "http://127.0.0.1:18008"

    @property
    def kafka(self) -> Cluster:
        """The Kafka cluster, with this process's login."""
        return Cluster(
            servers=self.kafka_bootstrap,
            username=self.kafka_username,
            password=self.kafka_password.get_secret_value(),
            protocol=self.kafka_security_protocol,
            mechanism=self.kafka_sasl_mechanism,
            authorities=self.kafka_ssl_cafile,
        )


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings()
