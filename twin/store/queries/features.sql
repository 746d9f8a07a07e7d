-- name: rows
-- The one shape in which every door reads a feature layer.
SELECT {columns} FROM {source} WHERE {conditions} ORDER BY {order} {limit}

-- name: as_of
-- The layer as the database knew it at a moment: rows that stand since before it, and versions that ended after it.
(SELECT {columns} FROM {city} WHERE _recorded_from <= {moment}
 UNION ALL
 SELECT {columns} FROM {history} WHERE _recorded_from <= {moment} AND _recorded_to > {moment}) AS f

-- name: inside
-- The box on the index, then the exact test: under row security only `&&` may use the index.
geom && {outline} AND ST_Intersects(geom, {outline})

-- name: outline
-- The box asked for, in the storage CRS. Cut to the area where the projection is sane, and its edges given vertices
-- every {step} degrees, since a straight edge is a curve in the other system. All of it is constant to the planner.
ST_Transform(ST_Segmentize(ST_Intersection(ST_Transform({box}, 4326), city.area()), {step}), city.srid())

-- name: newest_run
run = (SELECT run.newest({process}))

-- name: count
SELECT count(*) FROM {source} WHERE {conditions}

-- name: explain
EXPLAIN (FORMAT JSON) SELECT 1 FROM {source} WHERE {conditions}

-- name: all_rows
SELECT rows FROM run.layer_version WHERE layer = {layer}

-- name: extent
-- Of the whole layer, kept by its trigger; edges get vertices before they are transformed.
SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (SELECT ST_Transform(ST_Segmentize(bounds, greatest(ST_XMax(bounds) - ST_XMin(bounds),
                                                         ST_YMax(bounds) - ST_YMin(bounds), 1) / 32), {srid}) AS box
      FROM run.layer_version WHERE layer = {layer} AND bounds IS NOT NULL) AS placed
