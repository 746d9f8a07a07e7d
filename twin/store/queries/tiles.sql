-- name: thinned
-- Zooms where features may be many or tiny: what is smaller than a quarter of a screen pixel is left out, lines and
-- outlines are simplified to a unit of the tile's grid, and the largest within the budget remain (points: an even
-- sample by hash). The margin is the buffer, so that lines and labels are not cut at the tile's edge. No `geom IS NOT
-- NULL` outside, which would compute ST_AsMVTGeom twice; the planner is kept from merging the levels by the LIMIT.
SELECT ST_AsMVT(t, {layer}, 4096, 'geom', 'id'), count(*) FROM (
  SELECT id{columns}, ST_AsMVTGeom({shape}, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
  FROM (
    SELECT id, geom{columns} FROM {tile}
    WHERE geom && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096) AND {size} {run} {at}
    ORDER BY {order} LIMIT %(budget)s
  ) AS seen
) AS t

-- name: whole
-- Zooms where every feature is seen and few are in a tile: no simplification. One more than the budget tells that
-- the tile has to be thinned after all. In the order of ids, so that equal tiles have equal bytes whatever the plan.
SELECT ST_AsMVT(t, {layer}, 4096, 'geom', 'id'), count(*) FROM (
  SELECT id{columns}, ST_AsMVTGeom(geom, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
  FROM {tile}
  WHERE geom && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096) {run} {at}
  ORDER BY id LIMIT %(budget)s + 1
) AS t

-- name: overview
-- 64 x 64 cells a tile, summed beforehand. A cell is a square of 64 units of the tile, whose rows count from the north.
SELECT ST_AsMVT(t, {layer}, 4096, 'geom'), count(*) FROM (
  SELECT rows AS count, CASE WHEN valued > 0 THEN round((total / valued)::numeric, 2)::float8 END AS mean, maximum AS max,
         ST_MakeEnvelope((x & 63) * 64, (y & 63) * 64, (x & 63) * 64 + 64, (y & 63) * 64 + 64) AS geom
  FROM {overview}
  WHERE z = %(z)s AND x BETWEEN %(x)s * 64 AND %(x)s * 64 + 63 AND y BETWEEN %(y)s * 64 AND %(y)s * 64 + 63
  ORDER BY x, y
) AS t

-- name: run
 AND run = %(run)s

-- name: newest
 AND run = (SELECT run.newest({process}))

-- name: at
-- What holds at a moment of valid time: from valid_from on, until before valid_to.
 AND (valid_from IS NULL OR valid_from <= %(at)s) AND (valid_to IS NULL OR valid_to > %(at)s)

-- name: moments
-- When the picture changes: rows begin or end. The last end of all is left out, since nothing holds then.
WITH span AS (SELECT DISTINCT valid_from, valid_to FROM {tile} WHERE true {run})
SELECT valid_from AS moment FROM span WHERE valid_from IS NOT NULL
UNION
SELECT valid_to FROM span WHERE valid_to < (SELECT max(coalesce(valid_to, 'infinity')) FROM span)
ORDER BY moment LIMIT %(most)s
