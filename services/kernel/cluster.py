"""A Kafka cluster as a client reaches it: where, by which protocol, and as whom."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Protocol(StrEnum):
    """Kafka's `security.protocol`."""

    PLAINTEXT = "PLAINTEXT"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class Mechanism(StrEnum):
    """Kafka's `sasl.mechanism`. PLAIN shows the broker the password: on one machine, or within TLS, alone."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Cluster:
    """The addresses (host:port, separated by commas), and the login that its access control lists know."""

    servers: str
    username: str = ""
    password: str = field(default="", repr=False)
    protocol: Protocol = Protocol.SASL_PLAINTEXT
    mechanism: Mechanism = Mechanism.PLAIN
    authorities: str = ""
    """The file of the certificate authorities that sign the brokers' certificates; blank for the machine's own."""

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How the brokers' certificates are checked; None where there are none."""
        if self.protocol is not Protocol.SASL_SSL:
            return None
        return ssl.create_default_context(cafile=self.authorities or None)

    def options(self) -> dict[str, Any]:
        """The arguments that the clients of kafka-python and aiokafka share."""
        login = {
            "sasl_mechanism": self.mechanism.value,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }
        return {
            "bootstrap_servers": self.servers,
            "security_protocol": self.protocol.value,
            "ssl_context": self.tls,
            **({} if self.protocol is Protocol.PLAINTEXT else login),
        }
