import type { TaskExport } from '@todo/client';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { dateOf } from '../data/dates.ts';
import { useActions, usePage } from '../data/todo.ts';
import { Icon } from '../parts/icons.tsx';
import { texts } from '../texts.ts';

const { transfer } = texts;

interface Format {
  name: string;
  hint: string;
  extension: string;
  type: string;
  write: (document: TaskExport) => Promise<string>;
}

// The writers are large, so they are loaded when they are wanted.
const formats: Format[] = [
  { name: transfer.json, hint: transfer.jsonHint, extension: 'json', type: 'application/json', write: async (document) => JSON.stringify(document) },
  {
    name: transfer.csv,
    hint: transfer.csvHint,
    extension: 'csv',
    type: 'text/csv',
    write: async (document) => (await import('@todo/client/import')).tasksToCsv(document),
  },
  {
    name: transfer.ical,
    hint: transfer.icalHint,
    extension: 'ics',
    type: 'text/calendar',
    write: async (document) => (await import('@todo/client/import')).tasksToICalendar(document),
  },
];

function saveFile(name: string, content: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function Export() {
  const { client } = usePage();
  const actions = useActions();
  const [busy, setBusy] = useState<string | null>(null);
  const download = async ({ extension, type, write }: Format) => {
    setBusy(extension);
    try {
      saveFile(`todo-${dateOf(new Date())}.${extension}`, await write(await client.exportAccount()), type);
    } catch (error) {
      actions.fail(error);
    }
    setBusy(null);
  };
  return (
    <ul className="formats">
      {formats.map((format) => (
        <li key={format.extension}>
          <Icon name="file" />
          <div>
            <strong>{format.name}</strong>
            <p className="muted">{format.hint}</p>
          </div>
          <Button className="button" aria-label={transfer.download(format.name)} isPending={busy !== null} onPress={() => void download(format)}>
            {busy === format.extension ? transfer.preparing : transfer.download('')}
          </Button>
        </li>
      ))}
    </ul>
  );
}
