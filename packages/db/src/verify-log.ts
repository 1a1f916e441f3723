import type { Connection } from './connection.ts';
import { texts } from './owners.ts';

/** Rows of a chain that are hashed by one statement; it holds no more of them than that. */
const PAGE = 2_000;

/** Where an owner's log ends, and what a trim has left of its beginning. Hashes in hex; 0 and empty without one. */
export interface Head {
  seq: number;
  hash: string;
  droppedSeq: number;
  keptHash: string;
}

/** The first row that is not as it was written, and what is wrong with it. */
interface Fault {
  seq: number;
  what: string;
}

export interface Verdict {
  head: Head;
  /** How many events were read. */
  events: number;
  fault?: Fault;
}

const NOT_WRITTEN_SO = 'is not as it was written, or the one before it is not';

const TRIM = 'is where the log was trimmed, and what was kept up to it is not what it was';

/** Events after $2 up to $3, each hashed with the one before; $4 is the hash at $2. */
const readChain = `
  with checked as materialized (
    select seq, hash,
      case when seq <> lag(seq, 1, $2::bigint) over chain + 1 then lag(seq, 1, $2::bigint) over chain + 1 end as missing,
      hash is distinct from sha256(lag(hash, 1, decode($4, 'hex')) over chain || event_content(event)) as changed
    from task_events event where user_id = $1::uuid and seq > $2::bigint and seq <= $3::bigint window chain as (order by seq)
  ), fault as (select coalesce(missing, seq) as seq, missing from checked where missing is not null or changed order by seq limit 1)
  select count(*), max(seq), (select encode(hash, 'hex') from checked order by seq desc limit 1), (select seq from fault), (select missing from fault) from checked`;

const readCounters = `
  select c.last_seq, c.dropped_seq, encode(c.dropped_hash, 'hex'), encode(c.kept_hash, 'hex'), encode(digest_events(c.user_id, c.dropped_seq), 'hex'),
    (select count(*) from task_events e where e.user_id = c.user_id and e.seq <= c.dropped_seq)
  from task_counters c where c.user_id = $1::uuid`;

const readHash = `select encode(hash, 'hex') from task_events where user_id = $1::uuid and seq = $2::bigint`;

/** The first event outside the numbers that the counters have given. */
const readBeyond = 'select min(seq) from task_events where user_id = $1::uuid and (seq > $2::bigint or seq < 1)';

const fields = (from: string) => ['title', 'description', 'completed_at', 'created_at', 'updated_at', 'version'].map((name) => `${from}.${name}`).join(', ');

/** Tasks that differ from their newest event, or have none, and events whose task is gone without a word. */
const readStrays = `
  select coalesce(task.id, newest.task_id), coalesce(newest.seq, 0)
  from (select * from tasks where user_id = $1::uuid) task
  full join (select distinct on (task_id) * from task_events where user_id = $1::uuid order by task_id, seq desc) newest on newest.task_id = task.id
  where (${fields('task')}) is distinct from (${fields('newest')})
  order by 2, 1 limit 1`;

interface Counters {
  last: number;
  dropped: number;
  droppedHash: string;
  kept: { hash: string; found: string; count: number };
}

async function countersOf(connection: Connection, owner: string): Promise<Counters> {
  const [[last = '0', dropped = '0', droppedHash = '', hash = '', found = '', count = '0'] = []] = await texts(connection, readCounters, [owner]);
  return { last: Number(last), dropped: Number(dropped), droppedHash, kept: { hash, found, count: Number(count) } };
}

/** Walks the chain from where it was trimmed to where the counters end it. */
async function walk(connection: Connection, owner: string, { last, dropped, droppedHash }: Counters, report: (share: number) => void) {
  let [seq, hash, events] = [dropped, droppedHash, 0];
  while (seq < last) {
    const values = [owner, seq, Math.min(last, seq + PAGE), hash];
    const [[count = '0', reached = '', reachedHash = '', broken = '', missing = ''] = []] = await texts(connection, readChain, values);
    events += Number(count);
    if (broken) return { seq, hash, events, fault: { seq: Number(broken), what: missing ? 'is missing' : NOT_WRITTEN_SO } };
    if (!reached) return { seq, hash, events, fault: { seq: seq + 1, what: 'is missing' } };
    [seq, hash] = [Number(reached), reachedHash];
    report((seq - dropped) / (last - dropped));
  }
  return { seq, hash, events };
}

