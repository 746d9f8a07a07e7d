-- name: create
INSERT INTO gov.api_key (id, role, name, hash) VALUES (%(id)s, %(role)s, %(name)s, %(hash)s)

-- name: verify
-- One row by its public id; the secret is compared in constant time by the caller. The time of the last use is kept
-- to the hour, so that a busy key does not cost a write a request.
WITH found AS (SELECT id, role, name, hash, last_used FROM gov.api_key WHERE id = %(id)s AND revoked IS NULL),
used AS (UPDATE gov.api_key AS k SET last_used = now() FROM found
         WHERE k.id = found.id AND found.hash = %(hash)s
           AND (found.last_used IS NULL OR found.last_used < now() - interval '1 hour'))
SELECT id, role, name, hash FROM found

-- name: revoke
UPDATE gov.api_key SET revoked = now() WHERE id = %(id)s AND revoked IS NULL RETURNING id

-- name: list
SELECT id, role, name, created, last_used, revoked FROM gov.api_key ORDER BY created, id
