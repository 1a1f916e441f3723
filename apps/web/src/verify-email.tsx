import { type TodoClient, TodoError } from '@todo/client';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { AccountCard } from './parts/account-form.tsx';
import { texts } from './texts.ts';

const { account } = texts;

/** What somebody sees who cannot sign in before the address is verified. */
export function AwaitVerification({ client, email, goBack }: { client: TodoClient; email: string; goBack(): void }) {
  return (
    <AccountCard
      title={account.mailSent}
      text={account.verifyFirst(email)}
      other={
        <Button className="link" onPress={goBack}>
          {account.backToSignIn}
        </Button>
      }
    >
      <SendVerification client={client} email={email} />
    </AccountCard>
  );
}

/** Sends another mail with a link. */
export function SendVerification({ client, email }: { client: TodoClient; email: string }) {
  const [said, setSaid] = useState('');
  const send = async () => {
    try {
      await client.email.requestVerification({ email });
      setSaid(account.verificationSent);
    } catch (thrown) {
      if (!(thrown instanceof TodoError)) throw thrown;
      setSaid(texts.reasons[thrown.reason] ?? thrown.message);
    }
  };
  return (
    <>
      <Button className="button" onPress={() => void send()}>
        {account.sendAgain}
      </Button>
      <p role="status">{said}</p>
    </>
  );
}
