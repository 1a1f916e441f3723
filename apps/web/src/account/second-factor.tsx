import type { SecondFactor as Factor } from '@todo/client';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { usePage } from '../data/todo.ts';
import { AccountForm, CodeField } from '../parts/account-form.tsx';
import { Popup } from '../parts/dialog.tsx';
import { texts } from '../texts.ts';
import { OwnProof, proofIn } from './own-proof.tsx';
import { Section } from './section.tsx';

const { account, secondFactor } = texts;
const QrCode = lazy(() => import('./qr-code.tsx'));

type Status = Awaited<ReturnType<Factor['status']>>;
type Act = 'set-up' | 'renew' | 'turn-off';

const reasons = { CREDENTIALS_WRONG: account.passwordWrong };

/** The authenticator app that sign-in asks for beside the password. */
export function SecondFactor({ onChanged }: { onChanged(): void }) {
  const { client } = usePage();
  const [status, setStatus] = useState<Status | null>(null);
  const [act, setAct] = useState<Act | null>(null);
  const read = useCallback(() => client.secondFactor.status().then(setStatus, () => {}), [client]);
  useEffect(() => void read(), [read]);
  const end = () => {
    setAct(null);
    void read();
    onChanged();
  };

  const isOn = status !== null && status.enabledAt !== null;
  return (
    <Section title={secondFactor.title} text={isOn ? secondFactor.isOn(status.recoveryCodesLeft) : secondFactor.text}>
      {status && !isOn && (
        <Button className="button" onPress={() => setAct('set-up')}>
          {secondFactor.setUp}
        </Button>
      )}
      {isOn && (
        <div className="button-row">
          <Button className="button" onPress={() => setAct('renew')}>
            {secondFactor.renew}
          </Button>
          <Button className="button danger" onPress={() => setAct('turn-off')}>
            {secondFactor.turnOff}
          </Button>
        </div>
      )}
      <Popup title={secondFactor.setUpTitle} isOpen={act === 'set-up'} onClose={end}>
        <SetUp client={client.secondFactor} onDone={end} />
      </Popup>
      <Popup title={secondFactor.renewTitle} isOpen={act === 'renew'} onClose={end}>
        <Renew client={client.secondFactor} onDone={end} />
      </Popup>
      <Popup title={secondFactor.turnOffTitle} role="alertdialog" isOpen={act === 'turn-off'} onClose={end}>
        <AccountForm
          action={secondFactor.turnOffNow}
          isDangerous
          reasons={reasons}
          submit={async (text) => {
            await client.secondFactor.turnOff(proofIn(text));
            end();
          }}
        >
          <p>{secondFactor.turnOffText}</p>
          <OwnProof hasSecondFactor />
        </AccountForm>
      </Popup>
    </Section>
  );
}

interface StepProps {
  client: Factor;
  onDone(): void;
}

function SetUp({ client, onDone }: StepProps) {
  const [made, setMade] = useState<{ uri: string; secret: string } | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (made)
    return (
      <AccountForm
        key="code"
        action={secondFactor.turnOn}
        submit={async (text) => {
          setCodes(await client.turnOn({ code: text('code') }));
        }}
      >
        <p>{secondFactor.scan}</p>
        <Suspense fallback={<div className="qr-code" />}>
          <QrCode text={made.uri} label={secondFactor.qrCode} />
        </Suspense>
        <p className="muted">{secondFactor.secret}</p>
        <code className="secret">{made.secret}</code>
        <CodeField hint={secondFactor.appHint} />
      </AccountForm>
    );
  return (
    <AccountForm
      key="password"
      action={secondFactor.goOn}
      reasons={reasons}
      submit={async (text) => {
        setMade(await client.setUp(proofIn(text)));
      }}
    >
      <p>{secondFactor.setUpText}</p>
      <OwnProof />
    </AccountForm>
  );
}

function Renew({ client, onDone }: StepProps) {
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  return (
    <AccountForm
      action={secondFactor.renewNow}
      reasons={reasons}
      submit={async (text) => {
        setCodes(await client.renewRecoveryCodes(proofIn(text)));
      }}
    >
      <p>{secondFactor.renewText}</p>
      <OwnProof hasSecondFactor />
    </AccountForm>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone(): void }) {
  return (
    <>
      <p>{secondFactor.codesText}</p>
      <ul className="recovery-codes" aria-label={secondFactor.codes}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Button className="button primary wide" autoFocus onPress={onDone}>
        {secondFactor.kept}
      </Button>
    </>
  );
}
