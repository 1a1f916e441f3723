import type { TodoClient } from '@todo/client';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { AccountCard, AccountForm, Field } from './parts/account-form.tsx';
import { texts } from './texts.ts';

/** Where the link of a mail leads. */
export function ResetPassword({ client, token, leave }: { client: TodoClient; token: string; leave(): void }) {
  const [isDone, setIsDone] = useState(false);
  const { account } = texts;

  return (
    <AccountCard
      title={isDone ? account.passwordSet : account.newPasswordTitle}
      text={isDone ? account.passwordSetText : account.newPasswordText}
      other={
        !isDone && (
          <Button className="link" onPress={leave}>
            {account.keepPassword}
          </Button>
        )
      }
    >
      {isDone ? (
        <Button className="button primary wide" autoFocus onPress={leave}>
          {account.goOn}
        </Button>
      ) : (
        <AccountForm
          action={account.setPassword}
          submit={async (text) => {
            await client.resetPassword({ token, password: text('password') });
            setIsDone(true);
          }}
        >
          <Field name="password" type="password" label={account.newPassword} autoComplete="new-password" hint={account.passwordHint} />
        </AccountForm>
      )}
    </AccountCard>
  );
}
