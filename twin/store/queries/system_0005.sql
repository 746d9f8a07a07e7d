-- name: closed
-- What is made of layers of a stricter class than its results is never published: derived data take the highest grade
-- of their sources (GB/T 43697-2024, 就高从严).
ALTER TABLE run.run ADD COLUMN closed boolean NOT NULL DEFAULT false
