import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { usePage } from '../data/todo.ts';
import { useUser } from '../data/user.ts';
import { useWays } from '../data/ways.ts';
import { AccountForm, Field } from '../parts/account-form.tsx';
import { Popup } from '../parts/dialog.tsx';
import { texts } from '../texts.ts';
import { SendVerification } from '../verify-email.tsx';
import { OwnProof, proofIn } from './own-proof.tsx';
import { Section } from './section.tsx';

const { account } = texts;

/** Where mails about the account go. Without mail there is nothing to do about it. */
export function EmailAddress({ onChanged }: { onChanged(): void }) {
  const { client } = usePage();
  const user = useUser();
  const ways = useWays(client);
  if (!user || !ways?.mail) return null;
  // What the page remembered of an earlier version does not say it.
  const isUnverified = user.emailVerified === false;
  return (
    <Section title={isUnverified ? account.notVerified : account.email} text={isUnverified ? account.verifyText(user.email) : account.emailText(user.email)}>
      {isUnverified && <SendVerification client={client} email={user.email} />}
      <Change onChanged={onChanged} />
    </Section>
  );
}

function Change({ onChanged }: { onChanged(): void }) {
  const [isOpen, setIsOpen] = useState(false);
  const [sentTo, setSentTo] = useState('');
  const done = (email: string) => {
    setIsOpen(false);
    setSentTo(email);
    onChanged();
  };
  return (
    <>
      <Button className="button" onPress={() => setIsOpen(true)}>
        {account.changeEmail}
      </Button>
      <p role="status" className="muted">
        {sentTo && account.changeSent(sentTo)}
      </p>
      <Popup title={account.changeEmailTitle} isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <Ask onDone={done} />
      </Popup>
    </>
  );
}

function Ask({ onDone }: { onDone(email: string): void }) {
  const { client } = usePage();
  return (
    <AccountForm
      action={account.sendLink}
      reasons={{ CREDENTIALS_WRONG: account.passwordWrong }}
      submit={async (text) => {
        const email = text('email');
        await client.email.requestChange({ email, ...proofIn(text) });
        onDone(email);
      }}
    >
      <p>{account.changeEmailText}</p>
      <Field name="email" type="email" label={account.newEmail} autoComplete="email" />
      <OwnProof />
    </AccountForm>
  );
}
