"""A headless QGIS as a client of the door: run by the system's own Python, results as JSON on standard output.

``/usr/bin/python3 tests/conformance/qgis_client.py BASE_URL COLLECTION WEST,SOUTH,EAST,NORTH``. Only the standard
library and ``qgis`` may be imported: QGIS brings its own interpreter.
"""

import json
import sys
import time

from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

app = QgsApplication([], False)
QgsApplication.setPrefixPath("/usr", True)
app.initQgis()
warnings = []
QgsApplication.messageLog().messageReceived.connect(
    lambda text, tag, level: warnings.append((tag, str(text)[:200]))
)
base, name = sys.argv[1:3]
window = QgsRectangle(*(float(number) for number in sys.argv[3].split(",")))
start = time.monotonic()
source = f"pagingEnabled='true' restrictToRequestBBOX='1' url='{base}' typename='{name}'"
layer = QgsVectorLayer(source, name, "OAPIF")
found = {
    "valid": layer.isValid(),
    "connect_s": time.monotonic() - start,
    "count": layer.featureCount(),
    "crs": layer.crs().authid(),
    "fields": [(field.name(), field.typeName()) for field in layer.fields()],
}
start = time.monotonic()
found["window"] = sum(1 for _ in layer.getFeatures(QgsFeatureRequest(window)))
found["window_s"] = time.monotonic() - start
found["names"] = sorted({str(one["name"]) for one in layer.getFeatures(QgsFeatureRequest(window))})
found["ids"] = len({one["code"] for one in layer.getFeatures()})
layer.setSubsetString('"height" > 90')
found["filtered"] = sum(1 for _ in layer.getFeatures(QgsFeatureRequest(window)))
found["warnings"] = warnings
print(json.dumps(found, ensure_ascii=False))
