import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { texts } from '../texts.ts';
import { AccountCard, AccountForm, Field } from './account-form.tsx';

const { account } = texts;

interface AskForMailProps {
  title: string;
  /** What the mail is for, or why there is none. */
  text: string;
  /** What to do with it. */
  sent(email: string): string;
  /** Undefined if the server sends no mail. */
  send?: ((email: string) => Promise<unknown>) | undefined;
  goBack(): void;
}

/** Has a link sent to an address. */
export function AskForMail({ title, text, sent, send, goBack }: AskForMailProps) {
  const [email, setEmail] = useState<string | null>(null);
  return (
    <AccountCard
      title={email === null ? title : account.mailSent}
      text={email === null ? text : sent(email)}
      other={
        <Button className="link" onPress={goBack}>
          {account.backToSignIn}
        </Button>
      }
    >
      {email === null && send && (
        <AccountForm
          action={account.sendLink}
          submit={async (field) => {
            await send(field('email'));
            setEmail(field('email'));
          }}
        >
          <Field name="email" type="email" label={account.email} autoComplete="username" />
        </AccountForm>
      )}
    </AccountCard>
  );
}
