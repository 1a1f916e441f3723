import { type Reason, type TodoClient, TodoError } from '@todo/client';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { Link } from './data/navigation.ts';
import { AccountCard } from './parts/account-form.tsx';
import { texts } from './texts.ts';

const { account } = texts;

interface Words {
  doing: string;
  done: string;
  doneText: string;
  failed: string;
  reasons: Partial<Record<Reason, string>>;
}

const wordsOf = ({ kind, email }: Link): Words =>
  kind === 'change-email'
    ? {
        doing: account.changing,
        done: account.emailChanged,
        doneText: account.emailChangedText(email),
        failed: account.emailKept,
        reasons: { TOKEN_INVALID: account.changeInvalid, EMAIL_TAKEN: account.changeTaken },
      }
    : { doing: account.verifying, done: account.verified, doneText: account.verifiedText, failed: account.notVerified, reasons: {} };

/** Where a mail to verify or to change the address leads somebody who is signed in. */
export function ConfirmEmail({ client, link }: { client: TodoClient; link: Link }) {
  const [error, setError] = useState<TodoError | null>(null);
  const [isDone, setIsDone] = useState(false);
  useEffect(() => {
    const { kind, email, token } = link;
    const act = kind === 'change-email' ? client.email.confirmChange({ email, token }) : client.email.verify({ token });
    act.then(
      () => setIsDone(true),
      (thrown: unknown) => {
        if (!(thrown instanceof TodoError)) throw thrown;
        setError(thrown);
      },
    );
  }, [client, link]);
  // The page asks anew who is signed in, and so learns the address and that it is verified.
  const goOn = () => location.reload();
  const words = wordsOf(link);
  if (!isDone && !error) return <AccountCard title={words.doing} text={account.claim} />;
  const text = error ? (words.reasons[error.reason] ?? texts.reasons[error.reason] ?? error.message) : words.doneText;
  return (
    <AccountCard title={error ? words.failed : words.done} text={text}>
      <Button className="button primary wide" autoFocus onPress={goOn}>
        {account.goOn}
      </Button>
    </AccountCard>
  );
}
