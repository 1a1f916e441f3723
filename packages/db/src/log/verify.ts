import type { Connection } from '../connection/connection.ts';
import { type Fault, findInconsistency } from './consistency.ts';
import { texts } from './owners.ts';
import { eventSize } from './size.ts';

const PAGE = 2_000;

/** Where an owner's log ends, and up to where it was trimmed. Hashes are in hex; 0 and empty if there is none. */
export interface Head {
  seq: number;
  hash: string;
  droppedSeq: number;
  /** A digest of the owner's entities at `droppedSeq`. */
  droppedState: string;
}

const HASH_MISMATCH = 'does not match its hash: it or the event before it was changed';

/** What an event's hash covers besides the previous hash, as in log_{entity} in sql/. The fields come last, and no value before them contains a space. */
const content = `convert_to(concat_ws(' ', user_id, seq, entity, entity_id, kind, action, (date_part('epoch', at) * 1000)::bigint,
  coalesce((date_part('epoch', was) * 1000)::bigint::text, '-'), version, format, coalesce(mutation_id::text, '-'), coalesce(request_id::text, '-'), fields), 'UTF8')`;

/** Checks the hash chain of the events after $2 up to $3; $4 is the hash at $2. */
const readChain = `
  with checked as materialized (
    select seq, hash, ${eventSize('e')} as size,
      case when seq <> lag(seq, 1, $2::bigint) over log + 1 then lag(seq, 1, $2::bigint) over log + 1 end as missing,
      hash is distinct from sha256(lag(hash, 1, decode($4, 'hex')) over log || ${content}) as changed
    from events e where user_id = $1::uuid and seq > $2::bigint and seq <= $3::bigint window log as (order by seq)
  ), fault as (select coalesce(missing, seq) as seq, missing from checked where missing is not null or changed order by seq limit 1)
  select count(*), max(seq), (select encode(hash, 'hex') from checked order by seq desc limit 1), (select seq from fault), (select missing from fault), sum(size) from checked`;

const readOwner = `
  select last_seq, encode(last_hash, 'hex'), dropped_seq, encode(dropped_hash, 'hex'), coalesce(encode(dropped_state, 'hex'), ''),
    case when dropped_seq > 0 then encode(state_digest(user_id, dropped_seq), 'hex') end, converted_seq, encode(converted_hash, 'hex'),
    concat_ws(' ', log_bytes, log_mb, (date_part('epoch', log_since) * 1000)::bigint)
  from owners where user_id = $1::uuid`;

const readHash = `select encode(hash, 'hex') from events where user_id = $1::uuid and seq = $2::bigint`;

/** The size that the owner's row should have: the bytes $3, the same in megabytes, and the time of the oldest event, whose position is $2. */
const readSize = `
  select concat_ws(' ', $3::bigint, $3::bigint / 1000000, (select (date_part('epoch', at) * 1000)::bigint from events where user_id = $1::uuid and seq = $2::bigint))`;

/** The first event in the trimmed part or after the end of the log. */
const readOutside = 'select min(seq) from events where user_id = $1::uuid and (seq > $3::bigint or seq <= $2::bigint)';

/** The owner's row; `foundState` is the expected `droppedState`, computed from the tables. */
async function ownerOf(connection: Connection, owner: string) {
  const [row = []] = await texts(connection, readOwner, [owner]);
  const [last = '0', lastHash = '', dropped = '0', droppedHash = '', droppedState = '', foundState = '', converted = '0', convertedHash = '', size = '0 0'] =
    row;
  return { last: Number(last), lastHash, dropped: Number(dropped), droppedHash, droppedState, foundState, converted: Number(converted), convertedHash, size };
}

type Owner = Awaited<ReturnType<typeof ownerOf>>;

async function walk(connection: Connection, owner: string, { last, dropped, droppedHash }: Owner, report: (share: number) => void) {
  let [seq, hash, events, bytes] = [dropped, droppedHash, 0, 0];
  while (seq < last) {
    const values = [owner, seq, Math.min(last, seq + PAGE), hash];
    const [[count = '0', reached = '', reachedHash = '', broken = '', missing = '', size = '0'] = []] = await texts(connection, readChain, values);
    events += Number(count);
    bytes += Number(size);
    if (broken) return { seq, hash, events, bytes, fault: { seq: Number(broken), what: missing ? 'is missing' : HASH_MISMATCH } };
    if (!reached) return { seq, hash, events, bytes, fault: { seq: seq + 1, what: 'is missing' } };
    [seq, hash] = [Number(reached), reachedHash];
    report((seq - dropped) / (last - dropped));
  }
  return { seq, hash, events, bytes };
}

