import { type HistoryEvent, TodoError } from '@todo/client';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { momentOf } from '../data/dates.ts';
import { useActions, usePage } from '../data/todo.ts';
import { Popup } from '../parts/dialog.tsx';
import { PageEnd } from '../parts/paged-list.tsx';
import { texts } from '../texts.ts';
import { Events, useEvents } from './events.tsx';

/** Asks for a preview first: what a rewind would change. */
function Rewind({ to, close }: { to: HistoryEvent; close: () => void }) {
  const { client } = usePage();
  const actions = useActions();
  const [preview, setPreview] = useState<string>(texts.history.counting);
  const [canRewind, setCanRewind] = useState(false);
  useEffect(() => {
    const leaving = new AbortController();
    client.history
      .rewind({ to: to.seq, dryRun: true }, { signal: leaving.signal })
      .then(({ restored, edited, removed }) => {
        setPreview(texts.history.rewindPreview(restored, edited, removed));
        setCanRewind(restored + edited + removed > 0);
      })
      .catch((error: unknown) => {
        if (!leaving.signal.aborted) setPreview(error instanceof TodoError ? (texts.reasons[error.reason] ?? error.message) : String(error));
      });
    return () => leaving.abort();
  }, [client, to]);
  return (
    <div className="stack">
      <p role="status">{preview}</p>
      <Button
        className="button primary"
        isDisabled={!canRewind}
        onPress={() => {
          close();
          void actions.rewind(to.seq);
        }}
      >
        {texts.history.rewindNow}
      </Button>
    </div>
  );
}

export function HistoryPage() {
  const { items, ...end } = useEvents();
  const [target, setTarget] = useState<HistoryEvent | null>(null);
  return (
    <div className="page">
      <h1>{texts.views.history}</h1>
      <p className="muted page-intro">{texts.history.intro}</p>
      <Events items={items} rewind={setTarget} />
      <PageEnd {...end} empty={items.length ? null : texts.history.empty} />
      <Popup title={target ? texts.history.rewindTitle(momentOf(target.at)) : ''} role="alertdialog" isOpen={target !== null} onClose={() => setTarget(null)}>
        {target && <Rewind to={target} close={() => setTarget(null)} />}
      </Popup>
    </div>
  );
}
