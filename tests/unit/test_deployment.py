"""The containers, alert rules and dashboard say what the code says: programs, settings, metrics and their labels."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from deploy import broker, database, environment, state
from deploy.programs import DEFAULT_PORTS, KAFKA_LOGINS, PROGRAMS, SERVICES, TOKENS, Program, Role
from services.kernel import metrics, migration
from services.kernel.auth import hash_of, principal_of
from services.kernel.clock import utc_now
from services.kernel.measured import STATUSES
from services.kernel.settings import Settings
from services.kernel.topics import OPERATOR
from services.kernel.topics import load as topics
from services.notification.settings import DeliverySettings
from tests import people
from tests.promql import (
    PROMETHEUS,
    ROOT,
    TARGET,
    groupings,
    panels,
    promtool,
    queries,
    rules,
    selectors,
)
from tests.unit.test_rights import ROUTES

GRAFANA = ROOT / "deploy" / "grafana"
VARIABLE = re.compile(r"\$\{(\w+)(?::\?[^}]*)?\}")
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
STATE = state.create(DEFAULT_PORTS)
KAFKA = ("SOLIEU_KAFKA_BOOTSTRAP", "SOLIEU_KAFKA_USERNAME", "SOLIEU_KAFKA_PASSWORD")
COMMANDS = {"prepare", "solieu"}
"""The containers that end."""


def read(path: Path) -> Any:
    """A YAML or JSON file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What the command at the head of docker-compose.yml writes to .env."""
    folder = tmp_path_factory.mktemp("compose")
    (command,) = re.findall(r"(\(umask.*?>> \.env\))\n", COMPOSE_TEXT, re.DOTALL)
    script = re.sub(r"\n#", "\n", command)
    subprocess.run(["bash", "-euc", script], cwd=folder, check=True, capture_output=True)
    file = folder / ".env"
    assert file.stat().st_mode & 0o077 == 0
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def variables(container: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """The environment of a container, with the secrets filled in."""
    found = container.get("environment", {})
    return {k: VARIABLE.sub(lambda m: secrets[m[1]], str(v)) for k, v in found.items()}


# -- docker-compose.yml


def test_every_secret_is_made_by_the_command_at_the_head(secrets: Mapping[str, str]) -> None:
    body = COMPOSE_TEXT.partition("\nname:")[2]
    assert set(VARIABLE.findall(body)) == set(secrets)
    assert all(len(value) >= 32 for value in secrets.values())
    assert len(set(secrets.values())) == len(secrets)
    assert "/.env" in (ROOT / ".gitignore").read_text().split()


def test_there_is_a_container_for_each_program_and_no_other() -> None:
    others = {"kafka", "postgres", "prometheus", "grafana"} | COMMANDS
    assert set(CONTAINERS) == set(PROGRAMS) | others


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
def test_a_container_runs_its_program(
    program: Program, secrets: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    container = CONTAINERS[program.name]
    assert container["command"] == ["python", *program.command[1:]]
    found = variables(container, secrets)
    local = environment.program(STATE, ROOT, program)
    assert set(found) == set(local) | {"SOLIEU_HOST"}
    # The console alone is believed where somebody comes from, by the one that counts failed logins.
    assert bool(settings_of(local).proxies) is (program.name == "catalogue-api")
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert {name.removeprefix("SOLIEU_").lower() for name in found} <= {
        *Settings.model_fields,
        *DeliverySettings.model_fields,
    }
    assert (settings.host, settings.port) == ("0.0.0.0", program.port)
    password = secrets.get(f"{program.service.upper()}_PASSWORD")
    database_url = f"postgresql://{program.service}:{password}@postgres:5432/{database.DATABASE}"
    assert settings.database_url == (database_url if program.database else "")
    kafka_password = secrets.get(f"KAFKA_{program.service.upper()}_PASSWORD", "")
    assert settings.kafka.password == (kafka_password if program.database else "")
    assert settings.kafka.username == (program.service if program.database else "")
    for service in program.calls:
        api = PROGRAMS[f"{service}-api"]
        assert found[f"SOLIEU_{service.upper()}_URL"] == f"http://{api.name}:{api.port}"
    address = f"127.0.0.1:{program.port}:{program.port}"
    assert container.get("ports", []) == ([address] if program.role is Role.API else [])
    seen = ["vault:/vault"] * program.vault + ["postgres:/database:ro"] * program.database_disk
    assert container.get("volumes", []) == seen
    assert settings.database_disk == ("/database" if program.database_disk else "")
    assert settings.vault == ("/vault" if program.vault else "")


def settings_of(environment: Mapping[str, str]) -> Settings:
    """What a process with this environment reads of what all services share."""
    named = {name.removeprefix("SOLIEU_").lower(): value for name, value in environment.items()}
    return Settings.model_validate(
        {name: value for name, value in named.items() if name in Settings.model_fields}
    )


def test_the_administrators_token_is_with_no_program(secrets: Mapping[str, str]) -> None:
    token = secrets["SOLIEU_ADMINISTRATOR_TOKEN"]
    assert secrets["SOLIEU_ADMINISTRATOR_TOKEN_SHA256"] == hash_of(token)
    for program in PROGRAMS.values():
        assert token not in str(variables(CONTAINERS[program.name], secrets))
        local = environment.program(STATE, ROOT, program)
        assert STATE.tokens["administrator"] not in str(local)
        if "administrator" in program.tokens:
            asking = f"Bearer {STATE.tokens['administrator']}"
            found = principal_of(asking, settings_of(local), people.keys, utc_now)
            assert found is not None and found.roles == {"administrator"}


def test_the_vaults_keys_are_open_to_those_who_open_objects() -> None:
    assert {one.service for one in PROGRAMS.values() if one.vault} == migration.OPENERS


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
def test_no_container_has_another_services_secrets(program: Program) -> None:
    asked = VARIABLE.findall(json.dumps(CONTAINERS[program.name]["environment"]))
    name = program.service.upper()
    own = {f"{name}_PASSWORD", f"KAFKA_{name}_PASSWORD"} if program.database else set()
    own |= {
        f"SOLIEU_{holder.upper()}_TOKEN" + ("_SHA256" if holder == "administrator" else "")
        for holder in program.tokens
    }
    own |= {"SOLIEU_MASTER_KEY"} if program.master_key else set()
    assert set(asked) == own


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
def test_the_master_key_is_with_those_whose_code_uses_it_alone(program: Program) -> None:
    folder = ROOT / "services" / program.service
    if program.role is Role.WORKER:
        code = (folder / "worker.py").read_text(encoding="utf-8")
        assert program.vault is ("ObjectStage(" in code)
        assert not program.keys
        return
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    assert program.vault is ("context.vault" in code)
    assert program.keys is ("context.master_key" in code)


def test_a_command_reaches_kafka_and_every_api_that_it_calls(secrets: Mapping[str, str]) -> None:
    found = variables(CONTAINERS["solieu"], secrets)
    tokens = {f"SOLIEU_{holder.upper()}_TOKEN" for holder in TOKENS}
    urls = {name for name in environment.operator(STATE) if name.endswith("_URL")}
    assert set(found) == {*KAFKA, *tokens, *urls}
    assert found["SOLIEU_KAFKA_USERNAME"] == OPERATOR
    assert found["SOLIEU_KAFKA_PASSWORD"] == secrets["KAFKA_OPERATOR_PASSWORD"]
    for name in urls:
        api = PROGRAMS[f"{name.removeprefix('SOLIEU_').removesuffix('_URL').lower()}-api"]
        assert found[name] == f"http://{api.name}:{api.port}"
    assert CONTAINERS["solieu"]["entrypoint"] == ["solieu"]
    asking = (variables(one, secrets) for one in CONTAINERS.values())
    assert {one.get("SOLIEU_KAFKA_BOOTSTRAP", "kafka:9092") for one in asking} == {"kafka:9092"}


def test_tables_and_topics_come_before_the_programs(secrets: Mapping[str, str]) -> None:
    prepare = CONTAINERS["prepare"]
    assert prepare["command"] == ["sh", "-c", "solieu migrate && solieu topics apply"]
    healthy = {"condition": "service_healthy"}
    assert prepare["depends_on"] == {"kafka": healthy, "postgres": healthy}
    done = {"prepare": {"condition": "service_completed_successfully"}}
    assert all(CONTAINERS[name]["depends_on"] == done for name in PROGRAMS)
    found = variables(prepare, secrets)
    passwords = {service: secrets[f"{service.upper()}_PASSWORD"] for service in SERVICES}
    assert json.loads(found["SOLIEU_DATABASE_PASSWORDS"]) == passwords
    administrator = f"postgresql://postgres:{secrets['POSTGRES_PASSWORD']}@postgres:5432/solieu"
    assert found["SOLIEU_ADMIN_DATABASE_URL"] == administrator
    assert found["SOLIEU_KAFKA_USERNAME"] == "administrator"
    assert found["SOLIEU_KAFKA_PASSWORD"] == secrets["KAFKA_ADMINISTRATOR_PASSWORD"]


def test_only_the_loopback_address_is_opened() -> None:
    ports = [port for one in CONTAINERS.values() for port in one.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)
    assert f"127.0.0.1:{DEFAULT_PORTS['kafka']}:{DEFAULT_PORTS['kafka']}" in ports
    assert not any("network_mode" in one or "privileged" in one for one in CONTAINERS.values())


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_started_again_and_asked_how_it_is(name: str) -> None:
    container = CONTAINERS[name]
    if name in COMMANDS:
        assert container.get("restart", "no") == "no"
    else:
        assert container["restart"] == "unless-stopped"
        assert container["healthcheck"]["test"][0] == "CMD"
    if "build" in container:
        assert container["image"] == COMPOSE["name"]
        assert container["read_only"]
        assert container["cap_drop"] == ["ALL"]
    else:
        assert re.fullmatch(r"([a-z]+/)?[a-z]+:v?[\d.]+", container["image"])


def test_every_volume_is_named_and_used() -> None:
    mounts = [mount for one in CONTAINERS.values() for mount in one.get("volumes", [])]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith("./")}
    assert named == set(COMPOSE["volumes"])
    folders = [mount.split(":") for mount in mounts if mount.startswith("./")]
    assert all((ROOT / source).is_dir() and mode == "ro" for source, _, mode in folders)


def test_kafka_is_the_one_of_the_local_stack() -> None:
    (version,) = re.findall(
        r"kafka_2\.13</artifactId><version>([\d.]+)", (broker.FOLDER / "pom.xml").read_text()
    )
    assert CONTAINERS["kafka"]["image"] == f"apache/kafka:{version}"
    lines = (broker.FOLDER / "server.properties").read_text(encoding="utf-8").splitlines()
    local = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    listening = ("listener", "log.dirs", "controller.quorum")
    found = {str(k): str(v) for k, v in CONTAINERS["kafka"]["environment"].items()}
    for name, value in local.items():
        if not any(part in name for part in listening):
            assert found[f"KAFKA_{name.replace('.', '_').upper()}"] == value
    assert "=PLAINTEXT" not in str(local) and ":PLAINTEXT" not in str(found)
    for listener in ("BROKER", "HOST"):
        jaas = found[f"KAFKA_LISTENER_NAME_{listener}_PLAIN_SASL_JAAS_CONFIG"]
        assert set(re.findall(r"user_(\w+)=", jaas)) == set(KAFKA_LOGINS)
    assert found["KAFKA_LOG_DIRS"] == CONTAINERS["kafka"]["volumes"][0].split(":")[1]
    assert f"HOST://127.0.0.1:{DEFAULT_PORTS['kafka']}" in found["KAFKA_ADVERTISED_LISTENERS"]


def test_postgres_is_the_one_of_the_local_stack() -> None:
    container = CONTAINERS["postgres"]
    major = database.TREE.removeprefix("pginstall")
    assert re.fullmatch(rf"postgres:{major}\.\d+", container["image"])
    places = ("listen_addresses", "unix_socket_directories")
    local = {f"-c{one}" for one in database.SETTINGS if not one.startswith(places)}
    assert set(container["command"][1:]) == local
    users = ("--username", "--auth")
    initial = [one for one in database.INITDB if not one.startswith(users)]
    assert container["environment"]["POSTGRES_INITDB_ARGS"].split() == initial
    assert container["environment"]["POSTGRES_DB"] == database.DATABASE


def test_the_image_has_what_it_copies_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if re.match(r"COPY (?!--from)", line)
              for word in line.split()[1:-1]]  # fmt: skip
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")
    }
    assert set(copied) == let_in
    assert all((ROOT / name).exists() for name in copied)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users[-1:] == ["solieu"]
    assert lines.index("USER solieu") > max(i for i, x in enumerate(lines) if x.startswith("RUN"))


def test_the_image_is_made_from_one_that_is_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    (base,) = set(bases)
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", base)


def test_kafkas_log4j_knows_no_log4shell() -> None:
    """CVE-2021-44228, -45046, -45105 and -44832 end with 2.17.1, CVE-2025-68161 with 2.25.3; log4j 1 has no end."""
    text = (broker.FOLDER / "pom.xml").read_text(encoding="utf-8")
    versions = re.findall(r"<artifactId>(log4j-[\w-]+)</artifactId><version>([\d.]+)<", text)
    assert {name for name, _ in versions} == {"log4j-core", "log4j-slf4j-impl"}
    assert all(_numbers(version) >= (2, 25, 3) for _, version in versions)


def test_what_maven_brought_is_that_log4j_and_no_other() -> None:
    found = [jar.name for jar in broker.LIBRARIES.glob("*log4j*.jar")]
    if not found:
        pytest.skip("no Kafka here")
    assert {re.sub(r"-[\d.]+\.jar$", "", name) for name in found} == {
        "log4j-api", "log4j-core", "log4j-slf4j-impl",
    }  # fmt: skip
    assert {
        _numbers(name.rpartition("-")[2].removesuffix(".jar")) >= (2, 25, 3) for name in found
    } == {True}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


# -- what Prometheus asks and Grafana shows


def scraped() -> dict[str, set[str]]:
    """Every sample that a process shows, with its labels: as /metrics prints them, one event after its start."""
    registry = CollectorRegistry()
    ours = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    for one in ours:
        registry.register(one)
        one.labels(*(["test"] * len(one._labelnames)))
    try:
        pages = [generate_latest(registry).decode(), generate_latest().decode()]
    finally:
        for one in ours:
            one.remove(*(["test"] * len(one._labelnames)))
    samples = [s for p in pages for f in text_string_to_metric_families(p) for s in f.samples]
    return {sample.name: set(sample.labels) for sample in samples}


SAMPLES = scraped() | {"up": set()}
VALUES = {"service": set(SERVICES), "topic": set(topics()), "result": {"handled", "duplicate", "dead"},
          "state": {"queued", "sent", "failed", "uncertain"}, "status": set(STATUSES),
          "route": {route.path for route in ROUTES}}  # fmt: skip


def flaws(expression: str) -> Iterator[str]:
    """All that a PromQL expression asks for and no process has."""
    found = selectors(expression)
    labels: set[str] = set()
    for name, matchers in found:
        if name not in SAMPLES:
            yield f"no metric {name}"
        own = SAMPLES.get(name, set()) | TARGET
        labels |= own
        for label, operator, value in matchers:
            if label not in own:
                yield f"{name} has no label {label}"
            known = VALUES.get(label, {value})
            same = value in known
            if operator in ("=~", "!~"):
                same = all(any(re.fullmatch(e, one) for one in known) for e in value.split("|"))
            if not same:
                yield f"{label} is never {value}"
    for group in groupings(expression):
        yield from (f"nothing has a label {one}" for one in group - labels)
    if not found:
        yield "no metric at all"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_is_there(rule: dict[str, Any]) -> None:
    assert list(flaws(rule["expr"])) == []
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert " · " in rule["annotations"]["summary"] and " · " in rule["annotations"]["runbook"]
    told = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    groups = groupings(rule["expr"])
    assert told <= (set.intersection(*groups) if groups else TARGET)


@pytest.mark.parametrize(("title", "query"), queries())
def test_a_panel_asks_for_what_is_there(title: str, query: str) -> None:
    assert list(flaws(query)) == []
    assert " · " in title


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("solieu_nothing_total > 0", "no metric solieu_nothing_total"),
        ("sum by (topic) (solieu_retries_total)", "nothing has a label topic"),
        ('rate(solieu_retries_total{topic="x"}[5m])', "solieu_retries_total has no label topic"),
        ('solieu_events_total{result="lost"}', "result is never lost"),
        ('solieu_requests_total{route!~"/healthz|/cafe"}', "route is never /healthz|/cafe"),
        ('solieu_events_total{topic=~"nowhere.*"}', "topic is never nowhere.*"),
        ("solieu_stage_seconds > 1", "no metric solieu_stage_seconds"),
        ("vector(0)", "no metric at all"),
    ],
)
def test_what_is_not_there_is_found(expression: str, says: str) -> None:
    assert says in list(flaws(expression))


def test_every_metric_is_shown_and_every_trouble_alerts() -> None:
    shown = {name for _, query in queries() for name, _ in selectors(query)}
    own = {one for one in SAMPLES if one.startswith("solieu_") and not one.endswith("_created")}
    timed = {"solieu_stage_seconds", "solieu_request_seconds"}
    assert own - shown == {f"{one}_{part}" for one in timed for part in ("count", "sum")}
    alerting = {name for rule in rules() for name, _ in selectors(rule["expr"])}
    assert own & shown - alerting == set()


def test_prometheus_asks_every_program() -> None:
    configuration = read(PROMETHEUS / "prometheus.yml")
    (job,) = configuration["scrape_configs"]
    (targets,) = job["static_configs"]
    assert targets["targets"] == [f"{one.name}:{one.port}" for one in PROGRAMS.values()]
    assert job["job_name"] == "solieu"
    (relabel,) = job["relabel_configs"]
    assert relabel["target_label"] == "program"
    matched = re.fullmatch(relabel["regex"], "intake-api:18001")
    assert matched is not None
    assert matched[1] == "intake-api"
    assert all((PROMETHEUS / name).is_file() for name in configuration["rule_files"])


def test_grafana_finds_prometheus_and_the_dashboard() -> None:
    (source,) = read(GRAFANA / "provisioning" / "datasources" / "prometheus.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090"
    used = {json.dumps(part["datasource"]) for one in panels() for part in (one, *one["targets"])}
    assert used == {json.dumps({"type": source["type"], "uid": source["uid"]})}
    (provider,) = read(GRAFANA / "provisioning" / "dashboards" / "solieu.yml")["providers"]
    mounted = f"./deploy/grafana/dashboards:{provider['options']['path']}:ro"
    assert mounted in CONTAINERS["grafana"]["volumes"]
    assert len({one["id"] for one in panels()}) == len(panels())


# -- their own checkers, where this machine has them


def compose() -> list[str] | None:
    """The command of Docker Compose, if there is one."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    docker = shutil.which("docker")
    if (
        docker
        and not subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    ):
        return [docker, "compose"]
    return None


def test_docker_compose_takes_it(secrets: Mapping[str, str], tmp_path: Path) -> None:
    command = compose()
    if command is None:
        pytest.skip("no docker compose here")
    file = tmp_path / "secrets"
    file.write_text("".join(f"{name}={value}\n" for name, value in secrets.items()))
    options = ["--env-file", str(file), "--profile", "*", "config", "--format", "json"]
    finished = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    resolved = json.loads(finished.stdout)["services"]
    for name, container in CONTAINERS.items():
        assert (resolved[name].get("environment") or {}) == variables(container, secrets)
        for port in resolved[name].get("ports", []):
            assert port["host_ip"] == "127.0.0.1"


def test_promtool_takes_it() -> None:
    program = promtool()
    if program is None:
        pytest.skip("no promtool here")
    file = str(PROMETHEUS / "prometheus.yml")
    finished = subprocess.run([program, "check", "config", file], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
