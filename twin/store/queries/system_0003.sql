-- name: process
-- Which process writes a layer, so that a change of its runs is told to the layer's readers. Filled by the migration
-- of the layers.
ALTER TABLE run.layer_version ADD COLUMN process text

-- name: artifacts
CREATE OR REPLACE FUNCTION run.artifact_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $body$
BEGIN
  UPDATE run.layer_version AS v SET version = version + 1, changed = clock_timestamp()
  WHERE v.layer IN (SELECT layer FROM touched);
  PERFORM pg_notify('twin_layer', layer) FROM (SELECT DISTINCT layer FROM touched) AS t;
  RETURN NULL;
END
$body$

-- name: states
-- A run that is published, withdrawn or taken back changes what answers for every layer of its process, also for those
-- it wrote nothing to. Caches hear of it; no version is raised, since two runs that end together would wait for each
-- other's layers.
CREATE FUNCTION run.state_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $body$
BEGIN
  PERFORM pg_notify('twin_layer', v.layer) FROM run.layer_version AS v
  WHERE v.process IN (SELECT n.process FROM fresh AS n JOIN stale AS o USING (id)
                      WHERE (n.state = 'successful', n.published) IS DISTINCT FROM (o.state = 'successful', o.published));
  RETURN NULL;
END
$body$

-- name: removals
CREATE FUNCTION run.run_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $body$
BEGIN
  PERFORM pg_notify('twin_layer', v.layer) FROM run.layer_version AS v
  WHERE v.process IN (SELECT process FROM stale WHERE state = 'successful');
  RETURN NULL;
END
$body$

-- name: triggers
CREATE TRIGGER run_state AFTER UPDATE ON run.run REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION run.state_changed();
CREATE TRIGGER run_removed AFTER DELETE ON run.run REFERENCING OLD TABLE AS stale
FOR EACH STATEMENT EXECUTE FUNCTION run.run_removed()