/** Why the log does not go on from where it was recorded to be, though it is sound by itself. */
async function findDeparture(connection: Connection, owner: string, counters: Counters, head: Head, recorded: Head): Promise<Fault | undefined> {
  const { seq, hash, droppedSeq, keptHash } = recorded;
  if (seq > head.seq) return { seq: head.seq + 1, what: `is missing: the log went up to ${seq} when its head was recorded` };
  if (droppedSeq > head.droppedSeq || (droppedSeq === head.droppedSeq && keptHash !== head.keptHash))
    return { seq: droppedSeq, what: `${TRIM} when it was recorded` };
  if (seq < head.droppedSeq) return { seq, what: 'was the head when it was recorded and has been trimmed away: what came before is not proven' };
  const [[found = counters.droppedHash] = []] = await texts(connection, readHash, [owner, seq]);
  return found === hash ? undefined : { seq, what: 'is not what it was when the head was recorded' };
}

async function findStray(connection: Connection, owner: string): Promise<Fault | undefined> {
  const [stray] = await texts(connection, readStrays, [owner]);
  if (!stray) return undefined;
  const [task, seq = '0'] = stray;
  return {
    seq: Number(seq),
    what: seq === '0' ? `is wanted for the task ${task}, which no event tells of` : `is the newest of the task ${task}, which is otherwise`,
  };
}

async function findBeyond(connection: Connection, owner: string, last: number): Promise<Fault | undefined> {
  const [[beyond] = []] = await texts(connection, readBeyond, [owner, last]);
  return beyond ? { seq: Number(beyond), what: `is not between 1 and ${last}, the last number that was given` } : undefined;
}

/** Once what a trim has kept is in doubt, a task that differs from it says where. */
async function findKept(connection: Connection, owner: string, { last, dropped, kept }: Counters): Promise<Fault | undefined> {
  if (dropped > last) return { seq: last, what: `is the last number that was given, and the log says it was trimmed up to ${dropped}` };
  if (dropped === 0 || kept.hash === kept.found) return undefined;
  const stray = await findStray(connection, owner);
  return stray && stray.seq <= dropped ? stray : { seq: dropped, what: `${TRIM} then` };
}

/** What verifyLog does, in a transaction that is open, sees one moment and has named the owner. */
export async function inspectLog(connection: Connection, owner: string, recorded?: Head, report: (share: number) => void = () => {}): Promise<Verdict> {
  const counters = await countersOf(connection, owner);
  const chain = await walk(connection, owner, counters, report);
  const head = { seq: chain.seq, hash: chain.hash, droppedSeq: counters.dropped, keptHash: counters.kept.hash };
  const fault =
    (await findKept(connection, owner, counters)) ??
    chain.fault ??
    (await findBeyond(connection, owner, counters.last)) ??
    (recorded && (await findDeparture(connection, owner, counters, head, recorded))) ??
    (await findStray(connection, owner));
  return { head, events: counters.kept.count + chain.events, ...(fault && { fault }) };
}

/**
 * Reads an owner's whole log as it stands at one moment, a page at a time, while others go on writing, and compares it with what was recorded of it.
 * The connection must be the schema owner's. `report` hears how far it is, from 0 to 1.
 */
export async function verifyLog(connection: Connection, owner: string, recorded?: Head, report?: (share: number) => void): Promise<Verdict> {
  await connection.send([{ text: `begin isolation level repeatable read read only; set local app.user_id = '${owner}'` }]);
  const verdict = await inspectLog(connection, owner, recorded, report);
  await connection.send([{ text: 'commit' }]);
  return verdict;
}
