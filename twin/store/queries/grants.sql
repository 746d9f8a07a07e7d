-- name: give
GRANT {command}{columns} ON {table} TO {role}

-- name: take
-- The table-wide form also takes the rights on single columns.
REVOKE {command} ON {table} FROM {role}

-- name: reader
GRANT USAGE ON SCHEMA city, tile, history, run TO {role};
GRANT SELECT, INSERT ON run.artifact TO {role};
GRANT SELECT ON run.layer_version TO {role};
GRANT EXECUTE ON FUNCTION run.readable(boolean), run.newest(text), city.srid(), city.area() TO {role}

-- name: no_reader
REVOKE ALL ON SCHEMA city, tile, history, run FROM {role};
REVOKE ALL ON run.artifact, run.layer_version FROM {role};
REVOKE ALL ON FUNCTION run.readable(boolean), run.newest(text), city.srid(), city.area() FROM {role}

-- name: service
-- Keys, runs, rasters' rows and the queue; no right on any layer.
GRANT USAGE ON SCHEMA city, run, gov, queue TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON run.run, run.artifact, run.state, gov.api_key TO {role};
GRANT SELECT ON run.layer_version, gov.setting TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO {role};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA queue TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA queue TO {role};
GRANT EXECUTE ON FUNCTION run.readable(boolean), run.newest(text), city.srid(), city.area() TO {role}

-- name: no_service
REVOKE ALL ON SCHEMA city, run, gov, queue FROM {role};
REVOKE ALL ON ALL TABLES IN SCHEMA run, gov, queue FROM {role}

-- name: service_policy
CREATE POLICY {name} ON {table} TO {role} USING (true) WITH CHECK (true)

-- name: maintenance_policy
-- The owner sees rows inside the store's own functions (which set twin.maintenance) and nowhere else.
CREATE POLICY {name} ON {table} TO {role}
USING ((SELECT current_setting('twin.maintenance', true)) = 'on')
WITH CHECK ((SELECT current_setting('twin.maintenance', true)) = 'on')

-- name: run_rows
-- Rows of a result are read while their run is successful, and published, one's own, or one's office.
run IN (SELECT run.readable({everyone}))

-- name: version_policy
CREATE POLICY {name} ON {table} FOR SELECT TO {role} USING (layer = ANY ({readable}::text[]))

-- name: artifact_policy
CREATE POLICY {name} ON {table} FOR SELECT TO {role}
USING (layer = ANY ({readable}::text[]) AND (run IS NULL OR run IN (SELECT run.readable({everyone}))))

-- name: artifact_insert
-- A result's raster names its run, a raster of the city names none.
CREATE POLICY {name} ON {table} FOR INSERT TO {role}
WITH CHECK (layer = ANY ({writable}::text[]) AND (run IS NOT NULL) = (layer = ANY ({results}::text[])))

-- name: temporary
DO $body$ BEGIN
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), {role_name});
END $body$

-- name: no_temporary
DO $body$ BEGIN
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM %I', current_database(), {role_name});
END $body$

-- name: keep
GRANT EXECUTE ON FUNCTION {functions} TO {role}

-- name: no_keep
REVOKE EXECUTE ON FUNCTION {functions} FROM {role}
