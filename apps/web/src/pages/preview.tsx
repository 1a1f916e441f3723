import type { Imported } from '@todo/client';
import type { LineMessage, TaskFile } from '@todo/client/import';
import { Button } from 'react-aria-components/Button';
import { texts } from '../texts.ts';

const { transfer } = texts;
const SHOWN_TASKS = 200;

function Messages({ title, messages, isOpen = false }: { title: string; messages: LineMessage[]; isOpen?: boolean }) {
  if (messages.length === 0) return null;
  return (
    <details open={isOpen}>
      <summary>{title}</summary>
      <ul className="lines">
        {messages.map(({ line, message }) => (
          <li key={`${line} ${message}`}>
            <span className="line-number">{transfer.line(line)}</span> {message}
          </li>
        ))}
      </ul>
    </details>
  );
}

interface Props {
  file: TaskFile;
  trial: Imported;
  start: () => void;
  cancel: () => void;
}

/** What an import would do, before it is done. */
export function Preview({ file, trial, start, cancel }: Props) {
  const names = new Map(file.lists.map(({ id, name }) => [id, name]));
  const left = file.tasks.length - SHOWN_TASKS;
  return (
    <div className="card stack">
      <p>
        <strong>{transfer.found(file.tasks.length, file.lists.length, transfer.kinds[file.kind])}</strong>
        <br />
        <span className="muted">{transfer.outcome(trial.created, trial.unchanged, trial.conflicts.length)}</span>
      </p>
      <Messages title={transfer.problems(file.problems.length)} messages={file.problems} isOpen />
      <Messages title={transfer.notes(file.notes.length)} messages={file.notes} />
      {file.ignored.length > 0 && <p className="muted">{transfer.ignored(file.ignored.join(', '))}</p>}
      <details>
        <summary>{transfer.preview}</summary>
        <div className="preview-scroll">
          <table className="preview">
            <thead>
              <tr>
                <th scope="col">{texts.detail.title}</th>
                <th scope="col">{texts.detail.list}</th>
                <th scope="col">{texts.detail.due}</th>
              </tr>
            </thead>
            <tbody>
              {file.tasks.slice(0, SHOWN_TASKS).map(({ id, title, listId, dueDate, parentId, completedAt }) => (
                <tr key={id} className={completedAt ? 'is-done' : ''}>
                  <td className={parentId ? 'is-part' : ''}>{title}</td>
                  <td>{listId ? names.get(listId) : texts.views.inbox}</td>
                  <td>{dueDate}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {left > 0 && <p className="muted">{transfer.andMore(left)}</p>}
        </div>
      </details>
      <div className="choices">
        <Button className="button primary" isDisabled={trial.created + trial.lists.created === 0} onPress={start}>
          {transfer.start(trial.created)}
        </Button>
        <Button className="button" onPress={cancel}>
          {transfer.cancel}
        </Button>
      </div>
    </div>
  );
}
