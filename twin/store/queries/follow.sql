-- name: changed
-- One statement trigger a layer keeps everything that follows its rows: the data version and row count (first,
-- because its row lock lets one writer a layer pass at a time), history, tile copy, overview, and the notice to
-- caches. Row triggers would cost a call a row: 300,000 calls in an import.
-- It runs as the owner; twin.maintenance opens the owner's policies for the duration of the call only (set in the
-- body: a SET clause with a custom name needs a superuser).
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $body$
#variable_conflict use_column
DECLARE
  added bigint := 0;
  removed bigint := 0;
  box geometry;
  gone geometry;
  held geometry;
  first boolean := false;
BEGIN
  PERFORM set_config('twin.maintenance', 'on', true);
  IF TG_OP = 'TRUNCATE' THEN
    UPDATE run.layer_version SET version = version + 1, changed = clock_timestamp(), rows = 0, bounds = NULL
    WHERE layer = {layer};
    {truncate}
  ELSE
    IF TG_OP <> 'INSERT' THEN SELECT count(*), {extent} INTO removed, gone FROM old_rows; END IF;
    IF TG_OP <> 'DELETE' THEN SELECT count(*), {extent} INTO added, box FROM new_rows; END IF;
    IF added = 0 AND removed = 0 THEN
      PERFORM set_config('twin.maintenance', '', true);
      RETURN NULL;
    END IF;
    UPDATE run.layer_version SET version = version + 1, changed = clock_timestamp(), rows = rows + added - removed,
      bounds = CASE WHEN bounds IS NULL OR box IS NULL THEN coalesce(bounds, box)
                    ELSE ST_Envelope(ST_Collect(bounds, box)) END
    WHERE layer = {layer} RETURNING bounds INTO held;
    -- Only rows at the edge can make the bounds smaller; then, and only then, all rows are looked at.
    IF NOT coalesce(ST_Covers(box, gone), false) AND NOT ST_ContainsProperly(held, gone) THEN
      UPDATE run.layer_version SET bounds = (SELECT {extent} FROM {city}) WHERE layer = {layer};
    END IF;
    {history}
    {tile}
  END IF;
  PERFORM set_config('twin.maintenance', '', true);
  PERFORM pg_notify('twin_layer', {layer});
  RETURN NULL;
END
$body$

-- name: history
-- What the row was, and until when. A row changed twice in one transaction gets two versions a microsecond apart,
-- in step with city.recorded().
IF TG_OP <> 'INSERT' THEN
      INSERT INTO {history_table} ({columns}, _recorded_from, _recorded_to)
      SELECT {columns}, _recorded_from, greatest(now(), _recorded_from + interval '1 microsecond') FROM old_rows;
    END IF;

-- name: tile
-- The first big load of a layer builds the tile copy's spatial index afterwards: a third of the time of building it
-- row by row, and nobody waits, since there was nothing to see.
IF TG_OP = 'INSERT' THEN
      first := added >= {bulk} AND NOT EXISTS (SELECT FROM {tile_table});
      IF first THEN {drop_tile_indexes} END IF;
      {insert}
      IF first THEN {make_tile_indexes} END IF;
    ELSIF TG_OP = 'UPDATE' THEN
      {update}
    ELSE
      {delete}
    END IF;

-- name: tile_insert
-- OFFSET 0 keeps ST_Transform from being computed once a mention.
INSERT INTO {tile_table} (id, geom, _size{listed})
      SELECT id, _g, greatest(ST_XMax(_g) - ST_XMin(_g), ST_YMax(_g) - ST_YMin(_g)){listed}
      FROM (SELECT id, ST_Transform(ST_Force2D(geom), 3857) AS _g{listed} FROM new_rows OFFSET 0) AS fresh;

