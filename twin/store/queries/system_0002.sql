-- name: members
-- A run may be computed in parts, each a run of its own with a job of its own: they go when it goes.
ALTER TABLE run.run
  ADD COLUMN parent uuid REFERENCES run.run ON DELETE CASCADE,
  ADD COLUMN member integer CHECK ((member IS NULL) = (parent IS NULL));
CREATE UNIQUE INDEX run_member_idx ON run.run (parent, member) WHERE parent IS NOT NULL
