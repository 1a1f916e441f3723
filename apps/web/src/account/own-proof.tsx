import type { Proof as Given } from '@todo/client';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { usePage } from '../data/todo.ts';
import { Proof } from '../parts/account-form.tsx';

const HasPassword = createContext(true);

/** Finds out whether the signed-in person has a password, which each `OwnProof` in it then asks for. */
export function OwnProofs({ children }: { children: ReactNode }) {
  const { client } = usePage();
  const [hasPassword, setHasPassword] = useState(true);
  useEffect(() => {
    client.connections.list().then(
      (known) => setHasPassword(known.hasPassword),
      () => {},
    );
  }, [client]);
  return <HasPassword value={hasPassword}>{children}</HasPassword>;
}

/** A `Proof` of the signed-in person. */
export const OwnProof = ({ hasSecondFactor = false }: { hasSecondFactor?: boolean }) => (
  <Proof hasPassword={useContext(HasPassword)} hasSecondFactor={hasSecondFactor} />
);

/** What was typed into it. */
export const proofIn = (text: (field: string) => string): Given => ({ password: text('password') || undefined, code: text('code') || undefined });
