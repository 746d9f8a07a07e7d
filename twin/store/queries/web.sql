-- name: versions
-- Everything that caches of the web process hang on, in one look.
SELECT layer, version FROM run.layer_version

-- name: bounds
-- Where the rows of the layers lie, in degrees. Edges get more vertices first: a straight edge of a projected box is
-- a curve in degrees, and its corners alone would make the box too small.
SELECT layer, ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (SELECT layer, ST_Transform(ST_Segmentize(bounds, greatest(ST_XMax(bounds) - ST_XMin(bounds),
                                                                 ST_YMax(bounds) - ST_YMin(bounds), 1) / 32), 4326) AS box
      FROM run.layer_version WHERE layer = ANY (%(layers)s) AND bounds IS NOT NULL) AS placed

-- name: heard_worker
-- How long ago any worker was last heard of, in seconds; no row while there is none.
SELECT extract(epoch FROM now() - max(last_heartbeat))::float8 FROM queue.procrastinate_workers
HAVING max(last_heartbeat) IS NOT NULL

-- name: columns_there
-- The columns of the layers' tables as they are: what is declared and not among them waits for a migration. The
-- system's catalogue is open to every role, so this needs no right on any layer.
SELECT c.relname, array_agg(a.attname::text)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = 'city' AND c.relkind = 'r' GROUP BY c.relname
