import { type ReactNode, useId } from 'react';

/** A part of the account page: one thing that a person decides about the account. */
export function Section({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="account-section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {text && <p className="muted page-intro">{text}</p>}
      {children}
    </section>
  );
}
