import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { usePage } from '../data/todo.ts';
import { forgetUser } from '../data/user.ts';
import { AccountForm } from '../parts/account-form.tsx';
import { Popup } from '../parts/dialog.tsx';
import { texts } from '../texts.ts';
import { OwnProof, proofIn } from './own-proof.tsx';
import { Section } from './section.tsx';

const { account } = texts;

export function DeleteAccount() {
  const { client } = usePage();
  const [isAsking, setIsAsking] = useState(false);
  return (
    <Section title={account.delete} text={account.deleteText}>
      <Button className="button danger" onPress={() => setIsAsking(true)}>
        {account.deleteAsk}
      </Button>
      <Popup title={account.deleteTitle} role="alertdialog" isOpen={isAsking} onClose={() => setIsAsking(false)}>
        <AccountForm
          action={account.deleteNow}
          isDangerous
          reasons={{ CREDENTIALS_WRONG: account.passwordWrong }}
          submit={async (text) => {
            await client.deleteAccount(proofIn(text));
            forgetUser();
          }}
        >
          <p>{account.deleteConfirm}</p>
          <OwnProof />
        </AccountForm>
      </Popup>
    </Section>
  );
}
