"""What is wrong with a field of a request or of a file, in Vietnamese: pydantic says it in English alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "missing": "thiếu",
    "extra_forbidden": "không có trường này",
    "unexpected_keyword_argument": "không có trường này",
    "value_error": "không đúng",
    "none_required": "phải để trống",
    "string_type": "phải là chuỗi ký tự",
    "string_too_short": "phải có ít nhất {min_length} ký tự",
    "string_too_long": "chỉ được có nhiều nhất {max_length} ký tự",
    "string_pattern_mismatch": "không đúng dạng {pattern}",
    "int_type": "phải là số nguyên",
    "int_parsing": "phải là số nguyên",
    "int_from_float": "phải là số nguyên",
    "float_type": "phải là số",
    "float_parsing": "phải là số",
    "decimal_type": "phải là số",
    "decimal_parsing": "phải là số",
    "finite_number": "phải là số hữu hạn",
    "bool_type": "phải là true hoặc false",
    "bool_parsing": "phải là true hoặc false",
    "greater_than": "phải lớn hơn {gt}",
    "greater_than_equal": "phải từ {ge} trở lên",
    "less_than": "phải nhỏ hơn {lt}",
    "less_than_equal": "phải từ {le} trở xuống",
    "literal_error": "phải là một trong: {expected}",
    "enum": "phải là một trong: {expected}",
    "uuid_type": "phải là mã UUID",
    "uuid_parsing": "phải là mã UUID",
    "date_type": "phải là ngày, ghi như 2026-11-20",
    "date_parsing": "phải là ngày, ghi như 2026-11-20",
    "date_from_datetime_parsing": "phải là ngày, ghi như 2026-11-20",
    "date_from_datetime_inexact": "phải là ngày, ghi như 2026-11-20",
    "datetime_type": "phải là thời điểm, ghi như 2026-11-20T08:00:00Z",
    "datetime_parsing": "phải là thời điểm, ghi như 2026-11-20T08:00:00Z",
    "datetime_from_date_parsing": "phải là thời điểm, ghi như 2026-11-20T08:00:00Z",
    "timezone_aware": "phải ghi múi giờ",
    "list_type": "phải là danh sách",
    "tuple_type": "phải là danh sách",
    "set_type": "phải là danh sách",
    "frozen_set_type": "phải là danh sách",
    "too_short": "phải có ít nhất {min_length} mục",
    "too_long": "chỉ được có nhiều nhất {max_length} mục",
    "dict_type": "phải là đối tượng JSON",
    "model_type": "phải là đối tượng JSON",
    "model_attributes_type": "phải là đối tượng JSON",
    "mapping_type": "phải là đối tượng JSON",
    "dataclass_type": "phải gồm các khóa với giá trị của chúng",
    "json_invalid": "không phải JSON đúng cú pháp",
}
"""By the type of pydantic's error, filled from its context."""


def vietnamese(error: Mapping[str, Any]) -> str:
    """What is wrong, of one of pydantic's errors; its own words where there are no others."""
    said = getattr(error.get("ctx", {}).get("error"), "text", None)
    if said is not None:  # a validator of ours says it in both languages
        return str(said.vi)
    words = _WORDS.get(str(error["type"]))
    if words is None:
        return str(error["msg"])
    context = {**error.get("ctx", {})}
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace(" or ", " hoặc ")
    try:
        return words.format(**context)
    except KeyError:
        return str(error["msg"])