-- name: tile_update
-- Only rows whose geometry or tile columns changed are written.
UPDATE {tile_table} AS t SET (geom, _size{listed}) = ROW (_g, greatest(ST_XMax(_g) - ST_XMin(_g), ST_YMax(_g) - ST_YMin(_g)){fresh})
      FROM (SELECT n.id, ST_Transform(ST_Force2D(n.geom), 3857) AS _g{new} FROM new_rows AS n JOIN old_rows AS o USING (id)
            WHERE (n.geom{new}) IS DISTINCT FROM (o.geom{old}) OFFSET 0) AS fresh
      WHERE t.id = fresh.id;

-- name: tile_delete
DELETE FROM {tile_table} AS t USING old_rows AS o WHERE t.id = o.id;

-- name: overview_insert
-- The new rows are added to their cells at each zoom: a bulk load touches no old row. A row belongs to the cell of its
-- box's centre, so counts are conserved from zoom to zoom.
WITH stored AS (
        INSERT INTO {tile_table} (id, geom, _size{listed})
        SELECT id, _g, greatest(ST_XMax(_g) - ST_XMin(_g), ST_YMax(_g) - ST_YMin(_g)){listed}
        FROM (SELECT id, ST_Transform(ST_Force2D(geom), 3857) AS _g{listed} FROM new_rows OFFSET 0) AS fresh
        RETURNING tile.cell_x(geom, {top}) AS x, tile.cell_y(geom, {top}) AS y, {value} AS value
      )
      INSERT INTO {overview} AS o (z, x, y, rows, valued, total, maximum)
      {cells}
      ON CONFLICT (z, x, y) DO UPDATE SET rows = o.rows + excluded.rows, valued = o.valued + excluded.valued,
        total = o.total + excluded.total, maximum = greatest(o.maximum, excluded.maximum);

-- name: cells
-- The finest zoom from the rows, each coarser one from the sums: a cell's parent is its number shifted by one bit.
SELECT z, x >> ({top} - z), y >> ({top} - z), sum(rows), sum(valued), sum(total), max(maximum)
      FROM (SELECT x, y, count(*) AS rows, count(value) AS valued, coalesce(sum(value), 0) AS total,
                   max(value) AS maximum FROM stored GROUP BY x, y) AS finest,
           generate_series({bottom}::int, {top}::int) AS z
      GROUP BY 1, 2, 3

-- name: overview_change
-- Changed and removed rows: the cells they lie in now and lay in before are counted anew (a maximum cannot be
-- taken back by subtraction).
DECLARE
        xs int[];
        ys int[];
      BEGIN
        SELECT array_agg(x), array_agg(y) INTO xs, ys FROM (
          SELECT DISTINCT tile.cell_x(g, {top}) AS x, tile.cell_y(g, {top}) AS y
          FROM (SELECT t.geom AS g FROM {tile_table} AS t JOIN old_rows AS o USING (id) {both} OFFSET 0) AS place) AS cell;
        {change}
        PERFORM {recount}(xs, ys);
      END;

-- name: both
UNION ALL SELECT ST_Transform(ST_Force2D(n.geom), 3857) FROM new_rows AS n

