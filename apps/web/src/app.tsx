import type { TodoClient } from '@todo/client';
import { useSession, useTodo } from '@todo/client/react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { AlreadySignedIn } from './already-signed-in.tsx';
import { ConfirmEmail } from './confirm-email.tsx';
import { createActions } from './data/actions.ts';
import { leave } from './data/leaving.ts';
import { fieldName, messageOf } from './data/messages.ts';
import { go, usePlace } from './data/navigation.ts';
import { takeFailure } from './data/returned.ts';
import { createToasts, type Toast } from './data/toast.ts';
import { type Page, PageContext } from './data/todo.ts';
import { forgetUser } from './data/user.ts';
import { ResetPassword } from './reset-password.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { SignInByLink } from './sign-in-link.tsx';
import { texts } from './texts.ts';

const { account } = texts;

export function App({ client }: { client: TodoClient }) {
  const { state, userId, user } = useSession();
  const { error } = useTodo();
  const { link } = usePlace();
  const [opened, setOpened] = useState(link);
  if (link && link.token !== opened?.token) setOpened(link);
  // The token leaves the address at once, so that it does not stay in the browser's history.
  useEffect(() => {
    if (link) go({ kind: 'inbox' }, null, { replace: true });
  }, [link]);
  const [tried, setTried] = useState('');
  const [failure] = useState(takeFailure);
  /** What happened on the way in. */
  const [news, setNews] = useState<Toast | null>(failure === null ? null : { text: failure, isError: true });
  const forget = useCallback(() => setNews(null), []);
  const leaveLink = () => setOpened(null);
  if (opened?.kind === 'reset-password') return <ResetPassword key={opened.token} client={client} token={opened.token} leave={leaveLink} />;
  switch (state) {
    case 'signed-in':
      if (opened && opened.token !== tried) {
        if (opened.kind === 'verify-email' || opened.kind === 'change-email') return <ConfirmEmail key={opened.token} client={client} link={opened} />;
        if (opened.kind === 'sign-in')
          return <AlreadySignedIn title={account.signedInAlready} text={account.signedInAlreadyText(user?.email)} leave={leaveLink} />;
        return <AlreadySignedIn title={account.invitedAlready} text={account.invitedAlreadyText} leave={leaveLink} />;
      }
      // Whoever signs out later has used it.
      if (opened?.kind === 'sign-in') leaveLink();
      return <SignedIn key={userId} client={client} news={news} onShown={forget} />;
    case 'signed-out':
      if (opened?.kind === 'sign-in')
        return <SignInByLink key={opened.token} client={client} token={opened.token} onTry={() => setTried(opened.token)} leave={leaveLink} />;
      return (
        <SignIn
          key={opened?.token}
          client={client}
          failure={failure}
          link={opened}
          onTry={() => setTried(opened?.kind === 'change-email' ? '' : (opened?.token ?? ''))}
          onVerified={() => setNews({ text: account.verified })}
        />
      );
    case 'loading':
      return (
        <main className="opening">
          <h1>{error ? account.unreachable : account.opening}</h1>
          {error && <p role="alert">{texts.reasons[error.reason] ?? error.message}</p>}
        </main>
      );
  }
}

interface SignedInProps {
  client: TodoClient;
  /** What to tell once. */
  news: Toast | null;
  onShown(): void;
}

function SignedIn({ client, news, onShown }: SignedInProps) {
  const { replica } = useTodo();
  const page = useMemo((): Page => ({ client, actions: createActions(replica, createToasts()) }), [client, replica]);
  const { actions } = page;
  useEffect(
    () =>
      replica.onNotice((notice) => {
        const text = notice.kind === 'lost' ? texts.undo.lost(fieldName(notice.field)) : texts.undo.refused(messageOf(notice.error));
        actions.toasts.show({ text, isError: true });
      }),
    [replica, actions],
  );
  useEffect(() => {
    if (!news) return;
    actions.toasts.show(news);
    onShown();
  }, [news, onShown, actions]);
  const signOut = () => {
    forgetUser();
    // The address may say what was searched for, and the next one to sign in would see it.
    go({ kind: 'inbox' }, null, { replace: true });
    void leave(client);
  };
  return (
    <PageContext value={page}>
      <Shell signOut={signOut} />
    </PageContext>
  );
}
