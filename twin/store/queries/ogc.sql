-- name: state
-- What a count or a page hangs on: the version of a layer's data, and how many rows it has in all. Row security lets
-- an actor see this of the layers he may read.
SELECT version, rows FROM run.layer_version WHERE layer = {layer}

-- name: places
-- Where the rows of layers lie, in degrees, and how many there are. Edges get more vertices first: a straight edge of
-- a projected box is a curve in degrees, and its corners alone would make the box too small.
SELECT layer, rows, ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (SELECT layer, rows, ST_Transform(ST_Segmentize(bounds, greatest(ST_XMax(bounds) - ST_XMin(bounds),
                                                                      ST_YMax(bounds) - ST_YMin(bounds), 1) / 32),
                                       4326) AS box
      FROM run.layer_version WHERE layer = ANY (%(layers)s)) AS placed

-- name: rasters
-- The same for the newest raster of each coverage that the actor may read.
SELECT layer, ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (SELECT DISTINCT ON (layer) layer,
             ST_Transform(ST_Segmentize(ST_MakeEnvelope(bounds[1], bounds[2], bounds[3], bounds[4], srid),
                                        greatest(bounds[3] - bounds[1], bounds[4] - bounds[2], 1) / 32), 4326) AS box
      FROM run.artifact WHERE layer = ANY (%(layers)s) ORDER BY layer, created DESC, id DESC) AS placed
