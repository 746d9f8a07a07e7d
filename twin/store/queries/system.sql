-- name: members
SELECT r.rolname FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.roleid
JOIN pg_roles AS u ON u.oid = m.member WHERE u.rolname = %s

-- name: login_role
-- On a managed server, where no cluster of ours made it: the operator gives it a password.
CREATE ROLE twin_login LOGIN NOINHERIT

-- name: access_role
CREATE ROLE {role} NOLOGIN

-- name: membership
GRANT {role} TO twin_login

-- name: database
-- Nobody comes in, makes temporary tables or calls a function of ours by being anybody.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO twin_login

-- name: leakproof
SELECT bool_and(proleakproof) FROM pg_proc WHERE proname = 'geometry_overlaps' AND pronargs = 2

-- name: storage
-- The storage CRS and its area of use as constants that the planner folds: a box asked for in another CRS is cut to
-- the area before it is transformed, since a projection tears far from its zone (tile 0/0/0 found 0 of 302,500 rows).
CREATE OR REPLACE FUNCTION city.srid() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT {srid} $body$;
CREATE OR REPLACE FUNCTION city.area() RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$ SELECT ST_GeomFromEWKT({area}) $body$

-- name: pieces
SELECT kind, relation, name, digest, dropped_by FROM gov.schema_piece

-- name: remember
INSERT INTO gov.schema_piece (kind, relation, name, digest, dropped_by) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (kind, relation, name) DO UPDATE SET digest = excluded.digest, dropped_by = excluded.dropped_by

-- name: forget
DELETE FROM gov.schema_piece WHERE kind = %s AND relation = %s AND name = %s

-- name: columns
-- What the tables of the layers look like now.
SELECT n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND n.nspname IN ('city', 'history', 'tile')
ORDER BY c.oid, a.attnum

-- name: objects
-- The derived objects that are there, to find those that somebody dropped by hand.
SELECT CASE contype WHEN 'f' THEN 'reference' ELSE 'constraint' END, n.nspname || '.' || c.relname, o.conname
FROM pg_constraint AS o JOIN pg_class AS c ON c.oid = o.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
UNION ALL
SELECT 'index', n.nspname || '.' || c.relname, i.relname
FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indrelid JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
UNION ALL
SELECT 'policy', n.nspname || '.' || c.relname, p.polname
FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
UNION ALL
SELECT 'policy', n.nspname || '.' || c.relname, ' security'
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relrowsecurity
UNION ALL
SELECT 'trigger', n.nspname || '.' || c.relname, t.tgname
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal
UNION ALL
SELECT 'comment', n.nspname || '.' || c.relname, coalesce(a.attname, 'table')
FROM pg_description AS d JOIN pg_class AS c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
WHERE n.nspname = 'city'
