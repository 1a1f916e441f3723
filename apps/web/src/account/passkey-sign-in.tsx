import { type TodoClient, TodoError } from '@todo/client';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { arrive } from '../data/leaving.ts';
import { texts } from '../texts.ts';

/** Signs in without e-mail address and password. */
export function PasskeySignIn({ client }: { client: TodoClient }) {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<TodoError | null>(null);
  const signIn = async () => {
    setIsBusy(true);
    setError(null);
    try {
      await client.signInWithPasskey();
      arrive();
    } catch (thrown) {
      if (!(thrown instanceof TodoError)) throw thrown;
      setError(thrown);
    }
    setIsBusy(false);
  };
  return (
    <div className="passkey-sign-in">
      <Button className="button wide" isDisabled={isBusy} onPress={() => void signIn()}>
        {texts.passkeys.use}
      </Button>
      <p role="alert" className="form-error">
        {error && (texts.reasons[error.reason] ?? error.message)}
      </p>
    </div>
  );
}
