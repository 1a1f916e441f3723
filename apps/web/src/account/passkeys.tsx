import type { Passkey } from '@todo/client';
import { useCallback, useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { usePage } from '../data/todo.ts';
import { hasPasskeys, useWays } from '../data/ways.ts';
import { AccountForm, Field } from '../parts/account-form.tsx';
import { Popup } from '../parts/dialog.tsx';
import { texts } from '../texts.ts';
import { OwnProof, proofIn } from './own-proof.tsx';
import { Section } from './section.tsx';

const { account, passkeys } = texts;

type Act = { kind: 'add' } | { kind: 'rename' | 'remove'; passkey: Passkey };

const nameField = (name = '') => <Field name="name" type="text" label={passkeys.name} autoComplete="off" hint={passkeys.nameHint} defaultValue={name} />;

/** The keys with which a person signs in instead of a password. */
export function Passkeys({ onChanged }: { onChanged(): void }) {
  const { client } = usePage();
  const ways = useWays(client);
  const [list, setList] = useState<Passkey[] | null>(null);
  const [act, setAct] = useState<Act | null>(null);
  const read = useCallback(() => client.passkeys.list().then(setList, () => {}), [client]);
  useEffect(() => void read(), [read]);
  const end = () => {
    setAct(null);
    void read();
    onChanged();
  };
  if (!ways?.passkeys || !list) return null;

  return (
    <Section title={passkeys.title} text={passkeys.text}>
      <ul className="passkeys" aria-label={passkeys.title}>
        {list.map((passkey) => (
          <li key={passkey.id} className="button-row">
            <span>{passkey.name}</span>
            <Button className="button" aria-label={passkeys.renameNamed(passkey.name)} onPress={() => setAct({ kind: 'rename', passkey })}>
              {passkeys.rename}
            </Button>
            <Button className="button danger" aria-label={passkeys.removeNamed(passkey.name)} onPress={() => setAct({ kind: 'remove', passkey })}>
              {passkeys.remove}
            </Button>
          </li>
        ))}
      </ul>
      {hasPasskeys() && (
        <Button className="button" onPress={() => setAct({ kind: 'add' })}>
          {passkeys.add}
        </Button>
      )}
      <Popup title={passkeys.addTitle} isOpen={act?.kind === 'add'} onClose={end}>
        <Add onDone={end} />
      </Popup>
      <Popup title={passkeys.renameTitle} isOpen={act?.kind === 'rename'} onClose={end}>
        <AccountForm
          action={passkeys.renameNow}
          submit={async (text) => {
            if (act?.kind === 'rename') await client.passkeys.rename({ id: act.passkey.id, name: text('name') });
            end();
          }}
        >
          {nameField(act?.kind === 'rename' ? act.passkey.name : '')}
        </AccountForm>
      </Popup>
      <Popup title={passkeys.removeTitle} role="alertdialog" isOpen={act?.kind === 'remove'} onClose={end}>
        <AccountForm
          action={passkeys.removeNow}
          isDangerous
          submit={async () => {
            if (act?.kind === 'remove') await client.passkeys.remove(act.passkey.id);
            end();
          }}
        >
          <p>{passkeys.removeText}</p>
        </AccountForm>
      </Popup>
    </Section>
  );
}

function Add({ onDone }: { onDone(): void }) {
  const { client } = usePage();
  return (
    <AccountForm
      action={passkeys.addNow}
      reasons={{ CREDENTIALS_WRONG: account.passwordWrong }}
      submit={async (text) => {
        await client.passkeys.add({ name: text('name'), ...proofIn(text) });
        onDone();
      }}
    >
      {nameField()}
      <OwnProof />
    </AccountForm>
  );
}
