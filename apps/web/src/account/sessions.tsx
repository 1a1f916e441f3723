import { type SignedInDevice, TodoError } from '@todo/client';
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { momentOf } from '../data/dates.ts';
import { usePage } from '../data/todo.ts';
import { texts } from '../texts.ts';
import { Section } from './section.tsx';

const { sessions } = texts;

interface SessionsProps {
  /** Another number whenever sessions may have ended. */
  changes: number;
  onChanged(): void;
}

/** Where the user is signed in. */
export function Sessions({ changes, onChanged }: SessionsProps) {
  const { client } = usePage();
  const [devices, setDevices] = useState<SignedInDevice[]>([]);
  const [problem, setProblem] = useState('');
  const list = useRef<HTMLUListElement>(null);

  const attempt = (work: () => Promise<void>) =>
    work()
      .then(() => setProblem(''))
      .catch((error: unknown) => {
        if (!(error instanceof TodoError)) throw error;
        setProblem(texts.reasons[error.reason] ?? error.message);
      });
  useEffect(() => {
    void attempt(async () => setDevices(await client.sessions.list()));
  }, [client, changes]);
  /** The button is gone afterwards, so the focus goes to what is left. */
  const end = (work: () => Promise<void>) => void attempt(() => work().then(onChanged)).then(() => list.current?.focus());

  return (
    <Section title={sessions.title} text={sessions.text}>
      <p role="alert" className="form-error">
        {problem}
      </p>
      <ul className="events" ref={list} tabIndex={-1} aria-label={sessions.title}>
        {devices.map(({ id, device, ipAddress, lastUsedAt, isCurrent }) => (
          <li key={id} className="event">
            <div className="event-text">
              <p>
                <strong>{device ?? sessions.unknown}</strong>
                {isCurrent && ` · ${sessions.current}`}
              </p>
              {ipAddress && <p className="muted">{sessions.from(ipAddress)}</p>}
            </div>
            <time dateTime={lastUsedAt}>{sessions.lastUsed(momentOf(lastUsedAt))}</time>
            <div className="event-actions">
              {!isCurrent && (
                <Button
                  className="button small"
                  aria-label={sessions.endNamed(device ?? sessions.unknown)}
                  onPress={() => end(() => client.sessions.revoke(id))}
                >
                  {sessions.end}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
      {devices.length > 1 && (
        <Button className="button" onPress={() => end(() => client.sessions.revokeOthers())}>
          {sessions.endOthers}
        </Button>
      )}
    </Section>
  );
}