-- name: recount
-- Counts the given cells of the finest zoom anew, and their parents from their children.
CREATE OR REPLACE FUNCTION {recount}(xs int[], ys int[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $body$
#variable_conflict use_column
BEGIN
  PERFORM set_config('twin.maintenance', 'on', true);
  DELETE FROM {overview} AS o USING unnest(xs, ys) AS c (x, y) WHERE o.z = {top} AND o.x = c.x AND o.y = c.y;
  INSERT INTO {overview} (z, x, y, rows, valued, total, maximum)
  SELECT {top}, c.x, c.y, count(*), count(t.value), coalesce(sum(t.value), 0), max(t.value)
  FROM unnest(xs, ys) AS c (x, y) CROSS JOIN LATERAL (
    SELECT {value} AS value FROM {tile_table} AS r
    WHERE r.geom && ST_TileEnvelope({top} + 6, c.x, c.y)
      AND tile.cell_x(r.geom, {top}) = c.x AND tile.cell_y(r.geom, {top}) = c.y) AS t
  GROUP BY c.x, c.y;
  FOR level IN REVERSE {top} - 1..{bottom} LOOP
    SELECT array_agg(x), array_agg(y) INTO xs, ys
    FROM (SELECT DISTINCT c.x >> 1 AS x, c.y >> 1 AS y FROM unnest(xs, ys) AS c (x, y)) AS parent;
    DELETE FROM {overview} AS o USING unnest(xs, ys) AS c (x, y) WHERE o.z = level AND o.x = c.x AND o.y = c.y;
    INSERT INTO {overview} (z, x, y, rows, valued, total, maximum)
    SELECT level, c.x, c.y, sum(o.rows), sum(o.valued), sum(o.total), max(o.maximum)
    FROM unnest(xs, ys) AS c (x, y) CROSS JOIN (VALUES (0, 0), (0, 1), (1, 0), (1, 1)) AS d (x, y)
      JOIN {overview} AS o ON o.z = level + 1 AND o.x = 2 * c.x + d.x AND o.y = 2 * c.y + d.y
    GROUP BY c.x, c.y;
  END LOOP;
END
$body$

-- name: rebuild
-- Everything that follows the rows, made anew: after a change of the tile's columns, or to lay the tile copy in
-- geometry order again (rows of one tile then share pages: 2.6-3.4 times the tiles a second).
CREATE OR REPLACE FUNCTION {rebuild}() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $body$
#variable_conflict use_column
BEGIN
  PERFORM set_config('twin.maintenance', 'on', true);
  UPDATE run.layer_version SET rows = c.rows, bounds = c.bounds
  FROM (SELECT count(*) AS rows, {extent} AS bounds FROM {city}) AS c WHERE layer = {layer};
  {fill}
  ANALYZE {city};
  PERFORM set_config('twin.maintenance', '', true);
END
$body$

-- name: fill_tile
TRUNCATE {tile_table};
  INSERT INTO {tile_table} (id, geom, _size{listed})
  SELECT id, _g, greatest(ST_XMax(_g) - ST_XMin(_g), ST_YMax(_g) - ST_YMin(_g)){listed}
  FROM (SELECT id, ST_Transform(ST_Force2D(geom), 3857) AS _g{listed} FROM {city} ORDER BY geom OFFSET 0) AS fresh;
  ANALYZE {tile_table};

-- name: fill_overview
TRUNCATE {overview};
  WITH stored AS (SELECT tile.cell_x(geom, {top}) AS x, tile.cell_y(geom, {top}) AS y, {value} AS value FROM {tile_table})
  INSERT INTO {overview} (z, x, y, rows, valued, total, maximum)
  {cells};
  ANALYZE {overview};

-- name: load
-- Around the first big load of a layer: its plain indexes go before and come back after. Does nothing to a layer that
-- has rows. With `true` it opens the load, with `false` it closes it and lets the planner know what there is now.
CREATE OR REPLACE FUNCTION {load}(opens boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $body$
BEGIN
  PERFORM set_config('twin.maintenance', 'on', true);
  IF NOT opens THEN
    {make_city_indexes}
    ANALYZE {city};
    {analyze_tile}
  ELSIF NOT EXISTS (SELECT FROM {city}) THEN
    {drop_city_indexes}
  END IF;
  PERFORM set_config('twin.maintenance', '', true);
END
$body$

-- name: trigger_insert
CREATE TRIGGER {name} AFTER INSERT ON {city} REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION {function}()

-- name: trigger_update
CREATE TRIGGER {name} AFTER UPDATE ON {city} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION {function}()

-- name: trigger_delete
CREATE TRIGGER {name} AFTER DELETE ON {city} REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION {function}()

-- name: trigger_truncate
CREATE TRIGGER {name} AFTER TRUNCATE ON {city} FOR EACH STATEMENT EXECUTE FUNCTION {function}()

-- name: trigger_recorded
CREATE TRIGGER {name} BEFORE UPDATE ON {city} FOR EACH ROW EXECUTE FUNCTION city.recorded()
