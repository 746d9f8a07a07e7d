"""What this service says of a file or a record that it does not take: one table of codes and texts."""

from __future__ import annotations

from twin.errors import Problem, TwinError
from twin.text import Text

TEXTS: dict[str, Text] = {
    # the file as a whole
    "TWIN-230": Text(
        zh="无法识别“{name}”的格式。可用格式：{formats}（可放在 zip 中）",
        en="the format of {name} is not recognised. Formats taken: {formats} (zipped or not)",
    ),
    "TWIN-231": Text(zh="压缩包被拒绝：{reason_zh}", en="the archive is refused: {reason_en}"),
    "TWIN-232": Text(
        zh="文件损坏或不完整，无法按 {format} 读取：{reason}。请重新导出该文件后再试",
        en="the file is damaged or incomplete and does not read as {format}: {reason}. Export it again and retry",
    ),
    "TWIN-233": Text(
        zh="第 {row} 行“{column}”的文字不能按 {encoding} 解码。若文件为国标编码，请加 --encoding gbk",
        en="the text in row {row}, {column}, is not valid {encoding}. "
        "If the file is in a Chinese national encoding, add --encoding gbk",
    ),
    "TWIN-234": Text(
        zh="文件没有坐标参考系。请用 --crs 声明，例如 --crs EPSG:4547",
        en="the file does not say its coordinate reference system. Declare it with --crs, e.g. --crs EPSG:4547",
    ),
    "TWIN-235": Text(
        zh="坐标参考系“{crs}”不可用：{reason_zh}",
        en="the coordinate reference system {crs} cannot be used: {reason_en}",
    ),
    "TWIN-236": Text(
        zh="文件超过上限：{what_zh}为 {size}，上限 {limit}。请裁切或分幅后导入",
        en="the file is over a limit: {what_en} is {size}, at most {limit} are taken. Cut it into parts",
    ),
    "TWIN-237": Text(
        zh="读取文件的进程已停止（{reason_zh}），未保存任何数据。请检查文件，或分幅后导入",
        en="the process that reads the file stopped ({reason_en}); nothing was stored. "
        "Check the file, or import it in parts",
    ),
    "TWIN-238": Text(
        zh="文件含多个图层：{names}。请在路径后加 |layername=名称 选择其一",
        en="the file holds several layers: {names}. Choose one by appending |layername=NAME to the path",
    ),
    "TWIN-239": Text(
        zh="CSV 中找不到坐标列。可用列名：x/y、lon/lat、经度/纬度、easting/northing 或 wkt；现有列：{columns}",
        en="no coordinate columns in the CSV. Name them x/y, lon/lat, 经度/纬度, easting/northing or wkt; "
        "columns found: {columns}",
    ),
    "TWIN-240": Text(
        zh="“{layer}”是{kind_zh}图层，不能导入{file_zh}文件",
        en="layer {layer} holds {kind_en}; a file of {file_en} cannot be imported into it",
    ),
    "TWIN-241": Text(
        zh="映射 --map {column}={field} 有误：{reason_zh}", en="--map {column}={field}: {reason_en}"
    ),
    "TWIN-242": Text(
        zh="文件的字段与图层“{layer}”的列没有一个对应。字段：{fields}；列：{columns}。请核对图层，或用 --map 列=字段",
        en="no field of the file matches a column of layer {layer}. Fields: {fields}; columns: {columns}. "
        "Check the layer, or say --map column=field",
    ),
    "TWIN-277": Text(
        zh="文件没有几何，而图层“{layer}”需要几何。字段：{fields}",
        en="the file has no geometry and layer {layer} needs one. Fields: {fields}",
    ),
    "TWIN-243": Text(zh="找不到文件“{name}”", en="there is no file {name}"),
    "TWIN-244": Text(
        zh="编码“{encoding}”未知。可用：utf-8、gbk、gb18030、big5",
        en="encoding {encoding} is not known. Use utf-8, gbk, gb18030 or big5",
    ),
    "TWIN-245": Text(
        zh="共 {refused} 条记录被拒绝，未保存任何数据。详见报告 {report}；要跳过这些记录请加 --skip-invalid",
        en="{refused} records were refused and nothing was stored. The report is {report}; "
        "to leave them out add --skip-invalid",
    ),
    "TWIN-246": Text(
        zh="不能写入“{name}”：格式由扩展名决定，{kind_zh}图层可用：{formats}",
        en="{name} cannot be written: the suffix decides the format; for {kind_en} use {formats}",
    ),
    "TWIN-247": Text(zh="您的角色不能写入图层“{layer}”", en="your role may not write to layer {layer}"),
    "TWIN-248": Text(zh="没有名为“{layer}”的图层。{hint_zh}", en="there is no layer {layer}.{hint_en}"),
    "TWIN-249": Text(
        zh="图层“{layer}”还没有栅格，请先导入或运行相应过程",
        en="layer {layer} has no raster yet; import one or run its process",
    ),
    # a TNTP network
    "TWIN-692": Text(
        zh="TNTP 路网文件没有坐标。请用 --nodes 给出节点文件（每行：节点号 X Y，如 SiouxFalls_node.tntp），并用 --crs 声明其坐标系",
        en="a TNTP network file has no coordinates. Give a node file with --nodes (a line each: node X Y, such as "
        "SiouxFalls_node.tntp), and declare its CRS with --crs",
    ),
    "TWIN-693": Text(
        zh="TNTP 文件不注明单位（只写在其 README 中）。请用 --time-unit（s、min、h）和 --length-unit（m、km、ft、mile）声明",
        en="a TNTP file does not say its units (its readme does). Declare them with --time-unit (s, min or h) and "
        "--length-unit (m, km, ft or mile)",
    ),
    "TWIN-694": Text(
        zh="节点文件缺 {count} 个节点的坐标：{nodes}。请补齐后再导入",
        en="the node file lacks the coordinates of {count} nodes: {nodes}. Complete it and import again",
    ),
    "TWIN-695": Text(
        zh="{count} 条路段的两端坐标相同，画不成线：{links}。请在节点文件中把它们分开",
        en="{count} links have both ends at one place and cannot be drawn: {links}. Set their nodes apart in the node file",
    ),
    "TWIN-696": Text(
        zh="“{name}”不是 TNTP 路网；--nodes、--trips、--time-unit、--length-unit 只用于 TNTP",
        en="{name} is no TNTP network; --nodes, --trips, --time-unit and --length-unit are for TNTP alone",
    ),
    # one record
    "TWIN-255": Text(
        zh="图层需要三维坐标，而几何没有高程",
        en="the layer is three-dimensional and the geometry has no heights",
    ),
    "TWIN-257": Text(zh="记录格式错误：{reason}", en="the record is malformed: {reason}"),
    "TWIN-261": Text(
        zh="“{value}”必须唯一，但来源 {origin} 的记录已使用",
        en="{value} must be unique, and the record {origin} has it already",
    ),
    "TWIN-262": Text(zh="“{value}”在 {target} 中不存在", en="{value} does not exist in {target}"),
    "TWIN-259": Text(
        zh="“{layer}”是过程的结果图层，不能导入",
        en="layer {layer} holds results of a process and takes no import",
    ),
    # rasters
    "TWIN-270": Text(
        zh="栅格必须是二维非空数组，实际形状为 {shape}",
        en="a raster is a two-dimensional array that is not empty; got {shape}",
    ),
    "TWIN-271": Text(
        zh="栅格文件缺失或已损坏，请重新导入或重新计算",
        en="the raster file is missing or damaged; import it or run its process again",
    ),
    "TWIN-272": Text(
        zh="栅格有 {count} 个波段，覆盖图层只接受一个。请先提取波段",
        en="the raster has {count} bands and a coverage takes one. Extract the band first",
    ),
    "TWIN-273": Text(
        zh="栅格没有有效像元（全部为 nodata）", en="the raster has no valid cell: all are nodata"
    ),
    "TWIN-274": Text(
        zh="像元类型 {dtype} 不能用于图层（需要 {wanted}）",
        en="cells of type {dtype} do not fit the layer ({wanted})",
    ),
    "TWIN-276": Text(
        zh="栅格（{box}）落在存储坐标系的范围之外，请核对坐标系和带号",
        en="the raster ({box}) lies outside the storage CRS; check its CRS and zone",
    ),
    "TWIN-275": Text(
        zh="栅格没有地理配准（缺少仿射变换）", en="the raster is not georeferenced: it has no geotransform"
    ),
}


def refusal(code: str, *, where: str | None = None, status: int = 400, **values: object) -> TwinError:
    """The error of this code, its texts filled in."""
    text = TEXTS[code].format(**values)
    return TwinError(code, text.zh, text.en, status=status, where=where)


def problem(
    code: str, row: int, *, column: str | None = None, value: object = None, **values: object
) -> Problem:
    """A finding about one record; ``row`` counts the file's records from 1."""
    shown = None if value is None else str(value)[:200]
    return Problem(
        code=code, text=TEXTS[code].format(value=shown, **values), row=row, column=column, value=shown
    )
