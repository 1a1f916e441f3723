import { Button } from 'react-aria-components/Button';
import { AccountCard } from './parts/account-form.tsx';
import { texts } from './texts.ts';

interface AlreadySignedInProps {
  title: string;
  text: string;
  leave(): void;
}

/** Somebody who is signed in has opened a link for somebody who is not. */
export const AlreadySignedIn = ({ title, text, leave }: AlreadySignedInProps) => (
  <AccountCard title={title} text={text}>
    <Button className="button primary wide" autoFocus onPress={leave}>
      {texts.account.goOn}
    </Button>
  </AccountCard>
);
