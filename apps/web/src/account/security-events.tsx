import type { SecurityEvent } from '@todo/client';
import { useCallback, useRef } from 'react';
import { momentOf } from '../data/dates.ts';
import { usePage } from '../data/todo.ts';
import { useWays } from '../data/ways.ts';
import { PageEnd, usePages } from '../parts/paged-list.tsx';
import { texts } from '../texts.ts';
import { Section } from './section.tsx';

const { securityEvents: words } = texts;
const PAGE_ITEMS = 10;

// A newer server may send other names than the types say.
const names: Partial<Record<string, string>> = words.names;
const ownWays: Partial<Record<string, string>> = words.ways;

/** What happened to the account. `changes` is another number whenever something on the page may have happened to it. */
export function SecurityEvents({ changes }: { changes: number }) {
  const { client } = usePage();
  const ways = useWays(client);
  const list = useRef<HTMLOListElement>(null);
  const read = useCallback((page: { limit: number; cursor?: string }) => client.securityEvents.list(page), [client, changes]);
  const { items, ...end } = usePages(read, { limit: PAGE_ITEMS, list });

  const wayOf = (way: string) => ownWays[way] ?? words.by(ways?.providers.find(({ id }) => id === way)?.name ?? way);
  const placeOf = ({ device, ipAddress }: SecurityEvent) => [device ?? [], ipAddress === null ? [] : words.from(ipAddress)].flat().join(' ');
  const detailsOf = ({ way, by, times }: SecurityEvent) => [
    ...(way === null ? [] : [wayOf(way)]),
    ...(by === 'operator' ? [words.byOperator] : []),
    ...(times > 1 ? [words.times(times)] : []),
  ];
  return (
    <Section title={words.title} text={`${words.text} ${words.kept}`}>
      <ol className="events security-events" ref={list} aria-label={words.title}>
        {items.map((event) => (
          <li key={event.id} className="event" tabIndex={-1}>
            <div className="event-text">
              <p>
                <strong className={event.name === 'sign_in_failed' ? 'is-failed' : ''}>{names[event.name] ?? event.name.replaceAll('_', ' ')}</strong>
                {detailsOf(event).map((detail) => ` · ${detail}`)}
              </p>
              {placeOf(event) && <p className="muted">{placeOf(event)}</p>}
            </div>
            <time dateTime={event.at}>{momentOf(event.at)}</time>
          </li>
        ))}
      </ol>
      <PageEnd {...end} empty={items.length > 0 ? null : words.empty} />
    </Section>
  );
}
