import { type SignInWays, type TodoClient, TodoError } from '@todo/client';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { isLeaving, leave } from '../data/leaving.ts';
import { returnAddress } from '../data/returned.ts';
import { texts } from '../texts.ts';

interface ProviderButtonsProps {
  client: TodoClient;
  providers: SignInWays['providers'];
  invitation: string | undefined;
}

/** Leaves this page for a provider, and comes back signed in, or with a failure that the page shows. */
export function ProviderButtons({ client, providers, invitation }: ProviderButtonsProps) {
  const [failure, setFailure] = useState('');
  const go = async (provider: string) => {
    setFailure('');
    try {
      const address = await client.connections.signInAddress({ provider, returnTo: returnAddress(), invitation });
      // Otherwise the page that comes back would end the new session instead of the former one.
      if (isLeaving()) await leave(client);
      location.assign(address);
    } catch (error) {
      if (!(error instanceof TodoError)) throw error;
      setFailure(texts.reasons[error.reason] ?? error.message);
    }
  };
  return (
    <div className="providers">
      {providers.map(({ id, name }) => (
        <Button key={id} className="button wide" onPress={() => void go(id)}>
          {texts.connections.signIn(name)}
        </Button>
      ))}
      <p role="alert" className="form-error">
        {failure}
      </p>
    </div>
  );
}
