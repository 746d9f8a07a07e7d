-- name: record
-- The id comes from here: an actor may insert the raster of his run before he may read it.
INSERT INTO run.artifact (id, layer, run, valid_from, valid_to, name, sha256, media_type, size, srid, bounds, width, height,
                          dtype, unit, nodata, minimum, maximum)
VALUES (%(id)s, %(layer)s, %(run)s, %(valid_from)s, %(valid_to)s, %(name)s, %(sha256)s, %(media_type)s, %(size)s, %(srid)s,
        %(bounds)s, %(width)s, %(height)s, %(dtype)s, %(unit)s, %(nodata)s, %(minimum)s, %(maximum)s)

-- name: of_city
-- The raster of a layer that answers now, or at a moment of valid time; the one recorded last wins.
SELECT id, layer, run, valid_from, valid_to, name, sha256, media_type, size, srid, bounds, width, height, dtype, unit, nodata,
       minimum, maximum, created
FROM run.artifact
WHERE layer = %(layer)s AND run IS NULL
  AND (%(at)s::timestamptz IS NULL
       OR (valid_from IS NULL OR valid_from <= %(at)s) AND (valid_to IS NULL OR valid_to > %(at)s))
ORDER BY valid_from DESC NULLS LAST, created DESC, id DESC LIMIT 1

-- name: of_run
-- The same of one run, by default the newest published one.
SELECT id, layer, run, valid_from, valid_to, name, sha256, media_type, size, srid, bounds, width, height, dtype, unit, nodata,
       minimum, maximum, created
FROM run.artifact
WHERE layer = %(layer)s AND run = coalesce(%(run)s::uuid, (SELECT run.newest(%(process)s)))
  AND (%(at)s::timestamptz IS NULL
       OR (valid_from IS NULL OR valid_from <= %(at)s) AND (valid_to IS NULL OR valid_to > %(at)s))
ORDER BY valid_from DESC NULLS LAST, created DESC, id DESC LIMIT 1

-- name: between
-- The rasters of a layer with time in a period, oldest first; of equal times the one recorded last.
SELECT DISTINCT ON (valid_from)
       id, layer, run, valid_from, valid_to, name, sha256, media_type, size, srid, bounds, width, height, dtype, unit, nodata,
       minimum, maximum, created
FROM run.artifact
WHERE layer = %(layer)s AND run IS NOT DISTINCT FROM coalesce(%(run)s::uuid, (SELECT run.newest(%(process)s)))
  AND valid_from IS NOT NULL
  AND (%(start)s::timestamptz IS NULL OR coalesce(valid_to, valid_from) >= %(start)s)
  AND (%(end)s::timestamptz IS NULL OR valid_from <= %(end)s)
ORDER BY valid_from, created DESC, id DESC

-- name: names_in_use
SELECT name FROM run.artifact UNION SELECT name FROM run.state
