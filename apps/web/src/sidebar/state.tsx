import { Button } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Popover } from 'react-aria-components/Popover';
import { useSyncState } from '../data/todo.ts';
import { texts } from '../texts.ts';

/** Whether the page is in step with the server, and why not. With `isQuiet` it shows only what is out of the ordinary. */
export function StateBadge({ isQuiet = false }: { isQuiet?: boolean }) {
  const { state, error, waiting } = useSyncState();
  const words = { live: waiting > 0 ? texts.state.sending(waiting) : texts.state.live, loading: texts.state.loading, offline: texts.state.offline };
  const text = state === 'signed-out' ? texts.state.signedOut : words[state];
  const suffix = state !== 'live' && waiting > 0 ? ` · ${texts.state.waiting(waiting)}` : '';
  if (isQuiet && state === 'live') return null;
  return (
    <DialogTrigger>
      <span className="hidden" role="status">
        {text}
        {suffix}
      </span>
      <Button className={`state is-${state}`}>
        <span className="state-dot" aria-hidden="true" />
        <span>
          {text}
          {suffix}
        </span>
      </Button>
      <Popover className="popover" placement="top start">
        <Dialog className="state-dialog" aria-label={texts.state.title}>
          <p>{texts.state.explain[state]}</p>
          {error && <p className="muted">{texts.state.why(texts.reasons[error.reason] ?? error.message)}</p>}
          {waiting > 0 && <p className="muted">{texts.state.waiting(waiting)}.</p>}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
