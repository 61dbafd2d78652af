"""Ordinary tasks of a statistician for `solieu validate`, with verdicts worked out by hand; and how tables read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.model.text import ModelError
from services.validation.tables.result import Result, validate_table

GROUPS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "rules_tasks.yaml").read_text(encoding="utf-8")
)
AGES = {"id": "ages", "kind": "type", "columns": ["age"], "expression": "integer"}


def validated(
    folder: Path,
    tables: dict[str, bytes],
    rules: list[dict[str, Any]],
    columns: dict[str, str] | None = None,
) -> Result:
    """What `solieu validate` says of the table `data`, the others beside it."""
    paths = {name: folder / f"{name}.csv" for name in tables}
    for name, content in tables.items():
        paths[name].write_bytes(content)
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"columns": columns or {}, "rules": rules}), encoding="utf-8")
    return validate_table(paths.pop("data"), file, paths, ())


def verdict(result: Result) -> str:
    """The verdict of the first rule, as rules_tasks.yaml writes it."""
    assert result.outcomes[0].error is None
    first = result.to_dict()["rules"][0]
    rows = [one["row"] for one in first["failing"]]
    parts = [str(row) for row in rows if row is not None]
    parts += [f"lacks {rows.count(None)}"] if None in rows else []
    parts += [f"?{first['undecided']}"] if first["undecided"] else []
    return " ".join(parts)


@pytest.mark.parametrize(
    ("name", "task"), [(name, task) for name, group in GROUPS.items() for task in group["tasks"]]
)
def test_a_task_has_the_verdict_worked_out_by_hand(
    name: str, task: dict[str, Any], tmp_path: Path
) -> None:
    rule = {"id": "task"} | {key: value for key, value in task.items() if key != "verdict"}
    rules = [rule, AGES] if name == "persons" else [rule]
    tables = {table: text.encode() for table, text in GROUPS[name]["tables"].items()}
    found = validated(tmp_path, tables, rules, GROUPS[name].get("columns"))
    assert verdict(found) == task["verdict"]


@pytest.mark.parametrize(
    ("content", "expression", "expected"),
    [
        ("mã,x\n01,1\n1,2\n".encode("utf-8-sig"), "mã = '01' and x = 1", "2"),
        ("mã,x\n01,1\n1,2\n".encode("utf-16"), "mã = '01' and x = 1", "2"),
        (b"a;x\n01;1,5\n02;2\n03;\n", "x = 1.5", "2 ?1"),
        (b"a;x;t\n01;1,5;a,b\n02;2;c\n", "t = 'a,b'", "2"),
        (b"a,b\r1,3\r2,1", "b > 2", "2"),
        (b"a,b\n1,2\n\n3,4\n \n\n", "b > 2", "1"),
        (b'a,b\n"x\n\ny",2\n"z ""q""\n\n",4\n', "b > 2 and length(a) > 3", "1"),
        (b"a\n1\n\n3\n", "a > 1", "1 ?1"),
        (b"a,b,c,\n1,2,3,\n1,1,1,\n", "a + b = c", "2"),
        (b"a,b,c\n1,2,3\n4,5,\n", "a + b = c", "?1"),
        (b"sep=;\na;b;c\n1;2;3\n", "a + b = c", ""),
        ("Te\u0302n,x\nHoa\u0300,1\nHo\u00e0,2\n".encode(), "T\u00ean = 'Hoa\u0300'", ""),
        (b"a,b\n-0,0\n0.00,-0.0\n1.0,1\n", "a = b and a >= 0", ""),
        (b'"a""b",order\n1,2\n', '"a""b" = 1 and "order" = 2', ""),
    ],
)
def test_a_table_reads_as_it_is_written(
    content: bytes, expression: str, expected: str, tmp_path: Path
) -> None:
    rules = [{"id": "task", "expression": expression}]
    assert verdict(validated(tmp_path, {"data": content}, rules)) == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n3,4,5\n", "row 2 has 3 cells"),
        (b"a,b\n1,2\n3\n", "row 2 has 1 cell"),
        (b"a;b\n1;2,5\n3;1.234,56\n", "row 2 has '1.234,56'"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "a quote in row 2"),
        (b"a,b\n1,2\n3,NA\n", "row 2 has 'NA'"),
        (b"a,b,b\n1,2,3\n", "column b is there 2 times"),
        (b"a,,b\n1,2,3\n", "column 2 has no name"),
    ],
)
def test_a_table_that_misleads_says_where(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=words):
        validated(tmp_path, {"data": content}, [{"id": "task", "expression": "b > 1"}])


PROVINCES = [f"p{number}" for number in range(1, 64)]


@pytest.mark.parametrize(
    "rule",
    [
        {"expression": f"total = {' + '.join(PROVINCES)}"},
        {"expression": f"total - {' - '.join(PROVINCES)} = 0"},
        {"expression": f"not ({' and '.join(f'{one} > 0' for one in PROVINCES)}) or total = 63"},
        {"kind": "total", "expression": f"total = {' + '.join(PROVINCES)}"},
    ],
)
def test_a_rule_has_as_many_terms_as_there_are_provinces(
    rule: dict[str, Any], tmp_path: Path
) -> None:
    header = ",".join(["total", *PROVINCES])
    rows = [",".join([total, *["1"] * 63]) for total in ("63", "64")]
    data = "\n".join([header, *rows]).encode()
    assert verdict(validated(tmp_path, {"data": data}, [{"id": "task", **rule}])) == "2"


HOSTILE = {
    "deep": {"expression": "(" * 3000 + "x > 1" + ")" * 3000},
    "long": {"expression": "x" + " + x" * 20_000 + " > 1"},
    "series": {"kind": "sql", "expression": "select * from generate_series(1, 9999999999) as g(i)"},
    "range": {"kind": "complete", "expression": "x = 1..9999999999"},
    "pad": {"expression": "length(lpad(s, 2000000000, 'a')) > 1"},
    "file": {"kind": "sql", "expression": "select * from read_csv('/etc/passwd')"},
    "name": {"kind": "sql", "expression": 'select * from "/etc/passwd"'},
    "into": {"kind": "sql", "expression": "select * into t from data"},
    "copy": {"kind": "sql", "expression": "copy data to 'out.csv'"},
    "within": {"expression": "x in (select a from scan_csv('/etc/passwd'))"},
    "size": {"expression": "s ~ '(a{1,1000}){1,1000}'"},
}


@pytest.mark.parametrize("rule", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_rule_is_refused(rule: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="rule task"):
        validated(tmp_path, {"data": b"x,s\n1,a\n"}, [{"id": "task", **rule}])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested"),
        (
            "rules:\n  - {id: a, expression: x > 1, expression: x > 5}\n",
            "the key expression is there twice",
        ),
        ("rules: &a [*a]\n", "no id"),
        ('rules: !!python/object/apply:os.system ["true"]\n', "tag"),
    ],
)
def test_a_hostile_file_of_rules_is_refused(text: str, words: str, tmp_path: Path) -> None:
    data, rules = tmp_path / "data.csv", tmp_path / "rules.yaml"
    data.write_text("x\n1\n", encoding="utf-8")
    rules.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=words):
        validate_table(data, rules, {}, ())


def test_a_table_is_not_read_from_what_is_no_file_of_tables(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: []\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"use \.csv"):
        validate_table(Path("/dev/zero"), rules, {}, ())
