-- name: queue_path
-- The queue's functions name their tables without a schema.
SELECT set_config('search_path', 'queue, pg_catalog', true)

-- name: insert_run
-- A second request with the same key waits here for the first one's transaction and then inserts nothing.
INSERT INTO run.run (id, process, process_version, code_version, inputs, role, actor, seed, idempotency_key, parent, member)
VALUES (%(id)s, %(process)s, %(process_version)s, %(code)s, %(inputs)s, %(role)s, %(actor)s, %(seed)s,
        %(idempotency_key)s, %(parent)s, %(member)s)
ON CONFLICT ON CONSTRAINT run_idempotency DO NOTHING
RETURNING *

-- name: run_of_key
-- Whose request came first under this key.
SELECT * FROM run.run
WHERE idempotency_key = %(idempotency_key)s AND actor = %(actor)s

-- name: defer_job
-- The job of a run, in the transaction of the run's row. queueing_lock: at most one waiting job a run; lock: at most
-- one that is being done. Members stand behind: a quick question need not wait for a whole ensemble.
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW('runs', 'run', %(priority)s, %(lock)s, %(lock)s, %(args)s, NULL)::procrastinate_job_to_defer_v1
]) AS ids

-- name: get_run
-- One run, if the asker may see it: his own, or anybody's for those who operate the service.
SELECT * FROM run.run
WHERE id = %(id)s AND (%(all)s OR actor = %(actor)s)

-- name: readable_run
-- A run with results, for whoever may see these: as run.readable has it for rows and rasters.
SELECT * FROM run.run
WHERE id = %(id)s
  AND (%(all)s OR actor = %(actor)s OR (state = 'successful' AND published))

-- name: list_runs
-- Newest first; ids are UUIDv7, so their order is the order of creation and the page's cursor. The members of a run
-- are told under it and not among the others.
SELECT * FROM run.run
WHERE (%(all)s OR actor = %(actor)s)
  AND parent IS NOT DISTINCT FROM %(parent)s
  AND (%(process)s::text IS NULL OR process = %(process)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC
LIMIT %(limit)s

-- name: dismiss_run
-- From here on no attempt can write: each of them asks for the state 'running' first.
UPDATE run.run SET state = 'dismissed', ended = now(), message = %(message)s
WHERE id = %(id)s AND state IN ('accepted', 'running')
RETURNING *

-- name: dismiss_members
UPDATE run.run SET state = 'dismissed', ended = now(), message = %(message)s
WHERE parent = %(id)s AND state IN ('accepted', 'running')
RETURNING id

-- name: cancel_jobs
-- A waiting job of a dismissed run goes; one that is being done ends by itself.
SELECT procrastinate_cancel_job_v1(id, false, true) FROM queue.procrastinate_jobs
WHERE lock = ANY (%(locks)s) AND status = 'todo'

-- name: current_bounds
-- Where the city's coverages lie, newest raster first.
SELECT DISTINCT ON (layer) layer, bounds FROM run.artifact
WHERE layer = ANY (%(layers)s) AND run IS NULL
ORDER BY layer, valid_from DESC NULLS LAST, created DESC, id DESC

-- name: claim_run
-- The attempt is the fencing token: every later write of this attempt asks for it, so an older one cannot write. A run
-- with members keeps the progress that they made.
UPDATE run.run AS r
SET state = 'running', attempt = attempt + 1, started = coalesce(started, now()), code_version = %(code)s,
    progress = CASE WHEN EXISTS (SELECT FROM run.run m WHERE m.parent = r.id) THEN progress ELSE 0 END
WHERE id = %(id)s AND state IN ('accepted', 'running')
RETURNING *

-- name: beat
-- A worker that waits for its last runs to end sends no heartbeat of its own any more.
SELECT procrastinate_update_heartbeat_v1(%(worker)s)

-- name: report_run
-- Progress, and the question whether this attempt still holds: no row means that it was dismissed or replaced.
UPDATE run.run SET progress = %(progress)s, message = %(message)s, heartbeat = now()
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
RETURNING id

-- name: holds_run
-- The same question with nothing new to say.
SELECT id FROM run.run WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'

-- name: lock_run
-- First statement of the final transaction: holds the row, so that a dismissal or a newer attempt waits or wins.
SELECT id FROM run.run WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running' FOR UPDATE

-- name: hurry
-- A frozen process must not hold its run's row for ever: the server ends its transaction instead.
SET LOCAL idle_in_transaction_session_timeout = '8s'

-- name: finish_run
-- Last statement of the final transaction: the results become visible with it, those of a member only to whom it
-- belongs and to the operators.
UPDATE run.run
SET state = 'successful', progress = 100, ended = now(), wall_s = %(wall_s)s, peak_memory_mb = %(peak_memory_mb)s,
    outputs = %(outputs)s, data_versions = %(data_versions)s, message = %(message)s,
    closed = %(closed)s, published = %(published)s AND NOT %(closed)s AND parent IS NULL
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
RETURNING id

-- name: closed_sources
-- Whether any run that this one took results from is closed.
SELECT id FROM run.run WHERE id = ANY (%(runs)s) AND closed LIMIT 1

-- name: fail_run
-- A failure told by the process or the worker.
UPDATE run.run
SET state = 'failed', ended = now(), error = %(error)s, wall_s = %(wall_s)s, peak_memory_mb = %(peak_memory_mb)s,
    data_versions = %(data_versions)s
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
RETURNING id

-- name: release_run
-- An attempt gives its run back (worker stopping, child killed by the system, database lost).
UPDATE run.run SET state = 'accepted', progress = 0
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
RETURNING id

-- name: sweep_lock
-- One worker sweeps at a time; the others skip this round.
SELECT pg_try_advisory_xact_lock(hashtext('twin.jobs.sweep')) AS mine

-- name: stalled_jobs
-- Jobs in hand of a worker that fell silent or is gone, and jobs taken ten seconds ago whose run was never started
-- (the answer to the fetch got lost on the way).
SELECT j.id AS job, j.worker_id AS worker, j.args, w.last_heartbeat AS heard
FROM queue.procrastinate_jobs j
LEFT JOIN queue.procrastinate_workers w ON w.id = j.worker_id
WHERE j.queue_name = 'runs' AND j.status = 'doing'
  AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %(silence_s)s)
       OR EXISTS (SELECT FROM run.run r WHERE r.id = (j.args->>'run')::uuid AND r.state = 'accepted')
          AND NOT EXISTS (SELECT FROM queue.procrastinate_events e
                          WHERE e.job_id = j.id AND e.type = 'started' AND e.at > now() - interval '10 s'))

