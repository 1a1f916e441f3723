import { Button } from 'react-aria-components/Button';
import { type Toasts, useToast } from '../data/toast.ts';
import { texts } from '../texts.ts';
import { Icon } from './icons.tsx';

/** The message at the foot of the page. Assistive technology reads it aloud. */
export function Toaster({ toasts }: { toasts: Toasts }) {
  const toast = useToast(toasts);
  return (
    <div
      className="toaster"
      role="status"
      aria-live="polite"
      onPointerEnter={toasts.hold}
      onPointerLeave={toasts.release}
      onFocus={toasts.hold}
      onBlur={toasts.release}
    >
      {toast && (
        <div className={`toast ${toast.isError ? 'is-error' : ''}`}>
          <span>{toast.text}</span>
          {toast.action && (
            <Button className="toast-action" onPress={toast.action.run}>
              {toast.action.label}
            </Button>
          )}
          <Button className="toast-close" aria-label={texts.undo.dismiss} onPress={toasts.hide}>
            <Icon name="close" />
          </Button>
        </div>
      )}
    </div>
  );
}
