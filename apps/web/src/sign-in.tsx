import { type TodoClient, TodoError } from '@todo/client';
import { useSession } from '@todo/client/react';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { PasskeySignIn } from './account/passkey-sign-in.tsx';
import { arrive, useLeaving } from './data/leaving.ts';
import type { Link } from './data/navigation.ts';
import { hasPasskeys, useWays } from './data/ways.ts';
import { AccountCard, AccountForm, Field, Proof } from './parts/account-form.tsx';
import { AskForMail } from './parts/ask-for-mail.tsx';
import { ProviderButtons } from './parts/provider-buttons.tsx';
import { texts } from './texts.ts';
import { AwaitVerification } from './verify-email.tsx';

const { account } = texts;

interface SignInProps {
  client: TodoClient;
  /** Why the sign-in with a provider failed from which the browser has come back. */
  failure: string | null;
  /** Of a mail: an invitation, or one that verifies the address. One to change the address waits until somebody has signed in. */
  link: Link | null;
  onTry(): void;
  /** The link has verified the address. */
  onVerified(): void;
}

/** When somebody has signed in, the replica shows that user, and this page is gone. */
export function SignIn({ client, failure, link, onTry, onVerified }: SignInProps) {
  const invitation = link?.kind === 'invitation' ? link : null;
  const verification = link?.kind === 'verify-email' ? link.token : undefined;
  const { signIn, signUp } = useSession();
  const [way, setWay] = useState<'known' | 'new' | 'forgotten' | 'link'>(invitation ? 'new' : 'known');
  const [unverified, setUnverified] = useState<string | null>(null);
  const isLeaving = useLeaving();
  const ways = useWays(client);
  const goBack = () => {
    setUnverified(null);
    setWay('known');
  };
  if (way === 'forgotten') {
    const canSend = ways?.mail !== false;
    const send = canSend ? (email: string) => client.requestPasswordReset({ email }) : undefined;
    const text = canSend ? account.forgottenText : account.noMail;
    return <AskForMail title={account.forgottenTitle} text={text} sent={account.mailSentText} send={send} goBack={goBack} />;
  }
  if (way === 'link') {
    const send = (email: string) => client.signInLinks.request({ email });
    return <AskForMail title={account.linkTitle} text={account.linkText} sent={account.linkSentText} send={send} goBack={goBack} />;
  }
  if (unverified !== null) return <AwaitVerification client={client} email={unverified} goBack={goBack} />;

  const isNew = way === 'new';
  const known = { 'verify-email': account.verifyBySignIn, 'change-email': account.changeBySignIn }[String(link?.kind)] ?? account.claim;
  return (
    <AccountCard
      title={isNew ? account.begin : account.welcome}
      text={isNew ? (invitation ? account.invited : account.claim) : known}
      other={
        (isNew || invitation || ways?.signUp === 'open') && (
          <>
            {isNew ? account.haveAccount : account.newHere}{' '}
            <Button className="link" onPress={() => setWay(isNew ? 'known' : 'new')}>
              {isNew ? account.signIn : account.signUp}
            </Button>
          </>
        )
      }
    >
      <p role="status" className="form-error">
        {isLeaving ? account.leaving : failure}
      </p>
      <AccountForm
        key={way}
        action={isNew ? account.signUp : account.signIn}
        submit={async (text) => {
          const login = { email: text('email'), password: text('password') };
          onTry();
          try {
            await (isNew
              ? signUp({ name: text('name'), ...login, invitation: invitation?.token })
              : signIn({ ...login, code: text('code') || undefined, verification }));
            if (verification !== undefined && !isNew) onVerified();
            arrive();
          } catch (error) {
            if (!(error instanceof TodoError)) throw error;
            if (error.reason === 'EMAIL_NOT_VERIFIED') setUnverified(login.email);
            else throw error;
          }
        }}
      >
        {isNew && <Field name="name" type="text" label={account.name} autoComplete="name" />}
        <Field name="email" type="email" label={account.email} autoComplete="username" defaultValue={link?.kind === 'change-email' ? '' : link?.email} />
        {isNew ? <Field name="password" type="password" label={account.password} autoComplete="new-password" hint={account.passwordHint} /> : <Proof />}
        {!isNew && (
          <Button className="link" onPress={() => setWay('forgotten')}>
            {account.forgotten}
          </Button>
        )}
      </AccountForm>
      {!isNew && ways?.passkeys && hasPasskeys() && <PasskeySignIn client={client} />}
      {!isNew && ways?.links && (
        <Button className="button wide link-sign-in" onPress={() => setWay('link')}>
          {account.linkTitle}
        </Button>
      )}
      {ways && ways.providers.length > 0 && <ProviderButtons client={client} providers={ways.providers} invitation={invitation?.token} />}
    </AccountCard>
  );
}
