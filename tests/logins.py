"""A broker's address and login in the forms that others than the product's own clients take."""

from __future__ import annotations

from typing import Any

from deploy import environment
from services.kernel.cluster import Cluster


def login(cluster: Cluster) -> dict[str, Any]:
    """As arguments of Settings."""
    found = environment.of_cluster(cluster)
    return {name.removeprefix("SOLIEU_").lower(): value for name, value in found.items()}


def properties(cluster: Cluster) -> dict[str, Any]:
    """By librdkafka's names."""
    return {
        "bootstrap.servers": cluster.servers,
        "security.protocol": cluster.protocol.value,
        "sasl.mechanism": cluster.mechanism.value,
        "sasl.username": cluster.username,
        "sasl.password": cluster.password,
    }
