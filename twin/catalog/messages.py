"""What the catalogue has to say, by code: TWIN-10n to 12n about its files, TWIN-20n to 21n about records.

One place for the words, so that the reference documentation lists exactly what the program can say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.errors import Problem, did_you_mean
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

FILES: dict[str, Text] = {
    "TWIN-101": Text(
        "目录有 {count} 处错误，未载入。", "The catalogue has {count} faults and was not loaded."
    ),
    "TWIN-102": Text("无法读取：{reason_zh}。", "Cannot be read: {reason_en}."),
    "TWIN-103": Text(
        "TOML 语法错误（第 {line} 行第 {column} 列）：{detail}。",
        "TOML syntax error (line {line}, column {column}): {detail}.",
    ),
    "TWIN-104": Text("未知的键“{name}”。", 'Unknown key "{name}".'),
    "TWIN-105": Text("缺少“{name}”，请补上。", 'Missing "{name}": please add it.'),
    "TWIN-106": Text("值 {value} 不合要求：{reason_zh}。", "The value {value} will not do: {reason_en}."),
    "TWIN-107": Text(
        "标题和说明须同时有中文和英文：{detail}。",
        "Titles and descriptions need Chinese and English: {detail}.",
    ),
    "TWIN-108": Text("名称“{name}”不可用：{reason_zh}。", 'The name "{name}" cannot be used: {reason_en}.'),
    "TWIN-109": Text("词表“{name}”不存在。", 'There is no vocabulary "{name}".'),
    "TWIN-110": Text("本图层没有列“{name}”。", 'This layer has no column "{name}".'),
    "TWIN-111": Text("引用的“{name}”不存在。", 'The reference "{name}" does not exist.'),
    "TWIN-112": Text("不能引用“{name}”：{reason_zh}。", 'Cannot refer to "{name}": {reason_en}.'),
    "TWIN-113": Text(
        "引用成环：{names}，无法确定建表次序。",
        "The references run in a circle: {names}; no order of creation exists.",
    ),
    "TWIN-114": Text("类型为“{kind}”的图层{reason_zh}。", 'A layer of kind "{kind}" {reason_en}.'),
    "TWIN-115": Text("顺序颠倒：{reason_zh}。", "The wrong way round: {reason_en}."),
    "TWIN-116": Text(
        "正则式 {pattern} 不可移植：{reason_zh}。", "The pattern {pattern} is not portable: {reason_en}."
    ),
    "TWIN-117": Text(
        "“{name}”不适用于此列：{reason_zh}。", '"{name}" does not fit this column: {reason_en}.'
    ),
    "TWIN-118": Text("无法按此绘制：{reason_zh}。", "Cannot be drawn this way: {reason_en}."),
    "TWIN-119": Text("访问规则有误：{reason_zh}。", "The access rules are wrong: {reason_en}."),
    "TWIN-120": Text("词条“{name}”有误：{reason_zh}。", 'The term "{name}" is wrong: {reason_en}.'),
    "TWIN-121": Text(
        "结果图层的访问级别“{have}”低于其来源“{source}”的“{need}”（就高从严），请改为“{need}”或更严。",
        'This result is of access class "{have}", but the process reads "{source}", which is "{need}": '
        'a result is at least as closed as its closest source; write "{need}" or closer.',
    ),
    "TWIN-122": Text("过程“{name}”{reason_zh}。", 'The process "{name}" {reason_en}.'),
    "TWIN-123": Text("已用此文件替换随附的“{name}”。", 'This file replaces the shipped "{name}".'),
    "TWIN-124": Text(
        "文件放错了位置：{reason_zh}。",
        "The file is in the wrong place: {reason_en}.",
    ),
}

RECORDS: dict[str, Text] = {
    "TWIN-201": Text("{count} 条记录有误。", "{count} records are faulty."),
    "TWIN-202": Text("{title_zh}必填。", "{title_en} is required."),
    "TWIN-203": Text("{title_zh}“{value}”不是{type_zh}。", '{title_en} "{value}" is not {type_en}.'),
    "TWIN-204": Text(
        "{title_zh}“{value}”不在词表“{vocabulary_zh}”中。",
        '{title_en}: "{value}" is not in the list "{vocabulary_en}".',
    ),
    "TWIN-205": Text(
        "{title_zh} {value} 超出范围 {range_zh}。", "{title_en} {value} is out of range: {range_en}."
    ),
    "TWIN-206": Text(
        "{title_zh}“{value}”不符合格式 {pattern}。", '{title_en} "{value}" does not match the form {pattern}.'
    ),
    "TWIN-207": Text(
        "{title_zh}有 {length} 个字符，最多 {limit} 个。",
        "{title_en} has {length} characters, at most {limit}.",
    ),
    "TWIN-208": Text(
        "{title_zh}“{value}”与第 {first} 条重复，须唯一。",
        '{title_en} "{value}" repeats record {first}; it must be unique.',
    ),
    "TWIN-209": Text("{title_zh}含有{what_zh}。", "{title_en} contains {what_en}."),
    "TWIN-210": Text("{title_zh}须为有限数值。", "{title_en} must be a finite number."),
    "TWIN-211": Text(
        "{title_zh}是代码却以数值 {value} 给出，前导零可能已丢失；请在来源中把该列存为文本。",
        "{title_en} is a code but was given as the number {value}, so leading zeros may be lost; "
        "store the column as text in the source.",
    ),
    "TWIN-212": Text("图层没有列“{name}”。", 'The layer has no column "{name}".'),
    "TWIN-213": Text(
        "几何类型为 {have}，图层要求 {need}。", "The geometry is a {have}; the layer asks for {need}."
    ),
    "TWIN-214": Text("缺少几何或几何为空。", "The geometry is missing or empty."),
    "TWIN-215": Text("几何含有非有限坐标。", "The geometry has coordinates that are not finite numbers."),
    "TWIN-216": Text("几何无效：{detail}。", "The geometry is invalid: {detail}."),
    "TWIN-217": Text(
        "几何有 {have} 个顶点，最多 {limit} 个。", "The geometry has {have} vertices, at most {limit}."
    ),
    "TWIN-218": Text(
        "几何落在坐标系适用范围之外（{x}, {y}），请核对坐标系与轴序。",
        "The geometry lies outside the area of the coordinate system ({x}, {y}): check the CRS and the axis order.",
    ),
    "TWIN-219": Text("各列长度不一：{name}。", "The columns differ in length: {name}."),
    "TWIN-220": Text("无法解析为几何：{detail}。", "Cannot be read as a geometry: {detail}."),
    "TWIN-221": Text("valid_to 早于 valid_from。", "valid_to is before valid_from."),
}

MESSAGES: dict[str, Text] = FILES | RECORDS


def message(code: str, reason: Text | None = None, near: Text | None = None, /, **values: object) -> Text:
    """The text of ``code`` with its ``{placeholders}`` and ``reason`` filled in, and a did-you-mean behind it."""
    reasons = {} if reason is None else {"reason_zh": reason.zh, "reason_en": reason.en}
    text = MESSAGES[code].format(**values, **reasons)
    return text if near is None else Text(zh=text.zh + near.zh, en=text.en + near.en)


def fault(
    file: str,
    key: str | None,
    code: str,
    reason: Text | None = None,
    near: Text | None = None,
    *,
    fatal: bool = True,
    **values: object,
) -> Problem:
    """A finding in a catalogue file, at the dotted ``key``."""
    return Problem(code=code, text=message(code, reason, near, **values), file=file, key=key, fatal=fatal)


def unknown(file: str, key: str | None, code: str, name: str, known: Iterable[str]) -> Problem:
    """A finding about a name that is not among the ``known`` ones, with the nearest of them."""
    return fault(file, key, code, None, did_you_mean(name, known), name=name)