-- name: hold_run
-- Nothing while another transaction holds the row: a child that is just committing, or froze while it was. The next
-- round comes in a second.
SELECT state FROM run.run WHERE id = %(id)s FOR UPDATE SKIP LOCKED

-- name: end_stalled_job
-- Still so? Then it is nobody's any more; its worker, should it wake up, finds it ended.
SELECT j.id AS job, procrastinate_finish_job_v1(j.id, 'failed', true)
FROM (SELECT id FROM queue.procrastinate_jobs WHERE id = %(job)s AND status = 'doing' FOR UPDATE SKIP LOCKED) j

-- name: reopen_run
-- The run of an ended job waits again; a newer attempt will fence the old one off.
UPDATE run.run SET state = 'accepted', progress = 0
WHERE id = %(id)s AND state IN ('accepted', 'running')
RETURNING attempt

-- name: lost_runs
-- Runs that wait or run without any job: nothing would ever take them up. So also begins a run whose members have all
-- ended.
SELECT r.id FROM run.run r
WHERE r.state IN ('accepted', 'running') AND r.created < now() - interval '5 s'
  AND NOT EXISTS (SELECT FROM queue.procrastinate_jobs j WHERE j.lock = r.id::text AND j.status IN ('todo', 'doing'))
  AND NOT EXISTS (SELECT FROM run.run m WHERE m.parent = r.id AND m.state IN ('accepted', 'running'))
FOR UPDATE OF r SKIP LOCKED

-- name: follow_members
-- How far the members are is how far their run is; nine tenths are theirs.
UPDATE run.run AS r SET state = 'running', progress = m.progress, started = coalesce(r.started, m.started)
FROM (SELECT parent, min(started) AS started,
             (0.9 * avg(CASE WHEN state IN ('accepted', 'running') THEN progress ELSE 100 END))::smallint AS progress
      FROM run.run WHERE parent IS NOT NULL GROUP BY parent HAVING bool_or(state IN ('accepted', 'running'))) AS m
WHERE r.id = m.parent AND r.state IN ('accepted', 'running') AND m.started IS NOT NULL
  AND r.progress IS DISTINCT FROM m.progress

-- name: give_up_run
-- A run whose attempts all ended in a crash.
UPDATE run.run SET state = 'failed', ended = now(), error = %(error)s
WHERE id = %(id)s AND state IN ('accepted', 'running')
RETURNING id

-- name: data_version
SELECT version FROM run.layer_version WHERE layer = %(layer)s

-- name: insert_rows
-- Results of a run in one statement, as the actor: arrays come as they are, no temporary table is needed.
INSERT INTO {table} ({columns}) SELECT {values} FROM unnest({arrays}) AS t({names})

-- name: forget_runs
-- Runs that came to nothing are told of for a while; successful ones stay, and so do all members of those.
DELETE FROM run.run
WHERE parent IS NULL AND state IN ('failed', 'dismissed') AND ended < now() - make_interval(days => %(days)s)
RETURNING id

-- name: keep_state
INSERT INTO run.state (run, name, size, minute) VALUES (%(run)s, %(name)s, %(size)s, %(minute)s)

-- name: state_of
-- For whoever may see the run's results.
SELECT s.name, r.outputs ->> 'start' AS start, r.inputs -> 'sewers' ->> 'source' AS sewers FROM run.state AS s JOIN run.run AS r ON r.id = s.run
WHERE s.run = %(id)s AND r.state = 'successful' AND (%(all)s OR r.actor = %(actor)s OR r.published)

-- name: forget_states
-- Tens of megabytes each, and nobody goes on from last week's water.
DELETE FROM run.state WHERE created < now() - make_interval(days => %(days)s)

-- name: nowcast_runs
-- The newest runs of one standing now-cast: their keys begin with its name, a slot of time follows.
SELECT * FROM run.run
WHERE actor = %(actor)s AND starts_with(idempotency_key, %(prefix)s)
ORDER BY id DESC
LIMIT 20

-- name: raster_times
-- When the rasters of a layer begin, oldest first.
SELECT DISTINCT valid_from AS at FROM run.artifact
WHERE layer = %(layer)s AND run IS NULL AND valid_from BETWEEN %(start)s AND %(end)s
ORDER BY valid_from

-- name: publish_run
-- By hand: what no rule published. Never what was made of closer layers, nor a part of another run.
UPDATE run.run SET published = %(published)s
WHERE id = %(id)s AND state = 'successful' AND parent IS NULL AND (NOT closed OR NOT %(published)s)
RETURNING *
