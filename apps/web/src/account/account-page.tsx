import { useState } from 'react';
import { useUser } from '../data/user.ts';
import { texts } from '../texts.ts';
import { Connections } from './connections.tsx';
import { DeleteAccount } from './delete-account.tsx';
import { EmailAddress } from './email-address.tsx';
import { OwnProofs } from './own-proof.tsx';
import { Passkeys } from './passkeys.tsx';
import { Password } from './password.tsx';
import { SecondFactor } from './second-factor.tsx';
import { SecurityEvents } from './security-events.tsx';
import { Sessions } from './sessions.tsx';

export function AccountPage() {
  const user = useUser();
  const [changes, setChanges] = useState(0);
  const onChanged = () => setChanges((count) => count + 1);
  return (
    <div className="page account-page">
      <h1>{texts.views.account}</h1>
      {user && <p className="muted">{`${user.name} · ${user.email}`}</p>}
      <OwnProofs>
        <EmailAddress onChanged={onChanged} />
        <Password onChanged={onChanged} />
        <SecondFactor onChanged={onChanged} />
        <Passkeys onChanged={onChanged} />
        <Connections onChanged={onChanged} />
        <Sessions changes={changes} onChanged={onChanged} />
        <SecurityEvents changes={changes} />
        <DeleteAccount />
      </OwnProofs>
    </div>
  );
}
