"""City information model and digital-twin service on PostGIS and the OGC APIs."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("city-twin")
except PackageNotFoundError:  # a checkout that nobody installed
    __version__ = "0+checkout"
