import { type TodoClient, TodoError } from '@todo/client';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { arrive } from './data/leaving.ts';
import { AccountCard, AccountForm, CodeField } from './parts/account-form.tsx';
import { texts } from './texts.ts';

const { account } = texts;

interface SignInByLinkProps {
  client: TodoClient;
  token: string;
  onTry(): void;
  leave(): void;
}

/** Where the link of a mail leads that signs in. When it has, the replica shows the user, and this page is gone. */
export function SignInByLink({ client, token, onTry, leave }: SignInByLinkProps) {
  const [error, setError] = useState<TodoError | null>(null);
  useEffect(() => {
    onTry();
    client.signInWithLink({ token }).then(arrive, (thrown: unknown) => {
      if (!(thrown instanceof TodoError)) throw thrown;
      setError(thrown);
    });
  }, [client, token]);

  if (!error) return <AccountCard title={account.signingIn} text={account.claim} />;
  const backToSignIn = (
    <Button className="link" onPress={leave}>
      {account.backToSignIn}
    </Button>
  );
  if (error.reason === 'SECOND_FACTOR_REQUIRED')
    return (
      <AccountCard title={account.welcome} text={account.codeForLink} other={backToSignIn}>
        <AccountForm
          action={account.signIn}
          reasons={account.linkReasons}
          submit={async (text) => {
            await client.signInWithLink({ token, code: text('code') });
            arrive();
          }}
        >
          <CodeField />
        </AccountForm>
      </AccountCard>
    );
  return (
    <AccountCard title={account.notSignedIn} text={account.linkReasons[error.reason] ?? texts.reasons[error.reason] ?? error.message}>
      <Button className="button primary wide" autoFocus onPress={leave}>
        {account.backToSignIn}
      </Button>
    </AccountCard>
  );
}
