import { useRef, useState } from 'react';
import { usePage } from '../data/todo.ts';
import { AccountForm, Field, Proof } from '../parts/account-form.tsx';
import { texts } from '../texts.ts';
import { Section } from './section.tsx';

const { account } = texts;

/** `onChanged` is called when all other sessions have ended. */
export function Password({ onChanged }: { onChanged(): void }) {
  const { client } = usePage();
  const [changes, setChanges] = useState(0);
  const status = useRef<HTMLParagraphElement>(null);
  return (
    <Section title={account.password} text={account.changePasswordText}>
      <AccountForm
        key={changes}
        action={account.changePassword}
        isOneOfSeveral
        reasons={{ CREDENTIALS_WRONG: account.passwordWrong }}
        fields={{ CREDENTIALS_WRONG: 'current' }}
        submit={async (text) => {
          await client.changePassword({ currentPassword: text('current'), newPassword: text('password'), code: text('code') || undefined });
          setChanges(changes + 1);
          onChanged();
          // The form is made anew, so that it forgets both passwords.
          status.current?.focus();
        }}
      >
        <Field name="current" type="password" label={account.currentPassword} autoComplete="current-password" />
        <Field name="password" type="password" label={account.newPassword} autoComplete="new-password" hint={account.passwordHint} />
        <Proof hasPassword={false} />
      </AccountForm>
      <p role="status" className="muted" ref={status} tabIndex={-1}>
        {changes > 0 && account.passwordChanged}
      </p>
    </Section>
  );
}
