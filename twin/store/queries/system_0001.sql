-- name: settings
-- One row: the storage CRS of this city, which never changes, and its name. schema_piece remembers the SQL digest of
-- each derived object, so that a plan finds what changed.
CREATE TABLE gov.setting (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  srid integer NOT NULL,
  city jsonb NOT NULL DEFAULT '{}',
  created timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE gov.schema_piece (
  kind text NOT NULL,
  relation text NOT NULL,
  name text NOT NULL,
  digest text NOT NULL,
  dropped_by text NOT NULL,
  PRIMARY KEY (kind, relation, name)
);

-- name: keys
-- A secret of 256 random bits needs no slow hash: SHA-256 is checked at each request.
CREATE TABLE gov.api_key (
  id text PRIMARY KEY,
  role text NOT NULL,
  name text NOT NULL,
  hash bytea NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  last_used timestamptz,
  revoked timestamptz
);

-- name: runs
-- attempt is the fencing token: a worker writes progress and results under the attempt it began, so one that lost
-- its run to another cannot overwrite. actor is the key's id, or "anonymous".
CREATE TABLE run.run (
  id uuid PRIMARY KEY,
  process text NOT NULL,
  process_version text NOT NULL,
  code_version text NOT NULL,
  inputs jsonb NOT NULL,
  role text NOT NULL,
  actor text NOT NULL,
  seed bigint NOT NULL,
  data_versions jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL DEFAULT 'accepted'
    CHECK (state IN ('accepted', 'running', 'successful', 'failed', 'dismissed')),
  progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  message jsonb,
  error jsonb,
  outputs jsonb,
  attempt integer NOT NULL DEFAULT 0,
  created timestamptz NOT NULL DEFAULT now(),
  started timestamptz,
  heartbeat timestamptz,
  ended timestamptz,
  wall_s double precision,
  peak_memory_mb double precision,
  idempotency_key text,
  job bigint,
  published boolean NOT NULL DEFAULT false,
  CONSTRAINT run_idempotency UNIQUE (actor, idempotency_key)
);
CREATE INDEX run_actor_idx ON run.run (actor, created DESC, id DESC);
CREATE INDEX run_created_idx ON run.run (created DESC, id DESC);
CREATE INDEX run_newest_idx ON run.run (process, ended DESC) WHERE state = 'successful';
CREATE INDEX run_open_idx ON run.run (state) WHERE state IN ('accepted', 'running');

-- name: artifacts
-- A raster exists when its row is committed; the file's name is the hash of its content.
CREATE TABLE run.artifact (
  id uuid PRIMARY KEY,
  layer text NOT NULL,
  run uuid REFERENCES run.run ON DELETE CASCADE,
  valid_from timestamptz,
  valid_to timestamptz,
  name text NOT NULL,
  sha256 text NOT NULL,
  media_type text NOT NULL,
  size bigint NOT NULL,
  srid integer NOT NULL,
  bounds double precision[] NOT NULL CHECK (array_length(bounds, 1) = 4),
  width integer NOT NULL,
  height integer NOT NULL,
  dtype text NOT NULL,
  unit text NOT NULL,
  nodata double precision,
  minimum double precision,
  maximum double precision,
  created timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX artifact_layer_idx ON run.artifact (layer, created DESC);
CREATE INDEX artifact_run_idx ON run.artifact (run, layer);
CREATE INDEX artifact_name_idx ON run.artifact (name);

-- name: versions
-- The data version of each layer, raised by triggers, with the row count and bounds that doors would else have to
-- scan for. The row's lock lets the writers of one layer pass one at a time.
CREATE TABLE run.layer_version (
  layer text PRIMARY KEY,
  version bigint NOT NULL DEFAULT 0,
  changed timestamptz NOT NULL DEFAULT clock_timestamp(),
  rows bigint NOT NULL DEFAULT 0,
  bounds geometry
);
CREATE FUNCTION run.artifact_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $body$
BEGIN
  UPDATE run.layer_version AS v SET version = version + 1, changed = clock_timestamp()
  WHERE v.layer IN (SELECT layer FROM touched);
  RETURN NULL;
END
$body$;
CREATE TRIGGER artifact_insert AFTER INSERT ON run.artifact REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION run.artifact_changed();
CREATE TRIGGER artifact_delete AFTER DELETE ON run.artifact REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION run.artifact_changed();

-- name: functions
-- readable: the runs whose results an actor sees. Called in policies as an uncorrelated subquery: once a query.
CREATE FUNCTION run.readable(everyone boolean) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT id FROM run.run
  WHERE state = 'successful'
    AND (everyone OR published
         OR (actor <> 'anonymous' AND actor = nullif(current_setting('twin.actor', true), '')))
$body$;
-- newest: the run that answers where none is asked for.
CREATE FUNCTION run.newest(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT id FROM run.run WHERE process = wanted AND state = 'successful' AND published ORDER BY ended DESC LIMIT 1
$body$;
-- recorded: when the row became what it is; in step with the history that the statement trigger writes.
CREATE FUNCTION city.recorded() RETURNS trigger LANGUAGE plpgsql
AS $body$
BEGIN
  NEW._recorded_from := greatest(now(), OLD._recorded_from + interval '1 microsecond');
  RETURN NEW;
END
$body$;
-- cell_x, cell_y: the overview cell of a geometry at a zoom, the tile number six zooms further in. Rows count from
-- the north, as tiles do.
CREATE FUNCTION tile.cell_x(shape geometry, zoom integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $body$
  SELECT greatest(0, least((1 << (zoom + 6)) - 1,
    floor(((ST_XMin(shape) + ST_XMax(shape)) / 2 / 40075016.685578488 + 0.5) * (1 << (zoom + 6)))::integer))
$body$;
CREATE FUNCTION tile.cell_y(shape geometry, zoom integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $body$
  SELECT greatest(0, least((1 << (zoom + 6)) - 1,
    floor((0.5 - (ST_YMin(shape) + ST_YMax(shape)) / 2 / 40075016.685578488) * (1 << (zoom + 6)))::integer))
$body$;
