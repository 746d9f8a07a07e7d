-- name: table
-- Rows of a file on their way into a layer: what belongs together is checked here as sets, before anything is written.
CREATE TEMPORARY TABLE {staged} ({columns}) ON COMMIT DROP

-- name: copy
-- As text in CSV form: Arrow writes it faster than any client writes the binary form.
COPY {staged} ({columns}) FROM STDIN (FORMAT csv)

-- name: analyze
ANALYZE {staged} ({columns})

-- name: repeated
-- Later rows of the file with values that an earlier one has.
SELECT s.row, concat_ws(', ', {values}), f.first FROM {staged} AS s
JOIN (SELECT {columns}, min(row) AS first FROM {staged} GROUP BY {columns} HAVING count(*) > 1) AS f
  ON ({pairs}) AND s.row > f.first
ORDER BY s.row LIMIT %(limit)s

-- name: taken
-- Values that must be unique and that a row of another origin has already.
SELECT s.row, concat_ws(', ', {values}), t.source || coalesce('/' || t.source_id, '') FROM {staged} AS s
JOIN {city} AS t ON {pairs}
WHERE (t.source, t.source_id) IS DISTINCT FROM (s.source, s.source_id)
ORDER BY s.row LIMIT %(limit)s

-- name: missing
-- References that neither the layer referred to nor (for one to itself) this file holds.
SELECT s.row, s.{column}::text FROM {staged} AS s
WHERE s.{column} IS NOT NULL
  AND NOT EXISTS (SELECT FROM {target} AS t WHERE t.{key} = s.{column})
  AND NOT ({itself} AND EXISTS (SELECT FROM {staged} AS o WHERE o.{own} = s.{column}))
ORDER BY s.row LIMIT %(limit)s

-- name: remove
DELETE FROM {staged} WHERE row = ANY (%(rows)s)

-- name: drop
-- Several files may come in one transaction.
DROP TABLE {staged}

-- name: known
-- How many rows will be updated: those whose origin the layer knows.
SELECT count(*), (SELECT count(*) FROM {staged})
FROM {staged} AS s JOIN {city} AS t ON t.source = s.source AND t.source_id = s.source_id

-- name: write
-- In the order of place, so that rows that are near lie near; an unchanged row is left alone and gets no history.
INSERT INTO {city} AS t ({columns})
SELECT {columns} FROM {staged} ORDER BY {order}
ON CONFLICT (source, source_id) DO UPDATE SET {changes}
WHERE ({old}) IS DISTINCT FROM ({new})
