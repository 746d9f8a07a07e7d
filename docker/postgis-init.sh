#!/bin/sh
# What the twin needs of a PostgreSQL server, made once by its superuser: two login roles, the database, PostGIS and
# the LEAKPROOF mark. `twin migrate` makes the rest as twin_owner. Run a second time it only sets the passwords anew.
#
#   TWIN_OWNER_PASSWORD=... TWIN_LOGIN_PASSWORD=... PGHOST=... PGUSER=postgres docker/postgis-init.sh
#
# The image of PostGIS runs it when its data folder is empty (compose.yml mounts it there).
set -eu
: "${TWIN_OWNER_PASSWORD:?set the password of twin_owner}"
: "${TWIN_LOGIN_PASSWORD:?set the password of twin_login}"
export PGUSER="${PGUSER:-${POSTGRES_USER:-postgres}}"
database="${TWIN_DATABASE:-twin}"

# The passwords travel in the environment: an argument could be read in the list of processes.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname "${POSTGRES_DB:-postgres}" --set database="$database" <<'SQL'
\getenv owner_password TWIN_OWNER_PASSWORD
\getenv login_password TWIN_LOGIN_PASSWORD
-- Statements with a password stay out of the server's log.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';
-- Owner: owns the database, makes tables and access roles.
SELECT 'CREATE ROLE twin_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'twin_owner') \gexec
ALTER ROLE twin_owner LOGIN CREATEROLE NOSUPERUSER NOCREATEDB PASSWORD :'owner_password';
-- Login: web and worker; no right of its own, and it inherits none.
SELECT 'CREATE ROLE twin_login' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'twin_login') \gexec
ALTER ROLE twin_login LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'login_password';
SELECT format('CREATE DATABASE %I OWNER twin_owner ENCODING ''UTF8'' TEMPLATE template0', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
\connect :"database"
CREATE EXTENSION IF NOT EXISTS postgis;
-- Lets row security use the spatial index; it compares boxes and raises nothing, so it can leak nothing.
ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;
SQL