async function findOutside(connection: Connection, owner: string, { dropped, last }: Owner): Promise<Fault | undefined> {
  const [[outside] = []] = await texts(connection, readOutside, [owner, dropped, last]);
  return outside ? { seq: Number(outside), what: `is outside the log, which contains events ${dropped + 1} to ${last}` } : undefined;
}

async function findSizeFault(connection: Connection, id: string, { last, dropped, size }: Owner, bytes: number): Promise<Fault | undefined> {
  const [[found] = []] = await texts(connection, readSize, [id, dropped + 1, bytes]);
  return found === size ? undefined : { seq: last, what: `is the newest of a log whose size and oldest time are ${found}; the owner's row says ${size}` };
}

function findTrimFault({ last, dropped, droppedState, foundState }: Owner): Fault | undefined {
  if (dropped > last) return { seq: last, what: `is the last one, but the log is recorded as trimmed up to event ${dropped}` };
  if (droppedState === foundState) return undefined;
  return { seq: dropped, what: 'is where the log was trimmed, and the data at that event differs from the digest recorded then' };
}

/** Compares a sound log with its recorded head, and returns why it does not continue from there. */
async function compareWithRecorded(connection: Connection, id: string, owner: Owner, recorded: Head): Promise<Fault | undefined> {
  const { seq, hash, droppedSeq, droppedState } = recorded;
  if (seq > owner.last) return { seq: owner.last + 1, what: `is missing: the log ended at event ${seq} when its head was recorded` };
  if (seq === owner.converted && hash === owner.convertedHash) return undefined;
  if (droppedSeq > owner.dropped || (droppedSeq === owner.dropped && droppedState !== owner.droppedState))
    return { seq: droppedSeq, what: 'is where the log was trimmed when its head was recorded, and the digest of the data there has changed' };
  const [[found = owner.droppedHash] = []] = await texts(connection, readHash, [id, seq]);
  return found === hash ? undefined : { seq, what: 'has changed since the head was recorded' };
}

/** Does the work of verifyLog. The caller has opened a transaction with one snapshot and set app.user_id. */
export async function inspectLog(connection: Connection, id: string, recorded?: Head, report: (share: number) => void = () => {}) {
  const owner = await ownerOf(connection, id);
  const chain = await walk(connection, id, owner, report);
  const head = { seq: chain.seq, hash: chain.hash, droppedSeq: owner.dropped, droppedState: owner.droppedState };
  // Not possible when the log was trimmed past the recorded head, or converted from an older format, since.
  const compared = recorded !== undefined && recorded.seq >= Math.max(owner.converted, owner.dropped);
  const fault =
    chain.fault ??
    (await findOutside(connection, id, owner)) ??
    (chain.hash === owner.lastHash || owner.dropped > owner.last
      ? undefined
      : { seq: owner.last, what: "is the newest and differs from the head in the owner's row" }) ??
    (await findInconsistency(connection, id, owner.dropped)) ??
    findTrimFault(owner) ??
    (compared ? await compareWithRecorded(connection, id, owner, recorded) : undefined) ??
    (await findSizeFault(connection, id, owner, chain.bytes));
  return { head, events: chain.events, compared, ...(fault && { fault }) };
}

export type Verdict = Awaited<ReturnType<typeof inspectLog>>;

/** Verifies a whole log in one snapshot, without blocking writers, and compares it with the recorded head. The connection must be the schema owner's. */
export async function verifyLog(connection: Connection, owner: string, recorded?: Head, report?: (share: number) => void) {
  await connection.send([{ text: `begin isolation level repeatable read read only; set local app.user_id = '${owner}'` }]);
  const verdict = await inspectLog(connection, owner, recorded, report);
  await connection.send([{ text: 'commit' }]);
  return verdict;
}
