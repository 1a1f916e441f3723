import { type Imported, TodoError } from '@todo/client';
import type { TaskFile } from '@todo/client/import';
import { useEffect, useId, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { DropZone } from 'react-aria-components/DropZone';
import { FileTrigger } from 'react-aria-components/FileTrigger';
import { isFileDropItem } from 'react-aria-components/useDrop';
import { useActions, usePage } from '../data/todo.ts';
import { Icon } from '../parts/icons.tsx';
import { texts } from '../texts.ts';
import { Preview } from './preview.tsx';

const { transfer } = texts;

/** How far an import is. */
type Step =
  | { at: 'start'; message?: string }
  | { at: 'reading' }
  | { at: 'asking'; name: string; bytes: Uint8Array }
  | { at: 'preview'; file: TaskFile; trial: Imported }
  | { at: 'importing'; done: number; all: number };

/** What the reader says of dates that can be meant in two ways. */
const isAmbiguous = (error: unknown) => error instanceof TodoError && 'dayFirst' in error.fields;

export function Import() {
  const [step, setStep] = useState<Step>({ at: 'start' });
  const frame = useRef<HTMLDivElement>(null);
  // The control that was pressed goes with its step.
  const shown = useRef(step.at);
  useEffect(() => {
    if (shown.current !== step.at) frame.current?.focus();
    shown.current = step.at;
  }, [step.at]);
  return (
    <div ref={frame} tabIndex={-1} className="import">
      <Steps step={step} setStep={setStep} />
    </div>
  );
}

function Steps({ step, setStep }: { step: Step; setStep: (step: Step) => void }) {
  const { client } = usePage();
  const actions = useActions();
  const question = useId();

  const read = async (name: string, bytes: Uint8Array, dayFirst?: boolean) => {
    setStep({ at: 'reading' });
    try {
      const { readTaskFile } = await import('@todo/client/import');
      const file = readTaskFile(bytes, { name, ...(dayFirst !== undefined && { dayFirst }) });
      setStep({ at: 'preview', file, trial: await client.importTasks(file, { dryRun: true }) });
    } catch (error) {
      if (isAmbiguous(error)) setStep({ at: 'asking', name, bytes });
      else setStep({ at: 'start', message: error instanceof Error ? error.message : String(error) });
    }
  };
  const choose = async (file: File | undefined) => file && read(file.name, new Uint8Array(await file.arrayBuffer()));

  const start = async (file: TaskFile) => {
    setStep({ at: 'importing', done: 0, all: file.tasks.length + file.lists.length });
    try {
      const { created, groupId } = await client.importTasks(file, { onProgress: (done, all) => setStep({ at: 'importing', done, all }) });
      actions.toasts.show({
        text: transfer.imported(created),
        action: { label: texts.undo.undo, run: () => actions.undoCall({ groupId }) },
      });
      setStep({ at: 'start', message: transfer.imported(created) });
    } catch (error) {
      actions.fail(error);
      setStep({ at: 'preview', file, trial: await client.importTasks(file, { dryRun: true }) });
    }
  };

  switch (step.at) {
    case 'reading':
      return <p role="status">{transfer.reading}</p>;
    case 'importing':
      return (
        <p role="status">
          <progress value={step.done} max={step.all} /> {transfer.progress(step.done, step.all)}
        </p>
      );
    case 'asking':
      return (
        // biome-ignore lint/a11y/useSemanticElements: a legend stands in the border of the card
        <div role="group" aria-labelledby={question} className="card stack">
          <p id={question}>{transfer.ambiguous}</p>
          <div className="choices">
            <Button className="button" onPress={() => void read(step.name, step.bytes, true)}>
              {transfer.dayFirst}
            </Button>
            <Button className="button" onPress={() => void read(step.name, step.bytes, false)}>
              {transfer.monthFirst}
            </Button>
            <Button className="button" onPress={() => setStep({ at: 'start' })}>
              {transfer.cancel}
            </Button>
          </div>
        </div>
      );
    case 'preview':
      return <Preview {...step} start={() => void start(step.file)} cancel={() => setStep({ at: 'start' })} />;
    case 'start':
      return (
        <>
          <DropZone
            className="drop-zone"
            aria-label={transfer.drop}
            onDrop={async ({ items }) => {
              const item = items.find(isFileDropItem);
              if (item) await choose(await item.getFile());
            }}
          >
            <Icon name="file" />
            <p>{transfer.drop}</p>
            <FileTrigger onSelect={(files) => void choose(files?.[0])}>
              <Button className="button">{transfer.choose}</Button>
            </FileTrigger>
          </DropZone>
          <p role="status" className="import-message">
            {step.message}
          </p>
        </>
      );
  }
}
