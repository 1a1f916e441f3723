import { type ConnectedAccount, TodoError } from '@todo/client';
import { useCallback, useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { returnAddress } from '../data/returned.ts';
import { usePage } from '../data/todo.ts';
import { useWays } from '../data/ways.ts';
import { AccountForm } from '../parts/account-form.tsx';
import { Popup } from '../parts/dialog.tsx';
import { texts } from '../texts.ts';
import { OwnProof, proofIn } from './own-proof.tsx';
import { Section } from './section.tsx';

const { account, connections: words } = texts;

/** Accounts at other providers. It is not shown where there are none. */
export function Connections({ onChanged }: { onChanged(): void }) {
  const { client, actions } = usePage();
  const ways = useWays(client);
  const [connected, setConnected] = useState<ConnectedAccount[] | null>(null);
  const [asked, setAsked] = useState<{ id: string; name: string } | null>(null);
  const load = useCallback(
    () =>
      client.connections.list().then(
        ({ connections }) => setConnected(connections),
        () => {},
      ),
    [client],
  );
  useEffect(() => {
    void load();
  }, [load]);
  const providers = ways?.providers ?? [];
  if (!connected || providers.length + connected.length === 0) return null;

  const disconnect = async (id: string) => {
    try {
      await client.connections.disconnect(id);
    } catch (error) {
      if (!(error instanceof TodoError)) throw error;
      actions.toasts.show({ text: texts.reasons[error.reason] ?? error.message, isError: true });
    }
    await load();
    onChanged();
  };
  const connect = async (text: (field: string) => string) => {
    if (!asked) return;
    location.assign(await client.connections.connectAddress({ provider: asked.id, returnTo: returnAddress(), ...proofIn(text) }));
  };

  return (
    <Section title={words.title} text={words.text}>
      <ul className="account-list">
        {connected.map(({ id, name, connectedAt }) => (
          <li key={id}>
            <span>{words.since(name, new Date(connectedAt))}</span>
            <Button className="button" aria-label={words.disconnectFrom(name)} onPress={() => void disconnect(id)}>
              {words.disconnect}
            </Button>
          </li>
        ))}
      </ul>
      {providers.map((provider) => (
        <Button key={provider.id} className="button" onPress={() => setAsked(provider)}>
          {words.connect(provider.name)}
        </Button>
      ))}
      <Popup title={words.connect(asked?.name ?? '')} isOpen={asked !== null} onClose={() => setAsked(null)}>
        <AccountForm action={account.goOn} reasons={{ CREDENTIALS_WRONG: account.passwordWrong }} submit={connect}>
          <p>{words.leave(asked?.name ?? '')}</p>
          <OwnProof />
        </AccountForm>
      </Popup>
    </Section>
  );
}
