import type { Connection } from '../connection/connection.ts';
import { type Fault, findInconsistency } from './consistency.ts';
import { texts } from './owners.ts';

/** Events that one statement hashes. */
const PAGE = 2_000;

/** Where an owner's log ends, and where its beginning was dropped. Hashes in hex; 0 and empty without one. */
export interface Head {
  seq: number;
  hash: string;
  droppedSeq: number;
  /** A digest of everything the owner had at `droppedSeq`. */
  droppedState: string;
}

export interface Verdict {
  head: Head;
  /** How many events were read. */
  events: number;
  /** Whether the recorded head could be compared: not where the log was converted from an older form since. */
  compared: boolean;
  fault?: Fault;
}

const HASH_MISMATCH = 'is not as it was written, or the one before it is not';

/** What the hash of an event covers after the hash before it, as log_{entity} in sql/ writes it: the fields stand last, and nothing before them holds a space. */
const content = `convert_to(concat_ws(' ', user_id, seq, entity, entity_id, kind, action, (date_part('epoch', at) * 1000)::bigint,
  coalesce((date_part('epoch', was) * 1000)::bigint::text, '-'), version, format, coalesce(mutation_id::text, '-'), coalesce(request_id::text, '-'), fields), 'UTF8')`;

/** Events after $2 up to $3, each hashed with the one before; $4 is the hash at $2. */
const readChain = `
  with checked as materialized (
    select seq, hash,
      case when seq <> lag(seq, 1, $2::bigint) over log + 1 then lag(seq, 1, $2::bigint) over log + 1 end as missing,
      hash is distinct from sha256(lag(hash, 1, decode($4, 'hex')) over log || ${content}) as changed
    from events where user_id = $1::uuid and seq > $2::bigint and seq <= $3::bigint window log as (order by seq)
  ), fault as (select coalesce(missing, seq) as seq, missing from checked where missing is not null or changed order by seq limit 1)
  select count(*), max(seq), (select encode(hash, 'hex') from checked order by seq desc limit 1), (select seq from fault), (select missing from fault) from checked`;

const readOwner = `
  select last_seq, encode(last_hash, 'hex'), dropped_seq, encode(dropped_hash, 'hex'), coalesce(encode(dropped_state, 'hex'), ''),
    case when dropped_seq > 0 then encode(state_digest(user_id, dropped_seq), 'hex') end, converted_seq, encode(converted_hash, 'hex')
  from owners where user_id = $1::uuid`;

const readHash = `select encode(hash, 'hex') from events where user_id = $1::uuid and seq = $2::bigint`;

/** The first event outside the numbers that were given and not dropped. */
const readOutside = 'select min(seq) from events where user_id = $1::uuid and (seq > $3::bigint or seq <= $2::bigint)';

interface Owner {
  last: number;
  lastHash: string;
  dropped: number;
  droppedHash: string;
  droppedState: string;
  /** What `droppedState` has to be. */
  foundState: string;
  converted: number;
  convertedHash: string;
}

async function ownerOf(connection: Connection, owner: string): Promise<Owner> {
  const [row = []] = await texts(connection, readOwner, [owner]);
  const [last = '0', lastHash = '', dropped = '0', droppedHash = '', droppedState = '', foundState = '', converted = '0', convertedHash = ''] = row;
  return { last: Number(last), lastHash, dropped: Number(dropped), droppedHash, droppedState, foundState, converted: Number(converted), convertedHash };
}

/** Walks the chain from where it was cut to where the owner's row ends it. */
async function walk(connection: Connection, owner: string, { last, dropped, droppedHash }: Owner, report: (share: number) => void) {
  let [seq, hash, events] = [dropped, droppedHash, 0];
  while (seq < last) {
    const values = [owner, seq, Math.min(last, seq + PAGE), hash];
    const [[count = '0', reached = '', reachedHash = '', broken = '', missing = ''] = []] = await texts(connection, readChain, values);
    events += Number(count);
    if (broken) return { seq, hash, events, fault: { seq: Number(broken), what: missing ? 'is missing' : HASH_MISMATCH } };
    if (!reached) return { seq, hash, events, fault: { seq: seq + 1, what: 'is missing' } };
    [seq, hash] = [Number(reached), reachedHash];
    report((seq - dropped) / (last - dropped));
  }
  return { seq, hash, events };
}

async function findOutside(connection: Connection, owner: string, { dropped, last }: Owner): Promise<Fault | undefined> {
  const [[outside] = []] = await texts(connection, readOutside, [owner, dropped, last]);
  return outside ? { seq: Number(outside), what: `is not between ${dropped + 1} and ${last}, the numbers that were given and not dropped` } : undefined;
}

function findTrimFault({ last, dropped, droppedState, foundState }: Owner): Fault | undefined {
  if (dropped > last) return { seq: last, what: `is the last number that was given, and the log says it was cut at ${dropped}` };
  if (droppedState === foundState) return undefined;
  return { seq: dropped, what: 'is where the log was cut, and what the owner had then is not what was recorded' };
}

/** Why the log does not go on from where it was recorded to be, though it is sound by itself. */
async function compareWithRecorded(connection: Connection, id: string, owner: Owner, recorded: Head): Promise<Fault | undefined> {
  const { seq, hash, droppedSeq, droppedState } = recorded;
  if (seq > owner.last) return { seq: owner.last + 1, what: `is missing: the log went up to ${seq} when its head was recorded` };
  if (seq === owner.converted && hash === owner.convertedHash) return undefined;
  if (droppedSeq > owner.dropped || (droppedSeq === owner.dropped && droppedState !== owner.droppedState))
    return { seq: droppedSeq, what: 'is where the log was cut when its head was recorded, and what the owner had then is not what was recorded' };
  if (seq < owner.dropped) return { seq, what: 'was the head when it was recorded and has been dropped: what came before is not proven' };
  const [[found = owner.droppedHash] = []] = await texts(connection, readHash, [id, seq]);
  return found === hash ? undefined : { seq, what: 'is not what it was when the head was recorded' };
}

/** What verifyLog does, in a transaction that is open, sees one snapshot and has named the owner. */
export async function inspectLog(connection: Connection, id: string, recorded?: Head, report: (share: number) => void = () => {}): Promise<Verdict> {
  const owner = await ownerOf(connection, id);
  const chain = await walk(connection, id, owner, report);
  const head = { seq: chain.seq, hash: chain.hash, droppedSeq: owner.dropped, droppedState: owner.droppedState };
  const compared = recorded !== undefined && recorded.seq >= owner.converted;
  const fault =
    chain.fault ??
    (await findOutside(connection, id, owner)) ??
    (chain.hash === owner.lastHash || owner.dropped > owner.last
      ? undefined
      : { seq: owner.last, what: "is the newest, and not what the owner's row says it is" }) ??
    (await findInconsistency(connection, id, owner.dropped)) ??
    findTrimFault(owner) ??
    (compared ? await compareWithRecorded(connection, id, owner, recorded) : undefined);
  return { head, events: chain.events, compared, ...(fault && { fault }) };
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
