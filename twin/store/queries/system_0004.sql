-- name: states
-- The exact state of a model at the end of a run or on its way, to go on from: a file of the artifact store.
CREATE TABLE run.state (
  run uuid PRIMARY KEY REFERENCES run.run ON DELETE CASCADE,
  name text NOT NULL,
  size bigint NOT NULL,
  minute double precision NOT NULL,
  created timestamptz NOT NULL DEFAULT now()
)
