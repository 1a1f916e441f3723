import { type Reason, TodoError } from '@todo/client';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { FieldError } from 'react-aria-components/FieldError';
import { Form } from 'react-aria-components/Form';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextField } from 'react-aria-components/TextField';
import { texts } from '../texts.ts';
import { Mark } from './icons.tsx';

interface FieldProps {
  name: string;
  label: string;
  type: string;
  autoComplete: string;
  hint?: string | undefined;
  defaultValue?: string | undefined;
  autoFocus?: boolean;
}

export const Field = ({ name, label, hint, autoComplete, defaultValue = '', ...input }: FieldProps) => (
  <TextField name={name} autoComplete={autoComplete} defaultValue={defaultValue} isRequired className="field" {...input}>
    <Label>{label}</Label>
    <Input />
    {hint && <Text slot="description">{hint}</Text>}
    <FieldError>
      {({ validationErrors, validationDetails }) => (validationDetails.valueMissing ? texts.account.required : validationErrors.join(' '))}
    </FieldError>
  </TextField>
);

/** For a code of an authenticator app, or a recovery code. */
export const CodeField = ({ hint = texts.secondFactor.codeHint, autoFocus = false }: { hint?: string; autoFocus?: boolean }) => (
  <Field name="code" type="text" label={texts.secondFactor.code} autoComplete="one-time-code" hint={hint} autoFocus={autoFocus} />
);

const CodeIsAsked = createContext(false);

interface ProofProps {
  /** False for somebody who signs in elsewhere alone. */
  hasPassword?: boolean;
  /** True where it is known; otherwise the server says it when the password is right. */
  hasSecondFactor?: boolean;
}

/** How people prove who they are, in an `AccountForm`: by their password, and by a code if they have a second factor. */
export function Proof({ hasPassword = true, hasSecondFactor = false }: ProofProps) {
  const isAsked = useContext(CodeIsAsked);
  return (
    <>
      {hasPassword && <Field name="password" type="password" label={texts.account.password} autoComplete="current-password" />}
      {(hasSecondFactor || isAsked) && <CodeField autoFocus={isAsked} />}
    </>
  );
}

/** What a person without a session sees: a card, and below it another way to go. */
export function AccountCard({ title, text, children, other }: { title: string; text: string; children?: ReactNode; other?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${texts.product}`;
  }, [title]);
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Mark />
        <h1>{title}</h1>
        <p className="muted">{text}</p>
        {children}
        {other && <p className="sign-in-other">{other}</p>}
      </div>
    </main>
  );
}

interface AccountFormProps {
  action: string;
  children: ReactNode;
  /** Shows an error that this rejects with, and has a `Proof` ask for a code that the server asks for. */
  submit(text: (field: string) => string): Promise<void>;
  /** What a reason means here, if that is not what it means elsewhere. */
  reasons?: Partial<Record<Reason, string>>;
  /** Which field such an error is about. */
  fields?: Partial<Record<Reason, string>>;
  isDangerous?: boolean;
  /** One of several forms of a view. Any other has the focus from the beginning. */
  isOneOfSeveral?: boolean;
}

export function AccountForm({ action, children, submit, reasons = {}, fields = {}, isDangerous = false, isOneOfSeveral = false }: AccountFormProps) {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<TodoError | null>(null);
  const [isCodeAsked, setIsCodeAsked] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (!isOneOfSeveral) form.current?.querySelector('input')?.focus();
  }, [isOneOfSeveral]);

  const send = async (data: FormData) => {
    setIsBusy(true);
    setError(null);
    try {
      await submit((field) => String(data.get(field) ?? ''));
    } catch (thrown) {
      if (!(thrown instanceof TodoError)) throw thrown;
      if (thrown.reason === 'SECOND_FACTOR_REQUIRED') setIsCodeAsked(true);
      else setError(thrown);
    }
    setIsBusy(false);
  };

  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [error]);
  const field = error && fields[error.reason];
  const text = error && (reasons[error.reason] ?? texts.reasons[error.reason] ?? error.message);
  const wrong = field && text ? { [field]: text } : (error?.fields ?? {});

  return (
    <Form
      ref={form}
      validationErrors={wrong}
      onSubmit={(event) => {
        event.preventDefault();
        void send(new FormData(event.currentTarget));
      }}
    >
      <CodeIsAsked value={isCodeAsked}>{children}</CodeIsAsked>
      <p role="alert" className="form-error">
        {Object.keys(wrong).length === 0 && text}
      </p>
      <Button type="submit" className={`button ${isDangerous ? 'danger' : 'primary'} ${isOneOfSeveral ? '' : 'wide'}`} isDisabled={isBusy}>
        {action}
      </Button>
    </Form>
  );
}
